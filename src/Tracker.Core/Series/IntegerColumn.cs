using System.Buffers.Binary;
using System.Numerics;

namespace Tracker.Core.Series;

/// <summary>
/// A column of 64-bit integers (steps, times, sequences): runs of equal stride, or differences packed to the bits they need.
/// Differences are taken modulo 2^64, so every column survives. The smaller form is written.
/// </summary>
internal static class IntegerColumn
{
    private const byte Runs = 1;
    private const byte Packed = 2;

    /// <summary>Differences in one packed block: 64 of w bits are w words of 8 bytes.</summary>
    private const int Block = 64;

    public static void Write(ref ByteWriter writer, ReadOnlySpan<long> values)
    {
        // A column this short as runs cannot be beaten by much: most columns are regular and stop here.
        var runs = RunsLength(values, int.MaxValue);
        var packed = runs <= 8 ? int.MaxValue : PackedLength(values);
        if (runs <= packed) WriteRuns(ref writer, values);
        else WritePacked(ref writer, values);
    }

    public static void Read(ref ByteReader reader, Span<long> values)
    {
        var form = reader.Byte();
        if (form == Runs) ReadRuns(ref reader, values);
        else if (form == Packed) ReadPacked(ref reader, values);
        else ByteReader.Fail($"A column of integers has the unknown form {form}.");
    }

    private static int RunsLength(ReadOnlySpan<long> values, int most)
    {
        if (values.IsEmpty) return 0;
        var length = ByteWriter.VarintLength(ByteWriter.ZigzagOf(values[0]));
        for (var i = 1; i < values.Length && length < most;)
        {
            var run = RunFrom(values, i, out var stride);
            length += ByteWriter.VarintLength(ByteWriter.ZigzagOf(stride)) + ByteWriter.VarintLength((ulong)run);
            i += run;
        }

        return length;
    }

    /// <summary>How many values from <paramref name="start"/> (at least 1) on follow their predecessor at the same stride.</summary>
    private static int RunFrom(ReadOnlySpan<long> values, int start, out long stride)
    {
        stride = unchecked(values[start] - values[start - 1]);
        var end = start + 1;
        while (end < values.Length && unchecked(values[end] - values[end - 1]) == stride) end++;
        return end - start;
    }

    private static void WriteRuns(ref ByteWriter writer, ReadOnlySpan<long> values)
    {
        writer.Byte(Runs);
        if (values.IsEmpty) return;
        writer.Zigzag(values[0]);
        for (var i = 1; i < values.Length;)
        {
            var run = RunFrom(values, i, out var stride);
            writer.Zigzag(stride);
            writer.Varint(run);
            i += run;
        }
    }

    private static void ReadRuns(ref ByteReader reader, Span<long> values)
    {
        if (values.IsEmpty) return;
        var value = reader.Zigzag();
        values[0] = value;
        for (var i = 1; i < values.Length;)
        {
            var stride = reader.Zigzag();
            var run = reader.Count(values.Length - i, "A run in a column of integers");
            if (run == 0) ByteReader.Fail("A run in a column of integers is empty.");
            foreach (ref var slot in values.Slice(i, run)) slot = value = unchecked(value + stride);
            i += run;
        }
    }

    private static int PackedLength(ReadOnlySpan<long> values)
    {
        var length = ByteWriter.VarintLength(ByteWriter.ZigzagOf(values[0]));
        for (var start = 1; start < values.Length; start += Block)
        {
            var count = Math.Min(Block, values.Length - start);
            var width = WidthOf(values.Slice(start - 1, count + 1), out var least);
            length += ByteWriter.VarintLength(ByteWriter.ZigzagOf(least)) + 1 + BytesOf(count, width);
        }

        return length;
    }

    /// <summary>Bits that hold the differences within <paramref name="values"/> counted from the least of them.</summary>
    private static int WidthOf(ReadOnlySpan<long> values, out long least)
    {
        least = long.MaxValue;
        var greatest = long.MinValue;
        for (var i = 1; i < values.Length; i++)
        {
            var difference = unchecked(values[i] - values[i - 1]);
            least = Math.Min(least, difference);
            greatest = Math.Max(greatest, difference);
        }

        return 64 - BitOperations.LeadingZeroCount(unchecked((ulong)(greatest - least)));
    }

    private static int BytesOf(int count, int width) => ((count * width) + 7) / 8;

    private static void WritePacked(ref ByteWriter writer, ReadOnlySpan<long> values)
    {
        writer.Byte(Packed);
        writer.Zigzag(values[0]);
        Span<byte> words = stackalloc byte[(Block * 8) + 8];
        for (var start = 1; start < values.Length; start += Block)
        {
            var count = Math.Min(Block, values.Length - start);
            var width = WidthOf(values.Slice(start - 1, count + 1), out var least);
            writer.Zigzag(least);
            writer.Byte((byte)width);
            if (width == 0) continue;

            ulong word = 0;
            int used = 0, at = 0;
            for (var i = start; i < start + count; i++)
            {
                var bits = unchecked((ulong)(values[i] - values[i - 1] - least));
                word |= bits << used;
                used += width;
                if (used < 64) continue;
                BinaryPrimitives.WriteUInt64LittleEndian(words[at..], word);
                at += 8;
                used -= 64;
                word = used == 0 ? 0 : bits >> (width - used);
            }

            BinaryPrimitives.WriteUInt64LittleEndian(words[at..], word);
            writer.Bytes(words[..BytesOf(count, width)]);
        }
    }

    private static void ReadPacked(ref ByteReader reader, Span<long> values)
    {
        if (values.IsEmpty) ByteReader.Fail("An empty column of integers is packed.");
        var value = reader.Zigzag();
        values[0] = value;
        Span<byte> words = stackalloc byte[(Block * 8) + 8];
        for (var start = 1; start < values.Length; start += Block)
        {
            var block = values.Slice(start, Math.Min(Block, values.Length - start));
            var least = reader.Zigzag();
            var width = reader.Byte();
            if (width > 64) ByteReader.Fail($"A column of integers has differences of {width} bits.");
            reader.Bytes(BytesOf(block.Length, width)).CopyTo(words);
            value = Unpack(words, width, least, value, block);
        }
    }

    private static long Unpack(ReadOnlySpan<byte> words, int width, long least, long value, Span<long> block)
    {
        if (width == 0)
        {
            foreach (ref var slot in block) slot = value = unchecked(value + least);
            return value;
        }

        var mask = ulong.MaxValue >> (64 - width);
        var bit = 0;
        foreach (ref var slot in block)
        {
            var at = bit >> 3;
            var shift = bit & 7;
            var bits = BinaryPrimitives.ReadUInt64LittleEndian(words[at..]) >> shift;
            // Above 57 bits a difference can reach into a ninth byte.
            if (shift + width > 64) bits |= (ulong)words[at + 8] << (64 - shift);
            slot = value = unchecked(value + least + (long)(bits & mask));
            bit += width;
        }

        return value;
    }
}
