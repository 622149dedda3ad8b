using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>
/// Reads the curves of one chart over steps or times, chunk by chunk. Of a chunk that lies outside what is shown nothing is read; of one that
/// lies in one pixel column only the summary in its row, unless smoothing needs every point.
/// </summary>
internal sealed class CurveReader(SeriesSnapshot snapshot, ChartQuery query) : IDisposable
{
    private readonly long start = snapshot.Start ?? 0;
    private readonly PartFeed feed = new(snapshot, query.IsTime);
    private double[] x = [];

    /// <summary>The curves of the series, in order, their chunks read with one statement.</summary>
    public async Task<List<ReducedSeries>> ReadAsync(IReadOnlyList<int> seriesIds, CancellationToken cancel)
    {
        var plans = new List<(int SeriesId, List<ChartPart> Parts, HashSet<ChartPart> Summed, ChartReduction Reduction)>();
        try
        {
            foreach (var id in seriesIds) plans.Add(await PlanAsync(id, cancel));
            var curves = new List<ReducedSeries>();
            await using var bytes = snapshot.ReadAsync([.. plans.SelectMany(plan => PartFeed.ChunksOf(plan.Parts.Where(part => !plan.Summed.Contains(part))))], cancel).GetAsyncEnumerator(cancel);
            foreach (var (id, parts, summed, reduction) in plans)
            {
                using var merge = new StepMerge(query.IsTime, (steps, times, values) => reduction.Add(Place(steps, times), values));
                foreach (var part in parts)
                {
                    if (summed.Contains(part)) Add(part.Chunk!.Summary!, reduction);
                    else await feed.AddAsync(part, id, merge, bytes);
                }

                curves.Add(reduction.Finish());
                reduction.Dispose();
            }

            return curves;
        }
        finally
        {
            plans.ForEach(plan => plan.Reduction.Dispose());
        }
    }

    public void Dispose() => feed.Dispose();

    /// <summary>Which parts of a series are read, and of which the summary is enough.</summary>
    private async Task<(int SeriesId, List<ChartPart> Parts, HashSet<ChartPart> Summed, ChartReduction Reduction)> PlanAsync(int seriesId, CancellationToken cancel)
    {
        var parts = ChartPart.Of(snapshot, seriesId);
        PartFeed.Link(parts);
        var (shape, summed) = (query.Shape, new HashSet<ChartPart>());
        var certain = parts.Count > 0 && parts.TrueForAll(part => part.IsCertainOn(query.Axis));
        var (low, high) = certain ? (parts.Min(part => part.RangeOn(query.Axis, start).Low), parts.Max(part => part.RangeOn(query.Axis, start).High)) : (0, 0);
        if (!certain && shape.Smoothing is { Kind: SmoothingKind.TimeEma }) (low, high) = await MeasureAsync(seriesId, parts, cancel);
        var reduction = new ChartReduction(shape, high - low);
        if (!certain || shape.Smoothing is not null) return (seriesId, parts, summed, reduction);

        if (shape.Scale == AxisScale.Log && low <= 0) low = await LeastPositiveAsync(parts, cancel) ?? high;
        if (shape.Scale == AxisScale.Linear || low > 0) reduction.Expand(low, high);
        parts.RemoveAll(part => IsOutside(part.RangeOn(query.Axis, start)));
        PartFeed.Link(parts);
        if (reduction.Grid is { } grid) summed.UnionWith(parts.Where(part => IsWithinColumn(part, grid)));
        return (seriesId, parts, summed, reduction);
    }

    private bool IsOutside((double Low, double High) range) =>
        range.High < query.Shape.From || range.Low > query.Shape.To || (query.Shape.Scale == AxisScale.Log && range.High <= 0);

    /// <summary>Whether the summary of a chunk says all that a chart on this grid needs.</summary>
    private bool IsWithinColumn(ChartPart part, ChartGrid grid)
    {
        if (part is not { IsAlone: true, Chunk.Summary: { StepsRise: true, NonFinite: 0 } summary } || (query.IsTime && !summary.TimesRise)) return false;
        var (low, high) = part.RangeOn(query.Axis, start);
        if (low < query.Shape.From || high > query.Shape.To || (grid.Scale == AxisScale.Log && low <= 0)) return false;
        return grid.ColumnOf(low) == grid.ColumnOf(high);
    }

    private void Add(ChunkSummary summary, ChartReduction reduction)
    {
        (double, double) Point(in SummaryPoint point) => (ChartPart.PlaceOf(point, query.Axis, start), point.Value);
        // Steps rise strictly, so that equal steps are one point and the order of steps is the order of points.
        var steps = (long[])[.. new SortedSet<long> { summary.First.Step, summary.Least.Step, summary.Greatest.Step, summary.Last.Step }];
        int PlaceOf(in SummaryPoint point) => Array.BinarySearch(steps, point.Step);
        reduction.AddColumn(Point(summary.First), Point(summary.Least), Point(summary.Greatest), Point(summary.Last),
            (PlaceOf(summary.Least), PlaceOf(summary.Greatest), PlaceOf(summary.Last)));
    }

    private ReadOnlySpan<double> Place(ReadOnlySpan<long> steps, ReadOnlySpan<long> times)
    {
        if (x.Length < steps.Length) x = new double[Math.Max(steps.Length, ScalarChunk.DefaultPoints)];
        var places = x.AsSpan(0, steps.Length);
        switch (query.Axis)
        {
            case "step":
                for (var i = 0; i < places.Length; i++) places[i] = steps[i];
                break;
            case "time":
                for (var i = 0; i < places.Length; i++) places[i] = times[i];
                break;
            default:
                for (var i = 0; i < places.Length; i++) places[i] = ChartPart.Relative(times[i], start);
                break;
        }

        return places;
    }

    /// <summary>Reads a series only to see how far it goes.</summary>
    private async Task<(double Low, double High)> MeasureAsync(int seriesId, List<ChartPart> parts, CancellationToken cancel)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        await ReadAsync(seriesId, parts, (steps, times, _) =>
        {
            foreach (var place in Place(steps, times)) (low, high) = (Math.Min(low, place), Math.Max(high, place));
        }, cancel);
        return low > high ? (0, 0) : (low, high);
    }

    /// <summary>Where a logarithmic axis begins; chunks are read only where they reach across 0.</summary>
    private async Task<double?> LeastPositiveAsync(List<ChartPart> parts, CancellationToken cancel)
    {
        double? least = null;
        var across = new List<ChartPart>();
        foreach (var part in parts)
        {
            var (low, high) = part.RangeOn(query.Axis, start);
            if (low > 0) least = Math.Min(low, least ?? low);
            else if (high > 0) across.Add(part);
        }

        foreach (var part in across)
        {
            await ReadAsync(part.Chunk?.SeriesId ?? -1, [part], (steps, times, _) =>
            {
                foreach (var place in Place(steps, times))
                {
                    if (place > 0) least = Math.Min(place, least ?? place);
                }
            }, cancel);
        }

        return least;
    }

    private async Task ReadAsync(int seriesId, List<ChartPart> parts, PointSink sink, CancellationToken cancel)
    {
        using var merge = new StepMerge(query.IsTime, sink);
        await using var bytes = snapshot.ReadAsync([.. PartFeed.ChunksOf(parts)], cancel).GetAsyncEnumerator(cancel);
        foreach (var part in parts) await feed.AddAsync(part, seriesId, merge, bytes);
        merge.Finish();
    }
}
