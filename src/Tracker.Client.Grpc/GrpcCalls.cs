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
internal sealed class GrpcCalls : IDisposable
{
    private const int FrameBytes = 5;
    private const int WorthPacking = 4 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public GrpcCalls(Uri address, string? apiKey, TimeProvider clock)
    {
        _clock = clock;
        var handler = new SocketsHttpHandler
        {
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = !address.IsLoopback,
            UseCookies = false,
            // A connection that is dead without having been closed is noticed.
            KeepAlivePingDelay = TimeSpan.FromSeconds(20),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
        };
        _http = new HttpClient(handler)
        {
            BaseAddress = address,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        if (apiKey is not null) _http.DefaultRequestHeaders.TryAddWithoutValidation("authorization", "Bearer " + apiKey);
    }

    /// <returns>The reply, or null where there is none; and what it means.</returns>
    public async Task<(TReply? Reply, Answer Answer)> CallAsync<TReply>(string method, IMessage request, MessageParser<TReply> parser, CancellationToken cancellationToken)
        where TReply : class, IMessage<TReply>
    {
        using var patience = new CancellationTokenSource(s_patience, _clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var message = Request(method, request);
            using var response = await _http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, linked.Token).ConfigureAwait(false);
            // The trailers come after the body.
            var body = await response.Content.ReadAsByteArrayAsync(linked.Token).ConfigureAwait(false);
            if (Status(response) is not { } status) return (null, Answer.Unreachable($"HTTP {(int)response.StatusCode}, and no answer of gRPC"));
            if (status != 0) return (null, GrpcStatuses.Answer(status, response));
            return Unframed(body, response) is { } bytes ? (parser.ParseFrom(bytes), new Answer(Outcome.Done, "OK")) : (null, Answer.Unreachable("no message in the answer"));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, Answer.Unreachable($"no answer within {s_patience.TotalSeconds:0} s"));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // Whatever it is, it must not end the sender.
            return (null, Answer.Unreachable(error.InnerException?.Message ?? error.Message));
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Request(string method, IMessage request)
    {
        var bytes = request.ToByteArray();
        var isPacked = bytes.Length >= WorthPacking;
        if (isPacked) bytes = Packed(bytes);
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
        message.Headers.TryAddWithoutValidation("grpc-timeout", ((int)s_patience.TotalSeconds).ToString(CultureInfo.InvariantCulture) + "S");
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

    private static byte[] Packed(byte[] bytes)
    {
        var packed = new MemoryStream(bytes.Length / 2);
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(bytes);
        return packed.ToArray();
    }

    private static int? Status(HttpResponseMessage response) => int.TryParse(GrpcStatuses.Header(response, "grpc-status"), out var status) ? status : null;
}
