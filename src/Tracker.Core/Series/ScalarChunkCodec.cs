namespace Tracker.Core.Series;

/// <summary>A scalar chunk as bytes (docs/format.md). Decoders throw <see cref="SeriesFormatException"/> on bytes that they do not know.</summary>
public static class ScalarChunkCodec
{
    public static byte[] Encode(ScalarChunk chunk)
    {
        var form = ValueColumn.FormOf(chunk.Values);
        var writer = new ByteWriter(128 + (chunk.Count * 12));
        ChunkHead.Write(ref writer, SeriesKind.Scalar, form, HeaderOf(chunk));
        ChunkBatches.Write(ref writer, chunk.Batches);
        IntegerColumn.Write(ref writer, chunk.Steps);
        IntegerColumn.Write(ref writer, chunk.Times);
        ValueColumn.Write(ref writer, form, chunk.Values);
        return writer.Seal();
    }

    /// <summary>Reads the header from a chunk or from its first 80 bytes. The checksum is not looked at.</summary>
    public static ChunkHeader ReadHeader(ReadOnlySpan<byte> data) => ChunkHead.Peek(data, SeriesKind.Scalar);

    public static ScalarChunk Decode(ReadOnlySpan<byte> data)
    {
        var reader = ByteReader.Open(data, ChunkHead.Version, "A chunk");
        var header = ChunkHead.Read(ref reader, SeriesKind.Scalar, out var form);
        var batches = ChunkBatches.Read(ref reader, header);
        var steps = GC.AllocateUninitializedArray<long>(header.Count);
        var times = GC.AllocateUninitializedArray<long>(header.Count);
        var values = GC.AllocateUninitializedArray<double>(header.Count);
        ReadColumns(ref reader, form, steps, times, values);
        return new ScalarChunk(steps, times, values, batches);
    }

    /// <summary>Appends all points to pooled columns; times and sequences only where the buffer keeps them. On refusal the buffer is as it was.</summary>
    /// <returns>Whether the steps of the chunk rise strictly.</returns>
    public static bool DecodeInto(ReadOnlySpan<byte> data, ColumnBuffer into)
    {
        var reader = ByteReader.Open(data, ChunkHead.Version, "A chunk");
        var header = ChunkHead.Read(ref reader, SeriesKind.Scalar, out var form);
        var start = into.Count;
        into.Extend(header.Count);
        try
        {
            if (into.HasSequences) FillSequences(ChunkBatches.Read(ref reader, header), into.WritableSequences[start..]);
            else ChunkBatches.Skip(ref reader);
            if (into.HasTimes) ReadColumns(ref reader, form, into.WritableSteps[start..], into.WritableTimes[start..], into.WritableValues[start..]);
            else ReadWithoutTimes(ref reader, form, into.WritableSteps[start..], into.WritableValues[start..]);
            return header.InOrder;
        }
        catch (SeriesFormatException)
        {
            into.Truncate(start);
            throw;
        }
    }

    private static void ReadColumns(ref ByteReader reader, ValueForm form, Span<long> steps, Span<long> times, Span<double> values)
    {
        IntegerColumn.Read(ref reader, steps);
        IntegerColumn.Read(ref reader, times);
        ValueColumn.Read(reader.Bytes(ValueColumn.LengthOf(form, values.Length)), form, values);
        reader.ExpectEnd("A chunk");
    }

    /// <summary>The values are the last thing in a chunk, and their length is known: what lies before them is passed over.</summary>
    private static void ReadWithoutTimes(ref ByteReader reader, ValueForm form, Span<long> steps, Span<double> values)
    {
        IntegerColumn.Read(ref reader, steps);
        var length = ValueColumn.LengthOf(form, values.Length);
        reader.Bytes(reader.Remaining - length);
        ValueColumn.Read(reader.Bytes(length), form, values);
    }

    private static void FillSequences(BatchRun[] batches, Span<long> sequences)
    {
        foreach (var batch in batches)
        {
            sequences[..batch.Count].Fill(batch.Sequence);
            sequences = sequences[batch.Count..];
        }
    }

    private static ChunkHeader HeaderOf(ScalarChunk chunk)
    {
        double min = double.PositiveInfinity, max = double.NegativeInfinity;
        var nonFinite = 0;
        foreach (var value in chunk.Values)
        {
            if (double.IsFinite(value))
            {
                if (value < min) min = value;
                if (value > max) max = value;
            }
            else
            {
                nonFinite++;
            }
        }

        var steps = ChunkHead.StepsOf(chunk.Steps);
        return new ChunkHeader
        {
            Count = chunk.Count,
            FirstStep = steps.First,
            LastStep = steps.Last,
            FirstSequence = chunk.Batches[0].Sequence,
            LastSequence = chunk.Batches[^1].Sequence,
            Min = nonFinite == chunk.Count ? double.NaN : min,
            Max = nonFinite == chunk.Count ? double.NaN : max,
            NonFinite = nonFinite,
            InOrder = steps.InOrder,
        };
    }
}
