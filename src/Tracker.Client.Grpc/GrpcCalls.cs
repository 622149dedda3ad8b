using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Tracker.Client.Grpc;

/// <summary>
/// Unary calls over HttpClient: one message each way in a frame of five bytes more, the status in the trailers
/// (the protocol is described in gRPC's PROTOCOL-HTTP2.md). Throws nothing but for cancellation.
/// </summary>
internal sealed class GrpcCalls(Uri address, string? apiKey, TimeProvider clock) : IDisposable
{
    private const int FrameBytes = 5;

    private readonly HttpClient _http = Http.Client(address, apiKey, HttpVersion.Version20);

    /// <param name="method">Of the service.</param>
    /// <param name="request">Its message.</param>
    /// <param name="parser">Of the reply.</param>
    /// <param name="read">What the reply means; null: that it is done.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<Answer> CallAsync<TReply>(string method, IMessage request, MessageParser<TReply> parser, Func<Answer, TReply, Answer>? read, CancellationToken cancellationToken)
        where TReply : class, IMessage<TReply> => Http.TryAsync(
        async cancel =>
        {
            using var message = Request(method, request);
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
            // The trailers come after the body.
            var body = await response.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false);
            if (Status(response) is not { } status) return Answer.Unclear($"HTTP {(int)response.StatusCode}, and no answer of gRPC");
            if (status != 0) return GrpcStatuses.Answer(status, response);
            if (Unframed(body, response) is not { } bytes) return Answer.Unclear("no message in the answer");
            var answer = new Answer(Outcome.Done, "OK");
            return read is null ? answer : read(answer, parser.ParseFrom(bytes));
        },
        clock,
        cancellationToken);

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Request(string method, IMessage request)
    {
        var plain = request.ToByteArray();
        var packed = Http.Packed(plain);
        var (bytes, isPacked) = (packed ?? plain, packed is not null);
        var frame = new byte[FrameBytes + bytes.Length];
        frame[0] = isPacked ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)bytes.Length);
        bytes.CopyTo(frame, FrameBytes);

        var message = new HttpRequestMessage(HttpMethod.Post, new Uri($"/tracker.v1.Ingest/{method}", UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };
        message.Headers.TE.ParseAdd("trailers");
        message.Headers.TryAddWithoutValidation("grpc-encoding", isPacked ? "gzip" : "identity");
        message.Headers.TryAddWithoutValidation("grpc-accept-encoding", "identity,gzip");
        message.Headers.TryAddWithoutValidation("grpc-timeout", ((int)Http.Patience.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "S");
        return message;
    }

    private static byte[]? Unframed(byte[] body, HttpResponseMessage response)
    {
        if (body.Length < FrameBytes || BinaryPrimitives.ReadUInt32BigEndian(body.AsSpan(1)) != body.Length - FrameBytes) return null;
        if (body[0] == 0) return body[FrameBytes..];
        if (GrpcStatuses.Header(response, "grpc-encoding") != "gzip") return null;
        using var gzip = new GZipStream(new MemoryStream(body, FrameBytes, body.Length - FrameBytes), CompressionMode.Decompress);
        var plain = new MemoryStream();
        gzip.CopyTo(plain);
        return plain.ToArray();
    }

    private static int? Status(HttpResponseMessage response) => int.TryParse(GrpcStatuses.Header(response, "grpc-status"), out var status) ? status : null;
}
