using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>
/// The batches of one run that wait for their compaction, by series: 24 bytes a point, where the batches themselves take a hundred when they hold a step each.
/// </summary>
internal sealed class CompactorTail(TailRoom room)
{
    /// <summary>By number of the series.</summary>
    private ScalarChunkBuilder?[] scalars = [];
    private readonly SortedDictionary<int, List<(long Sequence, int Writer, HistogramPoint Point)>> histograms = [];

    /// <summary>Sequence of the last batch; 0 when the tail is empty.</summary>
    public long Through { get; private set; }

    public bool IsEmpty => Through == 0;

    /// <summary>Bytes of its points, in memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>Points of the series that has most.</summary>
    public int LongestSeries { get; private set; }

    /// <summary>Events with their batch's sequence and their place in it.</summary>
    public List<(long Sequence, int Number, RunEvent Event)> Events { get; } = [];

    public void Add(StoredBatch stored)
    {
        Through = stored.Sequence;
        var before = Bytes;
        foreach (var column in stored.Batch.Scalars)
        {
            if (column.Count == 0) continue;
            if (column.SeriesId >= scalars.Length) Array.Resize(ref scalars, Math.Max(column.SeriesId + 1, scalars.Length * 2));
            var builder = scalars[column.SeriesId] ??= new ScalarChunkBuilder();
            builder.Add(stored.Sequence, stored.Writer, column);
            Bytes += column.Count * 24L;
            LongestSeries = Math.Max(LongestSeries, builder.Count);
        }

        foreach (var histogram in stored.Batch.Histograms)
        {
            if (!histograms.TryGetValue(histogram.SeriesId, out var points)) histograms[histogram.SeriesId] = points = [];
            points.Add((stored.Sequence, stored.Writer, histogram));
            Bytes += 160 + (histogram.Counts.Length * 16L);
        }

        for (var i = 0; i < stored.Batch.Events.Count; i++)
        {
            var happened = stored.Batch.Events[i];
            Events.Add((stored.Sequence, i, happened));
            Bytes += 160 + (2L * (happened.Name.Length + (happened.Data?.Length ?? 0)));
        }

        room.Change(before, Bytes);
    }

    /// <summary>The points as chunks, series by series. What was given is taken out: when writing it fails, the tail is of no use any more.</summary>
    public IEnumerable<(int SeriesId, List<ChunkRow> Chunks)> Build()
    {
        for (var id = 0; id < scalars.Length; id++)
        {
            if (scalars[id] is { Count: > 0 } builder) yield return (id, builder.Build().ConvertAll(ChunkRow.Of));
        }

        foreach (var (id, points) in histograms) yield return (id, ChunkRow.Of(points));
    }

    public void Clear()
    {
        foreach (var builder in scalars) builder?.Dispose();
        Array.Clear(scalars);
        room.Change(Bytes, 0);
        (Through, Bytes, LongestSeries) = (0, 0, 0);
        histograms.Clear();
        Events.Clear();
    }
}
