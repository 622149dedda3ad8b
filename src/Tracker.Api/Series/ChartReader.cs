using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>Makes charts: takes the points of each series in the order of their steps, smooths, and only then reduces.</summary>
public sealed class ChartReader(ReadDatabase reads, SeriesCatalog catalog)
{
    public async Task<(RunState State, ChartDto Chart)> ReadAsync(RunRef run, ChartQuery query, CancellationToken cancel)
    {
        var names = await catalog.LoadAsync(run.RunKey, cancel);
        var wanted = query.Names.Select(name => names.Find(name)).Select(entry => entry is { Kind: SeriesKind.Scalar } ? entry : null).ToList();
        // A series that is not there, or holds histograms, is an axis without points.
        var axis = query.IsMetric && names.Find(query.Axis) is { Kind: SeriesKind.Scalar } found ? found : null;
        await using var snapshot = await reads.OpenAsync(database => SeriesSnapshot.OpenAsync(database, run.RunKey, [.. wanted.Append(axis).OfType<SeriesEntry>().Select(entry => entry.Id).Distinct()],
            withTimes: query.IsTime, withStart: query.Axis == "relative", cancel));

        var present = wanted.OfType<SeriesEntry>().Select(entry => entry.Id).ToList();
        var curves = new Queue<ReducedSeries>(query.IsMetric ? await OverMetricAsync(snapshot, query, axis, present, cancel) : await OverStepsAsync(snapshot, query, present, cancel));
        var charts = query.Names.Zip(wanted, (name, entry) => entry is null ? Empty(name) : Describe(name, TotalOf(snapshot, entry.Id), query.Shape, curves.Dequeue()));
        return (new RunState(run.RunKey, snapshot.Sequence, snapshot.ThinnedAt), new ChartDto(snapshot.Sequence, [.. charts]));
    }

    private static async Task<List<ReducedSeries>> OverStepsAsync(SeriesSnapshot snapshot, ChartQuery query, List<int> series, CancellationToken cancel)
    {
        using var reader = new CurveReader(snapshot, query);
        return await reader.ReadAsync(series, cancel);
    }

    private static async Task<List<ReducedSeries>> OverMetricAsync(SeriesSnapshot snapshot, ChartQuery query, SeriesEntry? axis, List<int> series, CancellationToken cancel)
    {
        if (axis is null) return [.. series.Select(_ => ChartReduction.Of([], [], query.Shape))];
        using var reader = new MetricCurveReader(snapshot, query, axis.Id);
        var curves = new List<ReducedSeries>();
        foreach (var id in series) curves.Add(await reader.ReadAsync(id, cancel));
        return curves;
    }

    private static long TotalOf(SeriesSnapshot snapshot, int seriesId) => snapshot.ChunksOf(seriesId).Sum(chunk => (long)chunk.Points) + snapshot.TailOf(seriesId).Count;

    private static ChartSeriesDto Empty(string name) => new() { Name = name, Total = 0, X = [], Y = [], NonFinite = [] };

    private static ChartSeriesDto Describe(string name, long total, ChartShape shape, ReducedSeries curve) => new()
    {
        Name = name,
        Total = total,
        ColumnWidth = curve.Grid is { Width: var width } && double.IsFinite(width) ? width : null,
        X = curve.X,
        Y = curve.Y,
        Smoothed = shape.Smoothing is null ? null : curve.Smoothed,
        SmoothState = curve.SmoothState is { } state ? new SmoothStateDto(state.Ema, state.Weight, state.Count) : null,
        NonFinite = [.. curve.NonFinite.Select(point => new NonFiniteDto(point.X, point.Value))],
    };
}
