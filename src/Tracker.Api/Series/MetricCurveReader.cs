using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>Reads curves over another series: both series' chunks in turn, by their least steps, joined at equal steps.</summary>
internal sealed class MetricCurveReader(SeriesSnapshot snapshot, ChartQuery query, int axisId) : IDisposable
{
    private readonly PartFeed feed = new(snapshot, withTimes: false);

    public async Task<ReducedSeries> ReadAsync(int seriesId, CancellationToken cancel)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        if (query.Shape.Smoothing is { Kind: SmoothingKind.TimeEma })
        {
            // How long the axis is can only be seen once both series have been read.
            await PassAsync(seriesId, (x, _) =>
            {
                foreach (var place in x) (low, high) = (Math.Min(low, place), Math.Max(high, place));
            }, cancel);
        }

        using var reduction = new ChartReduction(query.Shape, low > high ? 0 : high - low);
        await PassAsync(seriesId, reduction.Add, cancel);
        return reduction.Finish();
    }

    public void Dispose() => feed.Dispose();

    private async Task PassAsync(int seriesId, CurveSink sink, CancellationToken cancel)
    {
        var (axis, points) = (ChartPart.Of(snapshot, axisId), ChartPart.Of(snapshot, seriesId));
        PartFeed.Link(axis);
        PartFeed.Link(points);
        var turns = axis.Select(part => (Part: part, IsAxis: true)).Concat(points.Select(part => (Part: part, IsAxis: false))).OrderBy(turn => turn.Part.FirstStep).ToList();
        using var join = new AxisJoin(sink);
        using var axisMerge = new StepMerge(withTimes: false, (steps, _, values) => join.AddAxis(steps, values));
        using var pointMerge = new StepMerge(withTimes: false, (steps, _, values) => join.AddPoints(steps, values));
        await using var bytes = snapshot.ReadAsync([.. PartFeed.ChunksOf(turns.Select(turn => turn.Part))], cancel).GetAsyncEnumerator(cancel);
        if (axis.Count > 0) join.PassAxis(axis[0].FirstStep);
        foreach (var (part, isAxis) in turns)
        {
            if (isAxis)
            {
                await feed.AddAsync(part, axisId, axisMerge, bytes);
                join.PassAxis(part.Next);
            }
            else
            {
                await feed.AddAsync(part, seriesId, pointMerge, bytes);
                join.PassPoints(part.Next);
            }
        }
    }
}
