using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace Tracker.Api.Ingest.Grpc.Protocol;

/// <summary>One call: its messages in, its messages out, and the moment when it is over.</summary>
public sealed class GrpcCall : IDisposable
{
    private const int HeaderLength = 5;

    /// <summary>Smaller answers are not worth compressing.</summary>
    private const int LeastCompressed = 1_024;

    private readonly MessageReader _messages;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenSource _over;
    private readonly bool _compresses;

    /// <param name="http">The request, on HTTP/2.</param>
    /// <param name="limit">Longest message, in bytes after decompression.</param>
    /// <param name="clock">Measures the deadline.</param>
    /// <exception cref="GrpcException">The headers ask for what is not there.</exception>
    public GrpcCall(HttpContext http, int limit, TimeProvider clock)
    {
        Http = http;
        var coding = http.Request.Headers[GrpcHeaders.Encoding].ToString() is { Length: > 0 } named ? named : "identity";
        if (!MessageCoding.IsKnown(coding)) throw new GrpcException(GrpcCode.Unimplemented, $"grpc-encoding \"{coding}\" is not supported; {MessageCoding.Accepted} are.");
        var timeout = Timeout.InfiniteTimeSpan;
        if (http.Request.Headers[GrpcHeaders.Timeout].ToString() is { Length: > 0 } text)
        {
            if (!GrpcHeaders.TryReadTimeout(text, out timeout)) throw new GrpcException(GrpcCode.Internal, "grpc-timeout is malformed.");
            // No timer runs longer; such a call does not either.
            if (timeout.TotalMilliseconds > int.MaxValue) timeout = Timeout.InfiniteTimeSpan;
        }

        _deadline = new CancellationTokenSource(timeout, clock);
        _over = CancellationTokenSource.CreateLinkedTokenSource(_deadline.Token, http.RequestAborted);
        _messages = new MessageReader(http.Request.BodyReader, coding, limit);
        _compresses = http.Request.Headers[GrpcHeaders.AcceptEncoding].ToString().Split(',', StringSplitOptions.TrimEntries).Contains(MessageCoding.Gzip);
        if (_compresses) http.Response.Headers[GrpcHeaders.Encoding] = MessageCoding.Gzip;
    }

    public HttpContext Http { get; }

    /// <summary>Cancelled when the client has gone or the deadline is over.</summary>
    public CancellationToken Over => _over.Token;

    public bool IsDeadlineOver => _deadline.IsCancellationRequested;

    /// <summary>The next message of the client, or null after the last; good until the next call.</summary>
    public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancel) => _messages.ReadAsync(cancel);

    /// <summary>The one message of a unary call.</summary>
    /// <exception cref="GrpcException">There is none, or there are more.</exception>
    public async ValueTask<T> ReadOneAsync<T>(Func<ReadOnlyMemory<byte>, T> decode)
    {
        if (await ReadAsync(Over) is not { } message) throw new GrpcException(GrpcCode.Unimplemented, "This call takes one message; none came.");
        var decoded = decode(message);
        if (await ReadAsync(Over) is not null) throw new GrpcException(GrpcCode.Unimplemented, "This call takes one message; more came.");
        return decoded;
    }

    /// <summary>Puts a message of the answer into the buffer of the response.</summary>
    public void Write(IMessage message)
    {
        var length = message.CalculateSize();
        if (_compresses && length >= LeastCompressed)
        {
            var compressed = MessageCoding.Compress(message.ToByteArray());
            compressed.CopyTo(Frame(1, compressed.Length));
            Http.Response.BodyWriter.Advance(HeaderLength + compressed.Length);
            return;
        }

        message.WriteTo(Frame(0, length));
        Http.Response.BodyWriter.Advance(HeaderLength + length);
    }

    /// <summary>Sends what was written.</summary>
    public async ValueTask FlushAsync() => await Http.Response.BodyWriter.FlushAsync(Over);

    public void Dispose()
    {
        _messages.Dispose();
        _over.Dispose();
        _deadline.Dispose();
    }

    private Span<byte> Frame(byte flag, int length)
    {
        var frame = Http.Response.BodyWriter.GetSpan(HeaderLength + length);
        frame[0] = flag;
        BinaryPrimitives.WriteUInt32BigEndian(frame[1..], (uint)length);
        return frame.Slice(HeaderLength, length);
    }
}
