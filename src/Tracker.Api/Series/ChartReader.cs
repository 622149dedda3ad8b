using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>Makes charts: reads all points, orders them by the axis, smooths, and only then reduces.</summary>
public sealed class ChartReader(SeriesReader reader, SeriesCatalog catalog)
{
    public async Task<ChartDto> ReadAsync(RunRef run, ChartQuery query, CancellationToken cancel)
    {
        var names = await catalog.LoadAsync(run.RunKey, cancel);
        var wanted = query.Names.Select(names.Find).ToArray();
        // A series that is not there, or holds histograms, is an axis without points.
        var axis = query.Axis is not ("step" or "time" or "relative") && names.Find(query.Axis) is { Kind: SeriesKind.Scalar } found ? found : null;
        var ids = wanted.Append(axis).Where(entry => entry is { Kind: SeriesKind.Scalar }).Select(entry => entry!.Id).ToArray();
        var (sequence, columns) = await reader.ReadScalarsAsync(run.RunKey, ids, cancel);
        try
        {
            var start = query.Axis == "relative" ? await StartAsync(run, names, cancel) : 0;
            var totals = columns.ToDictionary(entry => entry.Key, entry => entry.Value.Count);
            foreach (var points in columns.Values) StepColumns.LatestPerStep(points);
            var series = wanted.Select((entry, i) => entry is { Kind: SeriesKind.Scalar }
                ? Chart(query, entry.Name, totals[entry.Id], columns[entry.Id], axis is null ? null : columns[axis.Id], start)
                : new ChartSeriesDto { Name = query.Names[i], Total = 0, X = [], Y = [], NonFinite = [] });
            return new ChartDto(sequence, [.. series]);
        }
        finally
        {
            foreach (var points in columns.Values) points.Dispose();
        }
    }

    private static ChartSeriesDto Chart(ChartQuery query, string name, int total, ColumnBuffer points, ColumnBuffer? axis, long start)
    {
        double[] x, y;
        switch (query.Axis)
        {
            case "step":
                (x, y) = ([.. points.Steps], points.Values.ToArray());
                break;
            case "time" or "relative":
                StepColumns.OrderByTime(points);
                x = new double[points.Count];
                for (var i = 0; i < x.Length; i++) x[i] = query.Axis == "time" ? points.Times[i] : (points.Times[i] - start) / 1000.0;
                y = points.Values.ToArray();
                break;
            default:
                (x, y) = axis is null ? ([], []) : Join(axis, points);
                break;
        }

        var (from, to) = x.Length == 0 ? (0, -1) : (query.From ?? x[0], query.To ?? x[^1]);
        if (to < from) return new ChartSeriesDto { Name = name, Total = total, X = [], Y = [], NonFinite = [], SmoothState = State(query, y) };
        var reduced = M4.Reduce(x, y, from, to, query.Columns);
        var chart = new ChartSeriesDto
        {
            Name = name,
            Total = total,
            X = reduced.X,
            Y = reduced.Y,
            NonFinite = [.. reduced.NonFinite.Select(point => new NonFiniteDto(point.X, point.Value))],
        };
        if (query.SmoothWeight is not { } weight) return chart;
        var ema = new DebiasedEma(weight);
        var smoothed = ema.Sample(y, reduced.Indexes);
        return chart with { Smoothed = smoothed, SmoothState = new SmoothStateDto(ema.State.Ema, ema.State.Weight, ema.State.Count) };
    }

    private static SmoothStateDto? State(ChartQuery query, double[] y)
    {
        if (query.SmoothWeight is not { } weight) return null;
        var ema = new DebiasedEma(weight);
        ema.Add(y);
        return new SmoothStateDto(ema.State.Ema, ema.State.Weight, ema.State.Count);
    }

    /// <summary>Another series as the axis: its value at the same step, in rising order; steps that it does not have are left out.</summary>
    private static (double[] X, double[] Y) Join(ColumnBuffer axis, ColumnBuffer points)
    {
        var joined = new List<(double X, double Y)>();
        var k = 0;
        for (var i = 0; i < points.Count; i++)
        {
            while (k < axis.Count && axis.Steps[k] < points.Steps[i]) k++;
            if (k < axis.Count && axis.Steps[k] == points.Steps[i] && double.IsFinite(axis.Values[k])) joined.Add((axis.Values[k], points.Values[i]));
        }

        // Stable: points of one x stay in the order of their steps.
        var ordered = joined.OrderBy(point => point.X).ToList();
        return ([.. ordered.Select(point => point.X)], [.. ordered.Select(point => point.Y)]);
    }

    /// <summary>Time of the run's first point, the same for all charts of the run.</summary>
    private async Task<long> StartAsync(RunRef run, RunSeries names, CancellationToken cancel)
    {
        var (_, summaries) = await reader.SummarizeAsync(run.RunKey, names, cancel);
        return summaries.Series.Count == 0 ? 0 : summaries.Series.Values.Min(series => series.Summary.FirstTime);
    }
}
