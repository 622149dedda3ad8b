namespace Tracker.Core.Series;

/// <summary>Histograms of one series in canonical order, with the batches that they came with.</summary>
public sealed class HistogramChunk
{
    /// <summary>Histograms that the compactor puts into one chunk: about the bytes of a full scalar chunk at 64 bins.</summary>
    public const int DefaultPoints = 256;

    /// <exception cref="ArgumentException">No histograms or too many, or batches that do not add up or do not rise.</exception>
    public HistogramChunk(IReadOnlyList<HistogramPoint> points, BatchRun[] batches)
    {
        if (points.Count is 0 or > ScalarChunk.MaxPoints) throw new ArgumentException($"A chunk has {points.Count} histograms.", nameof(points));
        ChunkBatches.Check(batches, points.Count);
        (Points, Batches) = (points, batches);
    }

    public IReadOnlyList<HistogramPoint> Points { get; }

    /// <summary>Which batch and writer each histogram came with, run-length coded; sequences rise strictly.</summary>
    public BatchRun[] Batches { get; }

    public int Count => Points.Count;
}

/// <summary>A histogram chunk as bytes (docs/format.md). Decoders throw <see cref="SeriesFormatException"/> on bytes that they do not know.</summary>
public static class HistogramChunkCodec
{
    public static byte[] Encode(HistogramChunk chunk)
    {
        var (steps, times) = (new long[chunk.Count], new long[chunk.Count]);
        double lowest = double.PositiveInfinity, highest = double.NegativeInfinity;
        for (var i = 0; i < steps.Length; i++)
        {
            var point = chunk.Points[i];
            (steps[i], times[i]) = (point.Step, point.Time);
            lowest = Math.Min(lowest, point.Edges[0]);
            highest = Math.Max(highest, point.Edges[^1]);
        }

        var order = ChunkHead.StepsOf(steps);
        var writer = new ByteWriter(128 + (chunk.Count * 256));
        ChunkHead.Write(ref writer, SeriesKind.Histogram, default, new ChunkHeader
        {
            Count = chunk.Count,
            FirstStep = order.First,
            LastStep = order.Last,
            FirstSequence = chunk.Batches[0].Sequence,
            LastSequence = chunk.Batches[^1].Sequence,
            Min = lowest,
            Max = highest,
            NonFinite = 0,
            InOrder = order.InOrder,
        });
        ChunkBatches.Write(ref writer, chunk.Batches);
        IntegerColumn.Write(ref writer, steps);
        IntegerColumn.Write(ref writer, times);
        double[] previous = [];
        foreach (var point in chunk.Points)
        {
            HistogramBody.Write(ref writer, point.Edges, point.Counts, previous);
            previous = point.Edges;
        }

        return writer.Seal();
    }

    /// <summary>Reads the header from a chunk or from its first 80 bytes. The checksum is not looked at.</summary>
    public static ChunkHeader ReadHeader(ReadOnlySpan<byte> data) => ChunkHead.Peek(data, SeriesKind.Histogram);

    /// <summary>The steps of the histograms alone.</summary>
    public static long[] DecodeSteps(ReadOnlySpan<byte> data)
    {
        var reader = ByteReader.Open(data, ChunkHead.Version, "A chunk");
        var header = ChunkHead.Read(ref reader, SeriesKind.Histogram, out _);
        ChunkBatches.Skip(ref reader);
        var steps = new long[header.Count];
        IntegerColumn.Read(ref reader, steps);
        return steps;
    }

    /// <param name="data">A chunk.</param>
    /// <param name="name">The series' name, given to every point.</param>
    /// <param name="seriesId">The series' number in its run, given to every point.</param>
    public static HistogramChunk Decode(ReadOnlySpan<byte> data, string name = "", int seriesId = -1)
    {
        var reader = ByteReader.Open(data, ChunkHead.Version, "A chunk");
        var header = ChunkHead.Read(ref reader, SeriesKind.Histogram, out _);
        var batches = ChunkBatches.Read(ref reader, header);
        var (steps, times) = (new long[header.Count], new long[header.Count]);
        IntegerColumn.Read(ref reader, steps);
        IntegerColumn.Read(ref reader, times);
        var points = new HistogramPoint[header.Count];
        double[]? edges = null;
        for (var i = 0; i < points.Length; i++)
        {
            (edges, var counts) = HistogramBody.Read(ref reader, edges);
            points[i] = new HistogramPoint { Name = name, SeriesId = seriesId, Step = steps[i], Time = times[i], Edges = edges, Counts = counts };
        }

        reader.ExpectEnd("A chunk");
        return new HistogramChunk(points, batches);
    }
}
