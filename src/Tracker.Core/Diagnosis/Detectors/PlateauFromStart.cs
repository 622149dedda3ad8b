using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>plateau-from-start</c> and, for the time that it waits, of <c>chance-level-plateau</c>.</summary>
public sealed record PlateauFromStartOptions
{
    /// <summary>Most points to wait before judging; half of the expected points, at least 100, where that is less. Default 300.</summary>
    public int Points { get; init; } = 300;

    /// <summary>A drop of less than so many σ is no progress if something else says that nothing moves. Default 3.</summary>
    public double Drop { get; init; } = 3;

    /// <summary>A drop of less than so many σ is no progress by itself: frozen runs show at most 0.34. Default 0.5.</summary>
    public double NoDrop { get; init; } = 0.5;

    /// <summary>A relative drop below this is no progress where the updates are tiny, however exact the trend. Default 0.02.</summary>
    public double RelativeDrop { get; init; } = 0.02;

    /// <summary>A level that is higher than the start by more than this part of it has left it, upwards. Default 0.25.</summary>
    public double Rise { get; init; } = 0.25;

    /// <summary>A descent of validation by more than this part of its start, and five times its noise, is progress. Default 0.05.</summary>
    public double Validated { get; init; } = 0.05;

    /// <summary>A drop of so many σ clears it. Default 5.</summary>
    public double Clears { get; init; } = 5;
}

/// <summary>The training loss never left its start, though the learning rate was there.</summary>
internal sealed class PlateauFromStart(PlateauFromStartOptions options) : Detector
{
    public const string Id = "plateau-from-start";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed || !IsTime(run, series, options)) return;
        // Of a sparse series twenty points are not the start any more.
        var initial = trend.Initial((int)Math.Clamp(series.Finite / 4, 5, 20));
        var level = trend.Tail.Median((int)Math.Min(100, series.Finite / 3));
        var drop = initial - level;
        var noise = Math.Max(trend.Noise, 1e-9 * Math.Abs(initial));
        Span<double> buckets = stackalloc double[12];
        // A loss that swings widely is seen to fall over the whole run first.
        var falls = Statistics.MannKendall(trend.Fine.CopyLast(buckets)) <= -2.33 || Statistics.MannKendall(trend.Buckets.Medians) <= -2.33;
        // The quietest noise so far: a run that learned and then blew up has been better, however wild it is now.
        var neverBetter = initial - trend.Best < Math.Max(options.Drop * Math.Min(noise, trend.LowestNoise), options.RelativeDrop * Math.Abs(initial));
        // In noise so wild that a quarter of the level could have been gained unseen, nothing is known yet.
        var points = Math.Min(100, series.Finite / 3);
        var error = 1.25 * noise * Math.Sqrt(1 / Math.Clamp(series.Finite / 4.0, 5, 20) + 1.0 / points);
        var visible = 3 * error <= 0.25 * Math.Abs(initial);
        // Far above its start is no plateau; and of a sparse series the first point alone may tell that there was a descent.
        var left = level > initial + options.Rise * Math.Abs(initial) || (series.Stride >= 1.5 && series.First - level > options.Clears * noise) || Validated(run);
        var still = neverBetter && !falls && !left && !ValidationFalls(run) && ((drop < options.NoDrop * noise && visible) || (drop < options.Drop * noise && Observations.NothingMoves(run)));
        var crawls = neverBetter && drop < options.RelativeDrop * Math.Abs(initial) && Observations.UpdatesAreTiny(run);
        var clears = drop > options.Clears * noise && !crawls;
        switch (_alarm.Update(still || crawls, clears || (falls && !crawls), point.Step, 2, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = StartsGood(run, series) ? Severity.Info : Severity.High,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = series.FirstStep,
                    Title = "The loss never left its start",
                    Summary = $"{series.Name} began at {Numbers.Text(initial)} and is {Numbers.Text(level)} after {series.Finite} points: "
                        + (drop > 0 ? $"it fell by {Numbers.Text(drop)}, while its noise is {Numbers.Text(trend.Noise)}." : "it has not fallen at all."),
                    Evidence =
                    [
                        new Evidence(series.Name, series.FirstStep, point.Step, "drop since the start, in units of the noise", Numbers.Round6(drop / noise), options.Drop),
                    ],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    /// <summary>Guards that both plateaus share: enough points, a rate that was there, a loss whose trend means something.</summary>
    public static bool IsTime(RunContext run, SeriesState series, PlateauFromStartOptions options)
    {
        var expected = run.TotalSteps is { } total ? total / series.Stride : double.PositiveInfinity;
        // Of a run that logs seldom, four tenths: a slow start looks like none in a dozen points.
        var needed = series.Stride < 1.5 || double.IsInfinity(expected) ? Math.Clamp(0.5 * expected, 100, options.Points) : Math.Clamp(0.4 * expected, 12, options.Points);
        return series.Finite >= needed
            && !run.Signals.IsActive(LossDivergence.Id, series.Name)
            && !run.IsAdversarial && !run.IsWarm(series) && !run.JustResumed
            && (!run.Rate.IsLogged || run.Rate.PointsNearPeak >= 0.4 * Math.Min(run.Rate.Points, needed));
    }

    /// <summary>
    /// Validation has gone down steadily of late, by little but well above its noise: a slow start that batches hide. Of no account where the updates are tiny,
    /// without noise any rate gives a trend.
    /// </summary>
    public static bool ValidationFalls(RunContext run)
    {
        var pairs = run.Evaluations;
        var count = Math.Min(12, pairs.Count);
        if (pairs.Count < 6) return false;
        Span<double> last = pairs.LastValidation(stackalloc double[count]);
        return last[0] - last[^1] > Math.Max(5 * Statistics.CurveNoise(last), 0.001 * Math.Abs(last[0])) && Statistics.MannKendall(last) <= -2.33;
    }

    private bool Validated(RunContext run)
    {
        var pairs = run.Evaluations;
        return pairs.Total >= 4 && pairs.First - pairs.BestLevel > Math.Max(options.Validated * Math.Abs(pairs.First), 5 * pairs.Noise);
    }

    /// <summary>FINETUNE: the model was good when it started, so there is little to gain.</summary>
    private static bool StartsGood(RunContext run, SeriesState series) =>
        (run.ChanceLoss is { } chance && series.Trend!.Initial(20) < 0.5 * chance)
        || (run.First(RoleKind.ValAccuracy) is { Finite: > 0 } accuracy && accuracy.Max > 0.5 && accuracy.First > 0.9 * accuracy.Max);
}
