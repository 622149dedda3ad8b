using System.Buffers;
using System.IO.Compression;

namespace Tracker.Api.Ingest.Grpc.Protocol;

/// <summary>Compression of single messages. Limits count bytes after decompression.</summary>
internal static class MessageCoding
{
    public const string Gzip = "gzip";

    /// <summary>What is understood, for <c>grpc-accept-encoding</c>.</summary>
    public const string Accepted = "identity,gzip,deflate";

    private const int FirstBuffer = 64 * 1024;

    public static bool IsKnown(string coding) => coding is "identity" or Gzip or "deflate";

    /// <summary>Decompresses a message into a pooled array, which the caller gives back.</summary>
    /// <exception cref="GrpcException">It is over the limit, or not in this coding.</exception>
    public static (byte[] Buffer, int Length) Decompress(ReadOnlySequence<byte> compressed, string coding, int limit)
    {
        if (compressed.IsEmpty) return (ArrayPool<byte>.Shared.Rent(1), 0);
        var source = ArrayPool<byte>.Shared.Rent((int)compressed.Length);
        compressed.CopyTo(source);
        var into = ArrayPool<byte>.Shared.Rent((int)Math.Min(limit + 1L, Math.Max(FirstBuffer, compressed.Length * 4)));
        try
        {
            using var bytes = new MemoryStream(source, 0, (int)compressed.Length, writable: false);
            using Stream plain = coding == Gzip ? new GZipStream(bytes, CompressionMode.Decompress) : new ZLibStream(bytes, CompressionMode.Decompress);
            var length = 0;
            while (true)
            {
                var read = plain.Read(into, length, into.Length - length);
                if (read == 0) return (into, length);
                length += read;
                // No more is unpacked than one buffer beyond the limit, however much a bomb holds.
                if (length > limit) throw TooLarge(limit);
                if (length == into.Length) into = Larger(into);
            }
        }
        catch (InvalidDataException bad)
        {
            ArrayPool<byte>.Shared.Return(into);
            throw new GrpcException(GrpcCode.Internal, $"A message cannot be decompressed as {coding}: {bad.Message}");
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(into);
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(source);
        }
    }

    /// <summary>Compresses a message of an answer.</summary>
    public static byte[] Compress(ReadOnlySpan<byte> plain)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(plain);
        return bytes.ToArray();
    }

    public static GrpcException TooLarge(int limit) =>
        new(GrpcCode.ResourceExhausted, $"A message is over the limit of {limit} bytes; the limit counts bytes after decompression.");

    private static byte[] Larger(byte[] full)
    {
        var larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }
}
