using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>constant-loss</c>.</summary>
public sealed record ConstantLossOptions
{
    /// <summary>Identical values in a row. Default 20 points.</summary>
    public int Points { get; init; } = 20;

    /// <summary>A loss of at most this part of its first value has converged, not stopped. Default 0.001.</summary>
    public double Converged { get; init; } = 1e-3;

    /// <summary>The run of identical values must be this many times the longest before it, so that a loss logged once per epoch and repeated stays silent. Default 3.</summary>
    public double OverEarlierRuns { get; init; } = 3;
}

/// <summary>The training loss is bit for bit the same, step after step: nothing is being trained, or a stale variable is being logged.</summary>
internal sealed class ConstantLoss(ConstantLossOptions options) : Detector
{
    public const string Id = "constant-loss";

    private double _value = double.NaN;
    private long _since;
    private long _same;
    private long _longestBefore = 1;
    private bool _open;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        if (point.Value.Equals(_value))
        {
            _same++;
        }
        else
        {
            if (_same > 0) _longestBefore = Math.Max(_longestBefore, _same);
            (_value, _since, _same) = (point.Value, point.Step, 1);
            if (_open) run.Signals.Clear(Id, series.Name);
            _open = false;
            return;
        }
        if (_open || _same < run.Window(series, options.Points) || _same < options.OverEarlierRuns * _longestBefore) return;
        if (_value == 0 || Math.Abs(_value) <= options.Converged * Math.Abs(series.First)) return;
        // Three digits hide small changes: only a loss that never moved at all, for long, is constant then; one of 0.0001 tells nothing.
        if ((Math.Abs(_value) < 0.01 && Statistics.IsRounded(_value, 1)) || (Statistics.IsRounded(_value, 3) && (_since != series.FirstStep || _same < 3 * options.Points))) return;
        _open = true;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Crit,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _since,
            Title = $"The loss is exactly {Numbers.Text(_value)} at every step",
            Summary = $"{series.Name} has had the very same value, {Numbers.Text(_value)}, in {_same} points in a row since step {_since}.",
            Evidence = [new Evidence(series.Name, _since, point.Step, "identical values in a row", _same, options.Points)],
        });
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _value);
        s.Sync(ref _since);
        s.Sync(ref _same);
        s.Sync(ref _longestBefore);
        s.Sync(ref _open);
    }
}
