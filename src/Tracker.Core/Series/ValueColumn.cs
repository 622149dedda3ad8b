using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Tracker.Core.Series;

/// <summary>How the values of a column are stored.</summary>
internal enum ValueForm : byte
{
    /// <summary>4 bytes each: every value survives the trip through float32 bit for bit.</summary>
    Single = 0,

    /// <summary>8 bytes each.</summary>
    Double = 1,

    /// <summary>8 bytes for all: every value has the same bits.</summary>
    Constant = 2,
}

/// <summary>A column of doubles, kept bit for bit: float32 where lossless, else float64, or one value for all.</summary>
internal static class ValueColumn
{
    public static ValueForm FormOf(ReadOnlySpan<double> values)
    {
        if (values.Length > 2 && IsConstant(values)) return ValueForm.Constant;
        return FitsSingle(values) ? ValueForm.Single : ValueForm.Double;
    }

    public static int LengthOf(ValueForm form, int count) => form switch
    {
        ValueForm.Single => count * 4,
        ValueForm.Double => count * 8,
        ValueForm.Constant => 8,
        _ => ByteReader.Fail<int>($"A column of values has the unknown form {(byte)form}."),
    };

    public static void Write(ref ByteWriter writer, ValueForm form, ReadOnlySpan<double> values)
    {
        var bytes = writer.Take(LengthOf(form, values.Length));
        if (form == ValueForm.Single) WriteSingles(values, bytes);
        else WriteDoubles(form == ValueForm.Constant ? values[..1] : values, bytes);
    }

    /// <summary><paramref name="bytes"/> has the length that <see cref="LengthOf"/> gives.</summary>
    public static void Read(ReadOnlySpan<byte> bytes, ValueForm form, Span<double> values)
    {
        if (form == ValueForm.Constant) values.Fill(BinaryPrimitives.ReadDoubleLittleEndian(bytes));
        else if (form == ValueForm.Single) ReadSingles(bytes, values);
        else ReadDoubles(bytes, values);
    }

    public static bool FitsSingle(ReadOnlySpan<double> values)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= values.Length - 8; i += 8)
            {
                var low = Vector256.Create(values[i..]);
                var high = Vector256.Create(values[(i + 4)..]);
                var (lowBack, highBack) = Vector256.Widen(Vector256.Narrow(low, high));
                var changed = (lowBack.AsInt64() ^ low.AsInt64()) | (highBack.AsInt64() ^ high.AsInt64());
                if (changed != Vector256<long>.Zero) return false;
            }
        }

        for (; i < values.Length; i++)
        {
            if (BitConverter.DoubleToInt64Bits((float)values[i]) != BitConverter.DoubleToInt64Bits(values[i])) return false;
        }

        return true;
    }

    public static void WriteSingles(ReadOnlySpan<double> values, Span<byte> bytes)
    {
        for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteSingleLittleEndian(bytes[(i * 4)..], (float)values[i]);
    }

    public static void ReadSingles(ReadOnlySpan<byte> bytes, Span<double> values)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated && BitConverter.IsLittleEndian)
        {
            var singles = MemoryMarshal.Cast<byte, float>(bytes);
            for (; i <= values.Length - 8; i += 8)
            {
                var (low, high) = Vector256.Widen(Vector256.Create(singles[i..]));
                low.CopyTo(values[i..]);
                high.CopyTo(values[(i + 4)..]);
            }
        }

        for (; i < values.Length; i++) values[i] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(i * 4)..]);
    }

    public static void WriteDoubles(ReadOnlySpan<double> values, Span<byte> bytes)
    {
        if (BitConverter.IsLittleEndian) MemoryMarshal.AsBytes(values).CopyTo(bytes);
        else for (var i = 0; i < values.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(bytes[(i * 8)..], values[i]);
    }

    public static void ReadDoubles(ReadOnlySpan<byte> bytes, Span<double> values)
    {
        if (BitConverter.IsLittleEndian) bytes[..(values.Length * 8)].CopyTo(MemoryMarshal.AsBytes(values));
        else for (var i = 0; i < values.Length; i++) values[i] = BinaryPrimitives.ReadDoubleLittleEndian(bytes[(i * 8)..]);
    }

    private static bool IsConstant(ReadOnlySpan<double> values)
    {
        var bits = MemoryMarshal.Cast<double, long>(values);
        return !bits[1..].ContainsAnyExcept(bits[0]);
    }
}
