using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>stuck-at-clip</c>.</summary>
public sealed record StuckAtClipOptions
{
    /// <summary>Share of the window within <see cref="Tolerance"/> of its median. Default 0.8; clears at 0.6.</summary>
    public double Share { get; init; } = 0.8;

    /// <summary>Relative distance that counts as the same value, and by which no value may exceed it. Default 0.005.</summary>
    public double Tolerance { get; init; } = 0.005;

    /// <summary>Longest window, in points. Default 200.</summary>
    public int Points { get; init; } = 200;

    /// <summary>Shortest window, in points, after the first 50. Default 100.</summary>
    public int FewestPoints { get; init; } = 100;
}

/// <summary>The logged gradient norm sits at one ceiling: it is logged after clipping, or every step is clipped to it.</summary>
internal sealed class StuckAtClip(StuckAtClipOptions options) : Detector
{
    public const string Id = "stuck-at-clip";
    private const int SkippedPoints = 50;

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed) return;
        var points = Math.Min(run.Window(series, options.Points), trend.Tail.Count - run.Window(series, SkippedPoints));
        if (points < run.Window(series, options.FewestPoints)) return;
        Span<double> window = stackalloc double[points];
        trend.Tail.CopyLast(window);
        var (share, ceiling, highest, lowest) = Measure(window);
        var threshold = Clipping.Threshold(run);
        // Without a known threshold, a ceiling is only one if something lies below it: a frozen model repeats its norm exactly.
        var plausible = threshold is { } c ? Math.Abs(ceiling - c) <= 0.01 * c : lowest < 0.98 * ceiling && !run.Signals.IsActive(ConstantLoss.Id);
        var held = ceiling > 0 && plausible && highest <= (1 + options.Tolerance) * ceiling;
        switch (_alarm.Update(held && share >= options.Share, !held || share < 0.75 * options.Share, point.Step, 1, 3))
        {
            case AlarmChange.Raised:
                var from = trend.Tail.Step(points - 1);
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = from,
                    Title = $"The gradient norm sits at {Numbers.Text(ceiling)}",
                    Summary = $"{series.Name} lies within {Numbers.Text(100 * options.Tolerance)} % of {Numbers.Text(ceiling)} in {Numbers.Percent(share)} of the last {points} points and never above: "
                        + "it was logged after clipping, or every step is clipped.",
                    Evidence = [new Evidence(series.Name, from, point.Step, "share of points at the ceiling", Numbers.Round6(share), options.Share)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    private (double Share, double Ceiling, double Highest, double Lowest) Measure(Span<double> window)
    {
        var ceiling = Statistics.Median(window);
        var near = 0;
        foreach (var value in window)
        {
            if (Math.Abs(value - ceiling) <= options.Tolerance * ceiling) near++;
        }
        return (near / (double)window.Length, ceiling, window[^1], window[0]);
    }
}
