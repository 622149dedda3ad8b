using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>double-descent</c>.</summary>
public sealed record DoubleDescentOptions
{
    /// <summary>Rise of the validation loss between the two descents, as a part of the first best. Default 0.1.</summary>
    public double Rise { get; init; } = 0.1;

    /// <summary>Evaluations that the rise must last. Default 5.</summary>
    public int Evaluations { get; init; } = 5;
}

/// <summary>A note: the validation loss rose as if the model overfitted, and then found a new best. It withdraws overfitting.</summary>
internal sealed class DoubleDescent(DoubleDescentOptions options) : EvaluationDetector
{
    public const string Id = "double-descent";

    private double _peak;
    private double _firstBest = double.NaN;
    private long _firstBestStep;
    private long _peakStep;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        if (pairs.SinceBest >= options.Evaluations)
        {
            if (pairs.SinceBest == options.Evaluations) _firstBest = double.NaN;
            var rise = ValidationRise.Of(pairs, options.Rise);
            if (!rise.Holds && double.IsNaN(_firstBest)) return;
            if (double.IsNaN(_firstBest) || rise.Level > _peak) (_peak, _peakStep) = (rise.Level, step);
            (_firstBest, _firstBestStep) = (pairs.Best, pairs.BestStep);
            return;
        }
        // A new best by less than the noise is luck; the next ones may say more.
        if (!(pairs.Level < _firstBest - pairs.Noise)) return;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series.Name,
            Step = step,
            OnsetStep = _peakStep,
            Title = $"A second descent: validation is better than at step {_firstBestStep}",
            Summary = $"{series.Name} rose from {Numbers.Text(_firstBest)} at step {_firstBestStep} to {Numbers.Text(_peak)} at step {_peakStep}, and is at {Numbers.Text(pairs.Level)} now: what looked like overfitting was double descent.",
            Evidence = [new Evidence(series.Name, _firstBestStep, step, "new best below the old one", Numbers.Round6(_firstBest - pairs.Level), Numbers.Round6(pairs.Noise))],
        });
        _firstBest = double.NaN;
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _peak);
        s.Sync(ref _firstBest);
        s.Sync(ref _firstBestStep);
        s.Sync(ref _peakStep);
    }
}
