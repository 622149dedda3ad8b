using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>val-much-higher</c>.</summary>
public sealed record ValMuchHigherOptions
{
    /// <summary>Validation loss over training loss. Default 1.5; clears at 1.2.</summary>
    public double Ratio { get; init; } = 1.5;

    /// <summary>Share of what training has gained that validation lacks. Default 0.5.</summary>
    public double Lacking { get; init; } = 0.5;

    /// <summary>Training accuracy above validation accuracy, 0 to 1, where both are logged. Default 0.3.</summary>
    public double AccuracyGap { get; init; } = 0.3;

    /// <summary>Evaluations in a row. Default 3.</summary>
    public int Evaluations { get; init; } = 3;

    /// <summary>It must show within so many first evaluations. Default 8.</summary>
    public int Among { get; init; } = 8;

    /// <summary>Epochs after which memorising explains a gap. Default 3.</summary>
    public double Epochs { get; init; } = 3;
}

/// <summary>
/// Validation is far above training from the first evaluations on, before anything could have been memorised: evaluated in the wrong mode,
/// prepared in another way, or from elsewhere.
/// </summary>
internal sealed class ValMuchHigher(ValMuchHigherOptions options) : EvaluationDetector
{
    public const string Id = "val-much-higher";

    private Alarm _alarm;
    private double _firstGap;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var (training, validation) = (pairs.Training.Value(0), pairs.Validation.Value(0));
        var epochs = run.First(RoleKind.Epoch) is { Finite: > 0 } epoch ? epoch.LastFinite : run.Hints.StepsPerEpoch is { } length ? step / (double)length : (double?)null;
        var learnt = pairs.FirstTraining - training;
        var gap = validation - training;
        var wide = training > 0 && validation >= options.Ratio * training && gap >= options.Lacking * learnt;
        var knows = learnt >= Math.Max(0.2 * pairs.FirstTraining, 5 * pairs.TrainingNoise);
        var early = pairs.Total <= options.Among && !(epochs > options.Epochs);
        var raise = early && !run.IsFineTune && wide && knows && (epochs <= 1 || Holds(run, pairs, step, gap));
        if (raise && _firstGap == 0) _firstGap = gap;
        if (!raise && !_alarm.IsOpen) _firstGap = 0;
        switch (_alarm.Update(raise, training > 0 && validation < 1.2 * training, step, options.Evaluations, options.Evaluations))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    // Without epochs and accuracies it may be a validation loss that only falls later.
                    Severity = epochs <= 1 ? Severity.High : epochs is null && (run.First(RoleKind.ValAccuracy) is null || run.First(RoleKind.TrainAccuracy) is null) ? Severity.Info : Severity.Warn,
                    Series = series.Name,
                    Step = step,
                    OnsetStep = _alarm.Onset,
                    Title = $"Validation loss is {Numbers.Text(validation / training)} times the training loss from the start",
                    Summary = $"{series.Name} is {Numbers.Text(validation)} where the training loss is {Numbers.Text(training)}, and has been so since step {_alarm.Onset}, too early for overfitting: evaluation sees another model or other data than training.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, step, "validation loss over training loss", Numbers.Round6(validation / training), options.Ratio)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _firstGap);
    }

    /// <summary>Past the first epoch the gap must stay as it was and be seen in the accuracies too.</summary>
    private bool Holds(RunContext run, Evaluations pairs, long step, double gap)
    {
        if (_firstGap > 0 && gap > 1.5 * _firstGap || pairs.Validation.Value(0) > 1.2 * pairs.Start) return false;
        var (training, validation) = (Evaluations.LevelAt(run.First(RoleKind.TrainAccuracy), step), Evaluations.LevelAt(run.First(RoleKind.ValAccuracy), step));
        return double.IsNaN(training) || double.IsNaN(validation) ? pairs.Validation.Value(0) >= 0.8 * pairs.Start : training - validation >= options.AccuracyGap;
    }
}
