namespace Tracker.Core.Series;

/// <summary>The batches of a chunk as three columns of integers; a regular writer costs a dozen bytes a chunk.</summary>
internal static class ChunkBatches
{
    public static void Check(ReadOnlySpan<BatchRun> batches, int count)
    {
        long total = 0, previous = 0;
        foreach (var batch in batches)
        {
            if (batch.Count <= 0 || batch.Writer < 0 || batch.Sequence <= previous)
                throw new ArgumentException($"A chunk has batch {batch.Sequence} of writer {batch.Writer} with {batch.Count} points after batch {previous}.", nameof(batches));
            total += batch.Count;
            previous = batch.Sequence;
        }

        if (total != count) throw new ArgumentException($"A chunk has {count} points and batches of {total}.", nameof(batches));
    }

    /// <summary>Size, number of batches, sequences, writers, counts.</summary>
    public static void Write(ref ByteWriter writer, ReadOnlySpan<BatchRun> batches)
    {
        Span<long> column = new long[batches.Length];
        var body = new ByteWriter(256);
        body.Varint(batches.Length);
        for (var i = 0; i < batches.Length; i++) column[i] = batches[i].Sequence;
        IntegerColumn.Write(ref body, column);
        for (var i = 0; i < batches.Length; i++) column[i] = batches[i].Writer;
        IntegerColumn.Write(ref body, column);
        for (var i = 0; i < batches.Length; i++) column[i] = batches[i].Count;
        IntegerColumn.Write(ref body, column);
        writer.Varint(body.Length);
        writer.Bytes(body.Written);
        body.Dispose();
    }

    public static void Skip(ref ByteReader reader) => reader.Bytes(reader.Count(reader.Remaining, "The size of the batches"));

    public static BatchRun[] Read(ref ByteReader reader, in ChunkHeader header)
    {
        var body = new ByteReader(reader.Bytes(reader.Count(reader.Remaining, "The size of the batches")));
        var count = body.Count(header.Count, "The number of batches");
        if (count == 0) ByteReader.Fail("A chunk has no batches.");
        var (sequences, writers, counts) = (new long[count], new long[count], new long[count]);
        IntegerColumn.Read(ref body, sequences);
        IntegerColumn.Read(ref body, writers);
        IntegerColumn.Read(ref body, counts);
        body.ExpectEnd("The batches of a chunk");

        var batches = new BatchRun[count];
        long total = 0, previous = 0;
        for (var i = 0; i < count; i++)
        {
            if (sequences[i] <= previous || writers[i] is < 0 or > int.MaxValue || counts[i] <= 0 || counts[i] > header.Count) ByteReader.Fail("The batches of a chunk contradict each other.");
            batches[i] = new BatchRun(sequences[i], (int)writers[i], (int)counts[i]);
            total += counts[i];
            previous = sequences[i];
        }

        if (total != header.Count || sequences[0] != header.FirstSequence || previous != header.LastSequence) ByteReader.Fail("The batches of a chunk contradict its header.");
        return batches;
    }
}
