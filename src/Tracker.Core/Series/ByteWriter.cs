using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Tracker.Core.Series;

/// <summary>Writes the primitives of docs/format.md into a pooled array that grows. All numbers are little-endian.</summary>
internal ref struct ByteWriter
{
    private byte[] _buffer;
    private int _length;

    public ByteWriter(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 256));

    public readonly int Length => _length;

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>The next <paramref name="count"/> bytes, to be filled by the caller.</summary>
    public Span<byte> Take(int count)
    {
        if (_buffer.Length - _length < count) Grow(count);
        var span = _buffer.AsSpan(_length, count);
        _length += count;
        return span;
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Varint(ulong value)
    {
        if (value < 0x80)
        {
            Byte((byte)value);
            return;
        }

        var span = Take(VarintLength(value));
        var i = 0;
        for (; value >= 0x80; value >>= 7) span[i++] = (byte)(value | 0x80);
        span[i] = (byte)value;
    }

    public void Varint(int value) => Varint((ulong)value);

    public void Zigzag(long value) => Varint(ZigzagOf(value));

    public void Double(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(8), value);

    public void Bytes(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Length in bytes, then UTF-8; a surrogate without its other half becomes U+FFFD.</summary>
    public void Text(string text)
    {
        var length = Encoding.UTF8.GetByteCount(text);
        Varint(length);
        Encoding.UTF8.GetBytes(text, Take(length));
    }

    /// <summary>Appends the checksum, gives back the pooled array and returns the record.</summary>
    public byte[] Seal()
    {
        var checksum = Checksum.Of(Written);
        BinaryPrimitives.WriteUInt32LittleEndian(Take(4), checksum);
        var record = Written.ToArray();
        Dispose();
        return record;
    }

    /// <summary>Forgets what was written and keeps the array.</summary>
    public void Clear() => _length = 0;

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _length = 0;
        if (buffer.Length > 0) ArrayPool<byte>.Shared.Return(buffer);
    }

    public static ulong ZigzagOf(long value) => (ulong)((value << 1) ^ (value >> 63));

    public static int VarintLength(ulong value) => (70 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7;

    private void Grow(int count)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + count), _buffer.Length * 2));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
