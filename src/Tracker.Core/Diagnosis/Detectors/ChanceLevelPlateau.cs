using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>chance-level-plateau</c>.</summary>
public sealed record ChanceLevelPlateauOptions
{
    /// <summary>Relative distance from log(classes) that counts as chance. Default 0.1.</summary>
    public double Near { get; init; } = 0.1;

    /// <summary>The level must be above this part of log(classes), less a fifth of the noise. Default 0.97; clears at 0.9.</summary>
    public double Floor { get; init; } = 0.97;

    /// <summary>Validation accuracy above chance that proves learning. Default 0.15.</summary>
    public double Learned { get; init; } = 0.15;
}

/// <summary>The training loss lies flat at log(classes): the model knows how often each class comes, and nothing of the inputs.</summary>
internal sealed class ChanceLevelPlateau(ChanceLevelPlateauOptions options, PlateauFromStartOptions wait) : Detector
{
    public const string Id = "chance-level-plateau";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed) return;
        if (run.ChanceLoss is not { } chance || !PlateauFromStart.IsTime(run, series, wait)) return;
        var level = trend.Tail.Median((int)Math.Min(100, series.Finite / 3));
        Span<double> buckets = stackalloc double[12];
        var flat = Math.Abs(Statistics.MannKendall(trend.Fine.CopyLast(buckets))) < 1.64;
        var near = Math.Abs(level - chance) <= options.Near * chance && level > options.Floor * chance - 0.2 * trend.Noise;
        var learned = run.First(RoleKind.ValAccuracy) is { Finite: > 0 } accuracy && accuracy.Max > 1 / run.Hints.Classes!.Value + options.Learned;
        switch (_alarm.Update(near && flat && !learned && (!PlateauFromStart.ValidationFalls(run) || Observations.UpdatesAreTiny(run) || Observations.DepthRatio(run) < 1e-3), level < 0.9 * chance || learned, point.Step, 2, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.High,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = trend.Tail.Step((int)Math.Min(100, series.Finite / 3) - 1),
                    Title = $"The loss sits at chance level, log({Numbers.Text(run.Hints.Classes!.Value)}) = {Numbers.Text(chance)}",
                    Summary = $"{series.Name} lies flat at {Numbers.Text(level)} after {series.Finite} points; guessing among {Numbers.Text(run.Hints.Classes.Value)} classes gives {Numbers.Text(chance)}.",
                    Evidence = [new Evidence(series.Name, trend.Tail.Step(trend.Tail.Count - 1), point.Step, "loss over log(classes)", Numbers.Round6(level / chance), options.Floor)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);
}
