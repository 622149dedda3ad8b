using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>
/// Reads histograms for a heat map. Of a long series first the steps are read, then only the chunks that hold what is shown: memory has a few numbers
/// for each histogram stored and the bins of those shown.
/// </summary>
public sealed class HistogramReader(ReadDatabase reads)
{
    /// <summary>So many are decoded at once, whatever is shown of them.</summary>
    private const int Few = 8_192;

    /// <summary>The last histogram of each step, by step, thinned out evenly to so many columns; the first and the last step are always among them.</summary>
    public async Task<(RunState State, HistogramsDto Histograms)> ReadAsync(RunRef run, int seriesId, int columns, CancellationToken cancel)
    {
        await using var snapshot = await reads.OpenAsync(database => SeriesSnapshot.OpenHistogramsAsync(database, run.RunKey, seriesId, cancel));
        var chunks = snapshot.ChunksOf(seriesId);
        var total = chunks.Sum(chunk => (long)chunk.Points) + snapshot.Histograms.Count;
        var shown = total <= Few ? await AllAsync(snapshot, chunks, columns, cancel) : await SomeAsync(snapshot, chunks, columns, cancel);
        var grid = HistogramGrid.Rebin(shown);
        return (new RunState(run.RunKey, snapshot.Sequence, snapshot.ThinnedAt), new HistogramsDto(grid.Edges, [.. grid.Columns.Zip(shown, Describe)], total));
    }

    private static async Task<List<HistogramPoint>> AllAsync(SeriesSnapshot snapshot, IReadOnlyList<StoredChunk> chunks, int columns, CancellationToken cancel)
    {
        var points = new List<HistogramPoint>();
        await foreach (var data in snapshot.ReadAsync(chunks, cancel)) points.AddRange(HistogramChunkCodec.Decode(data.Span).Points);
        points.AddRange(snapshot.Histograms);
        return [.. Choose([.. points.Select(point => point.Step)], columns).Select(i => points[i])];
    }

    private static async Task<List<HistogramPoint>> SomeAsync(SeriesSnapshot snapshot, IReadOnlyList<StoredChunk> chunks, int columns, CancellationToken cancel)
    {
        var steps = new List<long>();
        await foreach (var data in snapshot.ReadAsync(chunks, cancel)) steps.AddRange(HistogramChunkCodec.DecodeSteps(data.Span));
        var stored = steps.Count;
        steps.AddRange(snapshot.Histograms.Select(point => point.Step));

        var chosen = Choose(steps, columns);
        var points = chosen.Where(i => i >= stored).ToDictionary(i => i, i => snapshot.Histograms[i - stored]);
        var (wanted, start) = (new List<(StoredChunk Chunk, int Start)>(), 0);
        var inChunks = chosen.Where(i => i < stored).Order().ToList();
        var next = 0;
        foreach (var chunk in chunks)
        {
            if (next < inChunks.Count && inChunks[next] < start + chunk.Points) wanted.Add((chunk, start));
            start += chunk.Points;
            while (next < inChunks.Count && inChunks[next] < start) next++;
        }

        var turn = 0;
        next = 0;
        await foreach (var data in snapshot.ReadAsync([.. wanted.Select(entry => entry.Chunk)], cancel))
        {
            var (chunk, first) = wanted[turn++];
            var decoded = HistogramChunkCodec.Decode(data.Span).Points;
            for (; next < inChunks.Count && inChunks[next] < first + chunk.Points; next++) points[inChunks[next]] = decoded[inChunks[next] - first];
        }

        return [.. chosen.Select(i => points[i])];
    }

    /// <summary>Positions of the last point of each step, by step, thinned out evenly.</summary>
    private static List<int> Choose(List<long> steps, int columns)
    {
        var latest = new SortedDictionary<long, int>();
        for (var i = 0; i < steps.Count; i++) latest[steps[i]] = i;
        List<int> all = [.. latest.Values];
        if (all.Count <= columns) return all;
        return columns == 1 ? [all[^1]] : [.. Enumerable.Range(0, columns).Select(i => all[(int)((long)i * (all.Count - 1) / (columns - 1))])];
    }

    private static HistogramColumnDto Describe(HistogramColumn column, HistogramPoint point)
    {
        static double? Finite(double value) => double.IsFinite(value) ? value : null;
        var statistics = HistogramStatistics.Of(point.Edges, point.Counts);
        return new HistogramColumnDto(column.Step, column.Time, column.Counts, new HistogramStatisticsDto(statistics.Count, Finite(statistics.Mean), Finite(statistics.Std),
            Finite(statistics.Min), Finite(statistics.Max), Finite(statistics.P5), Finite(statistics.P25), Finite(statistics.P50), Finite(statistics.P75), Finite(statistics.P95)));
    }
}
