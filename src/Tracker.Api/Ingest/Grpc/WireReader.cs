using System.Numerics;
using System.Runtime.InteropServices;
using Tracker.Api.Ingest.Grpc.Protocol;

namespace Tracker.Api.Ingest.Grpc;

/// <summary>How a field stands in the bytes.</summary>
internal enum WireType
{
    Varint = 0,
    Fixed64 = 1,
    Bytes = 2,
    StartGroup = 3,
    EndGroup = 4,
    Fixed32 = 5,
}

/// <summary>Reads the fields of one message of Protocol Buffers where they lie (https://protobuf.dev/programming-guides/encoding).</summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private const int MaxDepth = 100;
    private const int MaxVarintLength = 10;

    private ReadOnlySpan<byte> _rest = message;

    /// <summary>Moves on to the next field; its value has to be read or skipped.</summary>
    public bool Next(out int field, out WireType type)
    {
        (field, type) = (0, default);
        if (_rest.IsEmpty) return false;
        var tag = Varint();
        (field, type) = ((int)(tag >> 3), (WireType)(tag & 7));
        if (tag > uint.MaxValue || field == 0) throw Malformed("a field without a number");
        return true;
    }

    public ulong Varint()
    {
        var value = ReadVarint(_rest, out var length);
        if (length == 0) throw Malformed("a number that does not end");
        _rest = _rest[length..];
        return value;
    }

    public long Zigzag() => Zigzag(Varint());

    public ReadOnlySpan<byte> Bytes()
    {
        var length = Varint();
        if (length > (ulong)_rest.Length) throw Malformed("a field that is longer than its message");
        var bytes = _rest[..(int)length];
        _rest = _rest[(int)length..];
        return bytes;
    }

    public double Double()
    {
        var bytes = Take(sizeof(double));
        return System.Buffers.Binary.BinaryPrimitives.ReadDoubleLittleEndian(bytes);
    }

    /// <summary>Passes over a field that is not known, or not of the type that it should be.</summary>
    public void Skip(int field, WireType type, int depth = 0)
    {
        switch (type)
        {
            case WireType.Varint:
                Varint();
                break;
            case WireType.Fixed64:
                Take(8);
                break;
            case WireType.Bytes:
                Bytes();
                break;
            case WireType.Fixed32:
                Take(4);
                break;
            case WireType.StartGroup when depth < MaxDepth:
                while (Next(out var inner, out var innerType))
                {
                    if (innerType == WireType.EndGroup && inner == field) return;
                    Skip(inner, innerType, depth + 1);
                }

                throw Malformed("a group that does not end");
            default:
                throw Malformed($"a field of type {(int)type}");
        }
    }

    /// <summary>Packed doubles: on the wire they lie as in memory.</summary>
    public static double[] Doubles(ReadOnlySpan<byte> packed)
    {
        if (packed.Length % sizeof(double) != 0) throw Malformed($"{packed.Length} bytes of doubles");
        var values = new double[packed.Length / sizeof(double)];
        packed.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
        if (!BitConverter.IsLittleEndian)
        {
            var bits = MemoryMarshal.Cast<double, long>(values.AsSpan());
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(bits, bits);
        }

        return values;
    }

    /// <summary>Packed sint64.</summary>
    public static long[] Zigzags(ReadOnlySpan<byte> packed)
    {
        var values = new long[CountVarints(packed)];
        foreach (ref var value in values.AsSpan())
        {
            value = Zigzag(ReadVarint(packed, out var length));
            if (length == 0) throw Malformed("a number that does not end");
            packed = packed[length..];
        }

        if (!packed.IsEmpty) throw Malformed("a number that does not end");
        return values;
    }

    /// <summary>How many numbers stand in packed bytes: the last byte of each has no high bit.</summary>
    public static int CountVarints(ReadOnlySpan<byte> packed)
    {
        var count = 0;
        for (; packed.Length >= sizeof(ulong); packed = packed[sizeof(ulong)..])
        {
            count += sizeof(ulong) - BitOperations.PopCount(MemoryMarshal.Read<ulong>(packed) & 0x8080_8080_8080_8080);
        }

        foreach (var b in packed) count += b < 0x80 ? 1 : 0;
        return count;
    }

    /// <summary>The status for bytes that are no message, as gRPC has it for a request that cannot be parsed.</summary>
    public static GrpcException Malformed(string what) => new(GrpcCode.Internal, $"The message cannot be parsed: it holds {what}.");

    private static long Zigzag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);

    /// <param name="bytes">Where it begins.</param>
    /// <param name="length">Its length, or 0 when it does not end.</param>
    private static ulong ReadVarint(ReadOnlySpan<byte> bytes, out int length)
    {
        ulong value = 0;
        for (var i = 0; i < bytes.Length && i < MaxVarintLength; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            length = i + 1;
            return value;
        }

        length = 0;
        return 0;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (_rest.Length < length) throw Malformed("a field that is longer than its message");
        var bytes = _rest[..length];
        _rest = _rest[length..];
        return bytes;
    }
}
