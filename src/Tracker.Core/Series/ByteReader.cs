using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tracker.Core.Series;

/// <summary>Reads the primitives of docs/format.md and refuses, with <see cref="SeriesFormatException"/>, to read past the end.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> source)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _data = source;
    private int _position;

    public readonly int Position => _position;

    public readonly int Remaining => _data.Length - _position;

    public readonly ReadOnlySpan<byte> Rest => _data[_position..];

    /// <summary>A reader over a record whose version and checksum have been checked, standing after the version byte.</summary>
    public static ByteReader Open(ReadOnlySpan<byte> record, byte version, string what)
    {
        if (record.Length < 6) Fail($"{what} of {record.Length} bytes is cut short.");
        if (record[0] != version) Fail($"{what} has version {record[0]}; this server reads version {version}.");
        var body = record[..^4];
        if (BinaryPrimitives.ReadUInt32LittleEndian(record[^4..]) != Checksum.Of(body)) Fail($"{what} does not match its checksum.");
        return new ByteReader(body) { _position = 1 };
    }

    public byte Byte()
    {
        if (_position >= _data.Length) FailShort();
        return _data[_position++];
    }

    public ulong Varint()
    {
        var data = _data;
        if (_position < data.Length && data[_position] < 0x80) return data[_position++];

        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = Byte();
            if (shift == 63 && next > 1) Fail("A number is longer than 64 bits.");
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }

        return Fail<ulong>("A number is longer than 64 bits.");
    }

    public long Zigzag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>A number of things, refused above <paramref name="most"/> before anything is allocated for it.</summary>
    public int Count(int most, string what)
    {
        var value = Varint();
        if (most < 0 || value > (ulong)most) Fail($"{what} is {value}; at most {Math.Max(most, 0)} can stand here.");
        return (int)value;
    }

    public double Double() => BinaryPrimitives.ReadDoubleLittleEndian(Bytes(8));

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if ((uint)count > (uint)Remaining) FailShort();
        var span = _data.Slice(_position, count);
        _position += count;
        return span;
    }

    public string Text()
    {
        var bytes = Bytes(Count(Remaining, "The length of a text"));
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new SeriesFormatException("A text is not UTF-8.", e);
        }
    }

    public readonly void ExpectEnd(string what)
    {
        if (Remaining != 0) Fail($"{what} goes on for {Remaining} bytes after its end.");
    }

    [DoesNotReturn]
    public static void Fail(string message) => throw new SeriesFormatException(message);

    [DoesNotReturn]
    public static T Fail<T>(string message) => throw new SeriesFormatException(message);

    [DoesNotReturn]
    private static void FailShort() => throw new SeriesFormatException("The bytes end too early.");
}
