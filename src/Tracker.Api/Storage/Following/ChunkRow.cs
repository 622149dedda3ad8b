using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>A chunk as a row of its table.</summary>
internal sealed record ChunkRow(SeriesKind Kind, ChunkHeader Header, byte[] Data)
{
    public int SeriesId { get; init; }

    public int Number { get; init; }

    /// <summary>How often its points have been rewritten.</summary>
    public short Level { get; init; }

    public int Points => Header.Count;

    /// <summary>The least time, Unix milliseconds.</summary>
    public required long FirstTime { get; init; }

    /// <summary>The greatest time.</summary>
    public required long LastTime { get; init; }

    /// <summary>Of scalars, <see cref="ChunkSummary"/> as bytes; null for histograms.</summary>
    public byte[]? Summary { get; init; }

    public static ChunkRow Of(ScalarChunk chunk)
    {
        var data = ScalarChunkCodec.Encode(chunk);
        return new ChunkRow(SeriesKind.Scalar, ScalarChunkCodec.ReadHeader(data), data)
        {
            FirstTime = chunk.Times.Min(),
            LastTime = chunk.Times.Max(),
            Summary = ChunkSummary.Of(chunk).Encode(),
        };
    }

    /// <summary>Histograms of one series in canonical order, cut into chunks.</summary>
    public static List<ChunkRow> Of(IReadOnlyList<(long Sequence, int Writer, HistogramPoint Point)> points) =>
        [.. points.Chunk(HistogramChunk.DefaultPoints).Select(part => Of(ChunkOf(part)))];

    private static ChunkRow Of(HistogramChunk chunk)
    {
        var data = HistogramChunkCodec.Encode(chunk);
        return new ChunkRow(SeriesKind.Histogram, HistogramChunkCodec.ReadHeader(data), data)
        {
            FirstTime = chunk.Points.Min(point => point.Time),
            LastTime = chunk.Points.Max(point => point.Time),
        };
    }

    private static HistogramChunk ChunkOf(IReadOnlyList<(long Sequence, int Writer, HistogramPoint Point)> points)
    {
        var batches = new List<BatchRun>();
        foreach (var (sequence, writer, _) in points)
        {
            if (batches.Count > 0 && batches[^1].Sequence == sequence) batches[^1] = batches[^1] with { Count = batches[^1].Count + 1 };
            else batches.Add(new BatchRun(sequence, writer, 1));
        }

        return new HistogramChunk([.. points.Select(point => point.Point)], [.. batches]);
    }
}
