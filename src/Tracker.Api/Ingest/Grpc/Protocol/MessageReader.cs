using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Tracker.Api.Ingest.Grpc.Protocol;

/// <summary>
/// The messages of a request: each a flag, a length of four bytes, and its bytes. A message is read only when it is asked for, so a caller
/// that does not ask holds the client back by the flow control of HTTP/2.
/// </summary>
internal sealed class MessageReader(PipeReader body, string coding, int limit) : IDisposable
{
    private const int HeaderLength = 5;

    /// <summary>Buffers up to here are kept for the next message.</summary>
    private const int KeptBuffer = 1 << 20;

    private byte[] _buffer = [];
    private SequencePosition? _end;

    /// <summary>The next message after decompression, or null after the last. It may be used until the next call.</summary>
    /// <exception cref="GrpcException">The bytes are no such messages, or one is over the limit.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancel)
    {
        Release();
        while (true)
        {
            var read = await body.ReadAsync(cancel);
            if (TryTake(read.Buffer, out var message)) return message;
            if (read.IsCompleted)
            {
                if (read.Buffer.IsEmpty) return null;
                throw new GrpcException(GrpcCode.Internal, "The last message is incomplete.");
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    private bool TryTake(ReadOnlySequence<byte> bytes, out ReadOnlyMemory<byte> message)
    {
        message = default;
        if (bytes.Length < HeaderLength) return false;
        Span<byte> header = stackalloc byte[HeaderLength];
        bytes.Slice(0, HeaderLength).CopyTo(header);
        if (header[0] > 1) throw new GrpcException(GrpcCode.Internal, $"A message begins with {header[0]}; it begins with 0, or with 1 when it is compressed.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > limit) throw MessageCoding.TooLarge(limit);
        if (header[0] == 1 && coding == "identity") throw new GrpcException(GrpcCode.Internal, "A message says that it is compressed, but grpc-encoding names no compression.");
        if (bytes.Length - HeaderLength < length) return false;
        var content = bytes.Slice(HeaderLength, length);
        _end = content.End;
        message = header[0] == 1 ? Decompress(content) : content.IsSingleSegment ? content.First : Join(content);
        return true;
    }

    private ReadOnlyMemory<byte> Decompress(ReadOnlySequence<byte> content)
    {
        var (plain, length) = MessageCoding.Decompress(content, coding, limit);
        Dispose();
        _buffer = plain;
        return plain.AsMemory(0, length);
    }

    /// <summary>Decoding wants its bytes in one piece.</summary>
    private ReadOnlyMemory<byte> Join(ReadOnlySequence<byte> content)
    {
        var length = (int)content.Length;
        if (_buffer.Length < length)
        {
            Dispose();
            _buffer = ArrayPool<byte>.Shared.Rent(length);
        }

        content.CopyTo(_buffer);
        return _buffer.AsMemory(0, length);
    }

    private void Release()
    {
        if (_end is { } end) body.AdvanceTo(end);
        _end = null;
        if (_buffer.Length > KeptBuffer) Dispose();
    }
}
