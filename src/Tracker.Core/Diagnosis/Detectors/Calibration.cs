using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>miscalibration</c> and <c>calibration-drift</c>.</summary>
public sealed record CalibrationOptions
{
    /// <summary>Expected calibration error that is noted, 0 to 1. Default 0.1; clears at 0.7 of it.</summary>
    public double Error { get; init; } = 0.1;

    /// <summary>Evaluations in a row. Default 3.</summary>
    public int Evaluations { get; init; } = 3;

    /// <summary>Rise of the error above its best as a part of it. Default 0.5.</summary>
    public double Rise { get; init; } = 0.5;

    /// <summary>Least rise of the error, 0 to 1. Default 0.02.</summary>
    public double LeastRise { get; init; } = 0.02;

    /// <summary>Rise of the accuracy meanwhile that counts as improving, 0 to 1. Default 0.02.</summary>
    public double AccuracyMoves { get; init; } = 0.02;

    /// <summary>Rise of the validation loss since its best, as a part of its descent, that makes a drift more than a note. Default 0.03.</summary>
    public double LossRises { get; init; } = 0.03;

    /// <summary>Accuracy, as a part of its best, at which the model has arrived: before that, calibration is not judged. Default 0.95.</summary>
    public double Arrived { get; init; } = 0.95;
}

/// <summary>The probabilities that the model gives do not match how often it is right: from early on, or more and more.</summary>
internal sealed class Calibration(CalibrationOptions options) : Detector
{
    public const string Id = "miscalibration";
    public const string DriftId = "calibration-drift";
    private const int Fewest = 5;

    private Alarm _high;
    private Alarm _drift;
    private double _best = double.PositiveInfinity;
    private double _most = double.NegativeInfinity;
    private double _atBest = double.NegativeInfinity;
    private long _bestStep;
    private int _sinceBest;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || series.Finite < Fewest) return;
        var level = series.Points!.Median(3);
        var accuracy = Evaluations.LevelAt(run.First(RoleKind.ValAccuracy), point.Step);
        LookAtLevel(run, series, point, level, accuracy);
        // An untrained model is well calibrated: its best counts only once the accuracy has arrived.
        _most = Math.Max(_most, double.IsNaN(accuracy) ? 0 : accuracy);
        var arrives = accuracy < options.Arrived * _most || accuracy > _atBest + options.AccuracyMoves;
        if (arrives || level < _best) (_best, _bestStep, _sinceBest, _atBest) = (level, point.Step, 0, accuracy);
        else _sinceBest++;
        LookAtDrift(run, series, point, level, accuracy);
    }

    public override void Sync(StateStream s)
    {
        _high.Sync(s);
        _drift.Sync(s);
        s.Sync(ref _best);
        s.Sync(ref _most);
        s.Sync(ref _atBest);
        s.Sync(ref _bestStep);
        s.Sync(ref _sinceBest);
    }

    private void LookAtLevel(RunContext run, SeriesState series, in Point point, double level, double accuracy)
    {
        var arrived = double.IsNaN(accuracy) || accuracy >= options.Arrived * _most;
        switch (_high.Update(arrived && level > options.Error, level < 0.7 * options.Error, point.Step, options.Evaluations, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _high.Onset,
                    Title = $"Calibration error of {Numbers.Text(level)}",
                    Summary = $"{series.Name} is {Numbers.Text(level)}: the probabilities are off by {Numbers.Percent(level)} on average{(double.IsNaN(accuracy) ? "" : $" at an accuracy of {Numbers.Text(accuracy)}")}.",
                    Evidence = [new Evidence(series.Name, _high.Onset, point.Step, "expected calibration error", Numbers.Round6(level), options.Error)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    private void LookAtDrift(RunContext run, SeriesState series, in Point point, double level, double accuracy)
    {
        var needed = Math.Max(options.LeastRise, options.Rise * _best);
        var rise = level - _best;
        var raise = _sinceBest >= Fewest && rise >= needed && Rises(series) && (double.IsNaN(accuracy) || accuracy <= _atBest + options.AccuracyMoves);
        switch (_drift.Update(raise, rise < needed / 2, point.Step, 1, 3))
        {
            case AlarmChange.Raised:
                // A rising loss beside it says overconfidence; alone it may be the noise of small bins.
                var lossRises = run.Evaluations is { Count: >= 6, SinceBest: >= 3 } pairs && pairs.Level > pairs.BestLevel + Math.Max(pairs.Noise, options.LossRises * pairs.Descent) && pairs.TrainingHolds();
                run.Signals.Raise(new Signal
                {
                    Id = DriftId,
                    Severity = lossRises ? Severity.Warn : Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _bestStep,
                    Title = $"Calibration gets worse since step {_bestStep}",
                    Summary = $"{series.Name} rose from {Numbers.Text(_best)} at step {_bestStep} to {Numbers.Text(level)}{(double.IsNaN(accuracy) ? "" : $" while the accuracy went from {Numbers.Text(_atBest)} to {Numbers.Text(accuracy)}")}: confidence grows, correctness does not.",
                    Evidence = [new Evidence(series.Name, _bestStep, point.Step, "rise of the calibration error", Numbers.Round6(rise), Numbers.Round6(needed))],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(DriftId, series.Name);
                break;
        }
    }

    private bool Rises(SeriesState series)
    {
        Span<double> since = stackalloc double[Math.Min(_sinceBest + 1, 24)];
        return Statistics.MannKendall(series.Points!.CopyLast(since)) >= 1.96;
    }
}
