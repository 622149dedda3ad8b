using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>overfitting</c>.</summary>
public sealed record OverfittingOptions
{
    /// <summary>Fewest evaluations before anything is said. Default 6.</summary>
    public int Evaluations { get; init; } = 6;

    /// <summary>Evaluations since the best one, or a twentieth of all where that is more. Default 5.</summary>
    public int SinceBest { get; init; } = 5;

    /// <summary>Rise above the best validation loss as a part of it, and half of it as a part of the descent. Default 0.05 (Prechelt's generalization loss of 5).</summary>
    public double Rise { get; init; } = 0.05;

    /// <summary>Rise as a part of the best validation loss that is severe: high, or a warning where the accuracy holds. Default 0.2.</summary>
    public double Severe { get; init; } = 0.2;

    /// <summary>Fall of the validation accuracy since the best validation loss at which it is high, 0 to 1. Default 0.02.</summary>
    public double AccuracyFall { get; init; } = 0.02;
}

/// <summary>The validation loss is past its best and rises while the training loss goes on falling.</summary>
internal sealed class Overfitting(OverfittingOptions options) : EvaluationDetector
{
    public const string Id = "overfitting";

    private bool _open;
    private Severity _severity;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        if (pairs.SinceBest == 0 || IsExplained(run))
        {
            if (_open) run.Signals.Clear(Id, series.Name);
            _open = false;
            return;
        }
        if (pairs.Total < options.Evaluations || pairs.SinceBest < Math.Max(options.SinceBest, pairs.Total / 20)) return;
        var rise = ValidationRise.Of(pairs, options.Rise);
        var training = pairs.TrainingLevel;
        if (!rise.Holds || !pairs.TrainingHolds()) return;
        if (Judge(run, pairs, rise, step) is not { } severity || (_open && severity <= _severity)) return;
        (_open, _severity) = (true, severity);
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = series.Name,
            Step = step,
            OnsetStep = pairs.BestStep,
            Title = $"Overfitting since step {pairs.BestStep}",
            Summary = $"{series.Name} was best at step {pairs.BestStep} ({Numbers.Text(pairs.Best)}) and has risen to {Numbers.Text(rise.Level)} in {pairs.SinceBest} evaluations, while the training loss fell from {Numbers.Text(pairs.TrainingAtBest)} to {Numbers.Text(training)}.",
            Evidence = [new Evidence(series.Name, pairs.BestStep, step, "rise above the best validation loss", Numbers.Round6(rise.Amount), Numbers.Round6(rise.Needed))],
        });
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _open);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
    }

    /// <summary>What rises for a reason of its own: a model that may yet grok, and validation that jumps about.</summary>
    private static bool IsExplained(RunContext run) =>
        Grokking.MayYetGrok(run) || run.Signals.IsActive(Grokking.CandidateId) || run.Signals.IsActive(ValErratic.Id);

    /// <summary>Null while the accuracy holds and the rise is mild: then val-loss-up-acc-flat says it better.</summary>
    private Severity? Judge(RunContext run, Evaluations pairs, ValidationRise rise, long step)
    {
        var severe = pairs.Best > 0 && rise.Amount >= options.Severe * pairs.Best;
        var accuracy = ValidationRise.AccuracySinceBest(run, step);
        if (double.IsNaN(accuracy)) return severe ? Severity.High : Severity.Warn;
        if (accuracy <= -ValidationRise.AccuracyFall(run, options.AccuracyFall)) return Severity.High;
        return severe ? Severity.Warn : null;
    }
}
