using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>early-stop-point</c>.</summary>
public sealed record EarlyStopPointOptions
{
    /// <summary>Evaluations without improvement. Default 5, the usual patience of early stopping.</summary>
    public int Patience { get; init; } = 5;

    /// <summary>Improvement that counts, as a part of the best validation loss or of the descent, whichever is more. Default 0.001.</summary>
    public double MinDelta { get; init; } = 0.001;
}

/// <summary>A note: early stopping would have stopped here, and the best evaluation was then.</summary>
internal sealed class EarlyStopPoint(EarlyStopPointOptions options) : EvaluationDetector
{
    public const string Id = "early-stop-point";

    private bool _open;
    private double _best = double.PositiveInfinity;
    private long _bestStep;
    private int _waited;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var value = pairs.Validation.Value(0);
        var least = options.MinDelta * Math.Max(Math.Abs(pairs.Best), pairs.Descent);
        if (double.IsInfinity(_best) || value < _best - least)
        {
            (_best, _bestStep, _waited) = (value, step, 0);
            if (_open) run.Signals.Clear(Id, series.Name);
            _open = false;
            return;
        }
        if (++_waited < options.Patience || _open || pairs.Total <= options.Patience + 1) return;
        _open = true;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series.Name,
            Step = step,
            OnsetStep = _bestStep,
            Title = $"The best evaluation was at step {_bestStep}",
            Summary = $"{series.Name} was {Numbers.Text(_best)} at step {_bestStep} and has not been better by {Numbers.Text(least)} in {_waited} evaluations: early stopping would keep that one.",
            Evidence = [new Evidence(series.Name, _bestStep, step, "evaluations without improvement", _waited, options.Patience)],
        });
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _open);
        s.Sync(ref _best);
        s.Sync(ref _bestStep);
        s.Sync(ref _waited);
    }
}
