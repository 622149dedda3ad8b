using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>grad-vanishing-global</c>.</summary>
public sealed record GradVanishingGlobalOptions
{
    /// <summary>Gradient norm over its own level at 10 to 20 % of the run so far, at or below which it has vanished. Default 0.001; clears at 0.01.</summary>
    public double Share { get; init; } = 1e-3;

    /// <summary>Points before it judges, for a series logged every step; fewer for a sparser one. Default 150.</summary>
    public int Points { get; init; } = 150;
}

/// <summary>The gradient norm falls to a thousandth of what it was although the loss is not where it has been best: the net is saturated or dying. With a low loss it has converged, and nothing is said.</summary>
internal sealed class GradVanishingGlobal(GradVanishingGlobalOptions options) : Detector
{
    public const string Id = "grad-vanishing-global";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!trend.BucketClosed || series.Finite < run.Window(series, options.Points) || trend.Buckets.Count < 10) return;
        var level = trend.Fine.Value(0);
        // The reference costs a sort: only where there is something to compare with it.
        if (!_alarm.IsOpen && level > options.Share * series.Max) return;
        var reference = trend.Buckets.Median(0.1, 0.2);
        var vanished = level > 0 && level <= options.Share * reference && Observations.LossIsHigh(run);
        switch (_alarm.Update(vanished, level > 10 * options.Share * reference || !Observations.LossIsHigh(run), point.Step, 3, 3))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"The gradient has all but vanished: {Numbers.Text(level)}",
                    Summary = $"{series.Name} is {Numbers.Text(level)}, {Numbers.Text(level / reference)} of the {Numbers.Text(reference)} it had early in the run, while the loss stands at {Numbers.Text(run.Loss!.LastFinite)} (best {Numbers.Text(run.Loss.Trend!.Best)}): not because it has converged.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, point.Step, "gradient norm over its early level", Numbers.Round6(level / reference), options.Share)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);
}
