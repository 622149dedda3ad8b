using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>train-above-val</c>.</summary>
public sealed record TrainAboveValOptions
{
    /// <summary>Training above validation, in units of the noise of both. Default 2.</summary>
    public double Noise { get; init; } = 2;

    /// <summary>Training above validation as a part of it. Default 0.05.</summary>
    public double Relative { get; init; } = 0.05;

    /// <summary>Evaluations in a row. Default 5.</summary>
    public int Evaluations { get; init; } = 5;
}

/// <summary>A note: training loss stands above validation loss. Usually dropout or augmentation; sometimes a leak or another reduction.</summary>
internal sealed class TrainAboveVal(TrainAboveValOptions options) : EvaluationDetector
{
    public const string Id = "train-above-val";

    private Alarm _alarm;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var (training, validation) = (pairs.Training.Value(0), pairs.Validation.Value(0));
        var needed = Math.Max(options.Noise * (pairs.Noise + pairs.TrainingNoise), options.Relative * Math.Abs(validation));
        var above = training - validation;
        switch (_alarm.Update(above > needed, above < needed / 2, step, options.Evaluations, options.Evaluations))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = step,
                    OnsetStep = _alarm.Onset,
                    Title = $"Training loss stands above validation loss since step {_alarm.Onset}",
                    Summary = $"The training loss is {Numbers.Text(training)}, {series.Name} {Numbers.Text(validation)}. Dropout, augmentation or a mean over the epoch explain it; else look for a leak between the splits or another reduction of the loss.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, step, "training loss above validation loss", Numbers.Round6(above), Numbers.Round6(needed))],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);
}
