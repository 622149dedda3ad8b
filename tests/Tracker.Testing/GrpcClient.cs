using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;

namespace Tracker.Testing;

/// <summary>What came back from a call.</summary>
/// <param name="Http">The status of HTTP.</param>
/// <param name="Code">The status of gRPC, from the trailers or, when there is no body, from the headers; null when there is none.</param>
/// <param name="Text">Its message, still percent-encoded.</param>
/// <param name="Messages">Frames without their five bytes.</param>
/// <param name="Headers">Headers and trailers.</param>
public sealed record GrpcAnswer(HttpStatusCode Http, int? Code, string Text, IReadOnlyList<byte[]> Messages, IReadOnlyDictionary<string, string> Headers);

/// <summary>gRPC by hand over HttpClient: for what no official client would send, and for the load of the bench.</summary>
public sealed class GrpcClient(Uri address) : IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>A message in its frame.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message, byte flag = 0)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame.AsSpan(5));
        return frame;
    }

    /// <param name="path">Such as <c>/tracker.v1.Ingest/Log</c>.</param>
    /// <param name="body">Bytes as they go out, frames and all.</param>
    /// <param name="headers">More headers; one named <c>content-type</c> replaces gRPC's.</param>
    public async Task<GrpcAnswer> CallAsync(string path, byte[] body, params (string Name, string Value)[] headers)
    {
        using var request = Request(path, new ByteArrayContent(body), headers);
        using var response = await _http.SendAsync(request);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        var messages = new List<byte[]>();
        for (var at = 0; at + 5 <= bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 1));
            messages.Add(bytes[(at + 5)..(at + 5 + length)]);
            at += 5 + length;
        }

        return Answer(response, messages);
    }

    /// <summary>Opens a call whose messages go both ways.</summary>
    public async Task<GrpcStream> OpenAsync(string path)
    {
        var content = new Outgoing();
        var request = Request(path, content, []);
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new GrpcStream(content.Frames.Writer, response, await response.Content.ReadAsStreamAsync());
    }

    public void Dispose() => _http.Dispose();

    internal static GrpcAnswer Answer(HttpResponseMessage response, IReadOnlyList<byte[]> messages)
    {
        var all = response.Headers.Concat(response.TrailingHeaders).GroupBy(header => header.Key.ToLowerInvariant())
            .ToDictionary(group => group.Key, group => string.Join(",", group.SelectMany(header => header.Value)));
        return new GrpcAnswer(
            response.StatusCode, all.TryGetValue("grpc-status", out var code) ? int.Parse(code) : null, all.GetValueOrDefault("grpc-message", ""), messages, all);
    }

    private static HttpRequestMessage Request(string path, HttpContent content, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        foreach (var (name, value) in headers)
        {
            if (name == "content-type") content.Headers.ContentType = value.Length == 0 ? null : MediaTypeHeaderValue.Parse(value);
            else request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    /// <summary>A body that grows while the answer comes.</summary>
    private sealed class Outgoing : HttpContent
    {
        public Channel<ReadOnlyMemory<byte>> Frames { get; } = Channel.CreateBounded<ReadOnlyMemory<byte>>(1);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.FlushAsync(cancellationToken);
            await foreach (var frame in Frames.Reader.ReadAllAsync(cancellationToken))
            {
                await stream.WriteAsync(frame, cancellationToken);
                if (Frames.Reader.Count == 0) await stream.FlushAsync(cancellationToken);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>A call whose messages go both ways. Sending and reading may be done by two tasks.</summary>
public sealed class GrpcStream(ChannelWriter<ReadOnlyMemory<byte>> outgoing, HttpResponseMessage response, Stream incoming) : IDisposable
{
    private readonly byte[] _header = new byte[5];

    /// <summary>Sends a frame; its bytes are left alone until the next call returns.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancel = default) => outgoing.WriteAsync(frame, cancel);

    /// <summary>No more will be sent.</summary>
    public void Complete() => outgoing.TryComplete();

    /// <summary>The next message of the server, or null after the last.</summary>
    public async ValueTask<byte[]?> ReadAsync(CancellationToken cancel = default)
    {
        if (await incoming.ReadAtLeastAsync(_header, _header.Length, throwOnEndOfStream: false, cancel) < _header.Length) return null;
        var message = new byte[BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(1))];
        await incoming.ReadExactlyAsync(message, cancel);
        return message;
    }

    /// <summary>How the call ended, after <see cref="ReadAsync"/> gave null.</summary>
    public GrpcAnswer End() => GrpcClient.Answer(response, []);

    public void Dispose()
    {
        outgoing.TryComplete();
        incoming.Dispose();
        response.Dispose();
    }
}
