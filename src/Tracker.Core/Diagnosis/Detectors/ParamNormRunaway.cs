using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>param-norm-runaway</c>.</summary>
public sealed record ParamNormRunawayOptions
{
    /// <summary>Norm over the first norm from which growth is a runaway. Default 4.</summary>
    public double Growth { get; init; } = 4;

    /// <summary>
    /// Logarithmic growth of the last third of the run over that of the middle third, at least. A constant rate of growth gives 1, linear growth
    /// 0.71 when the norm has grown fourfold, growth with the square root of time (scale-invariant nets under SGD) less. Default 0.75.
    /// </summary>
    public double Undamped { get; init; } = 0.75;

    /// <summary>The same ratio, at most: more is a jump, and jumps have conditions of their own. Default 3.</summary>
    public double Jump { get; init; } = 3;

    /// <summary>Logarithmic growth of the middle third over that of the first, at least: a fresh network that finds its size in the first steps is no runaway. Default 0.3.</summary>
    public double Spread { get; init; } = 0.3;

    /// <summary>Points before it judges, for a series logged every step; fewer for a sparser one. Default 100.</summary>
    public int Points { get; init; } = 100;
}

/// <summary>The norm of the parameters grows by a constant factor per step or faster, and shows no sign of slowing down.</summary>
internal sealed class ParamNormRunaway(ParamNormRunawayOptions options) : Detector
{
    public const string Id = "param-norm-runaway";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!trend.BucketClosed || run.IsWarm(series) || series.Finite < run.Window(series, options.Points)) return;
        var shape = trend.Buckets.Medians;
        if (shape.Length < 9) return;
        var (start, early, middle, now) = (trend.Initial(), shape[shape.Length / 3], shape[2 * shape.Length / 3], trend.Fine.Value(0));
        if (!(start > 0 && early > 0 && middle > 0 && now > 0)) return;
        var (first, second, third) = (Math.Log(early / start), Math.Log(middle / early), Math.Log(now / middle));
        var undamped = second > 0 && third >= options.Undamped * second && third <= options.Jump * second && second >= options.Spread * first;
        switch (_alarm.Update(now >= options.Growth * start && undamped, third < 0.25 * second, point.Step, 2, 3))
        {
            case AlarmChange.Raised:
                var from = trend.Buckets.Start(shape.Length / 3);
                var decay = run.Hints.WeightDecay is { } known ? $" (weight decay {Numbers.Text(known)})" : "";
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = from,
                    Title = $"The weights have grown to {Numbers.Text(Math.Round(now / start, 1))} times their size and go on growing",
                    Summary = $"{series.Name} went from {Numbers.Text(start)} to {Numbers.Text(now)}: by a factor of {Numbers.Text(Math.Exp(second))} over the second third of the run so far and of {Numbers.Text(Math.Exp(third))} over the last. Nothing holds it{decay}.",
                    Evidence =
                    [
                        new Evidence(series.Name, series.FirstStep, point.Step, "norm over the first norm", Numbers.Round6(now / start), options.Growth),
                        new Evidence(series.Name, from, point.Step, "growth of the last third over that of the middle third, logarithmic", Numbers.Round6(third / second), options.Undamped),
                    ],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);
}
