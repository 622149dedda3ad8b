using System.Buffers.Binary;

namespace Tracker.Cli.TensorBoard;

/// <summary>Reads the fields of a protobuf message, one after the other.</summary>
internal ref struct WireReader(ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Number of the field that was read.</summary>
    public int Field { get; private set; }

    /// <summary>A varint, or the bits of a fixed number.</summary>
    public ulong Bits { get; private set; }

    /// <summary>Bytes, a text, a message inside, or packed numbers; empty for a number.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.</summary>
    public int Type { get; private set; }

    public readonly double Double => Type == 5 ? BitConverter.UInt32BitsToSingle((uint)Bits) : BitConverter.UInt64BitsToDouble(Bits);

    public readonly string Text => System.Text.Encoding.UTF8.GetString(Bytes);

    /// <summary>False at the end.</summary>
    /// <exception cref="InvalidDataException">These bytes are no message.</exception>
    public bool Next()
    {
        if (_at >= _message.Length) return false;
        var key = Varint();
        (Field, Type) = ((int)(key >> 3), (int)(key & 7));
        Bytes = default;
        Bits = Type switch
        {
            0 => Varint(),
            1 => BinaryPrimitives.ReadUInt64LittleEndian(Take(8)),
            5 => BinaryPrimitives.ReadUInt32LittleEndian(Take(4)),
            2 => 0,
            _ => throw new InvalidDataException($"Field {Field} of an event has the unknown type {Type}."),
        };
        if (Type == 2) Bytes = Take(checked((int)Varint()));
        return true;
    }

    /// <summary>Numbers of this field, packed or one by itself.</summary>
    public readonly void AddDoubles(List<double> numbers, int size)
    {
        if (Type != 2)
        {
            numbers.Add(Double);
            return;
        }

        for (var rest = Bytes; rest.Length >= size; rest = rest[size..])
            numbers.Add(size == 4 ? BinaryPrimitives.ReadSingleLittleEndian(rest) : BinaryPrimitives.ReadDoubleLittleEndian(rest));
    }

    /// <summary>Whole numbers of this field, packed or one by itself.</summary>
    public readonly void AddIntegers(List<double> numbers)
    {
        if (Type != 2)
        {
            numbers.Add((long)Bits);
            return;
        }

        var inner = new WireReader(Bytes);
        while (inner._at < inner._message.Length) numbers.Add((long)inner.Varint());
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var b = Take(1)[0];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }

        throw new InvalidDataException("An event holds a number of more than ten bytes.");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > _message.Length - _at) throw new InvalidDataException("An event ends in the middle of a field.");
        var bytes = _message.Slice(_at, count);
        _at += count;
        return bytes;
    }
}
