using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>amp-scale-collapse</c>.</summary>
public sealed record AmpScaleOptions
{
    /// <summary>Halvings within <see cref="Points"/> points. Default 5; at most 16.</summary>
    public int Halvings { get; init; } = 5;

    /// <summary>Points within which they are counted. Default 100.</summary>
    public int Points { get; init; } = 100;

    /// <summary>A scale down here protects nothing. Default 1.</summary>
    public double Floor { get; init; } = 1;
}

/// <summary>Dynamic loss scaling gives up: the scale is halved again and again, since gradients overflow at every scale.</summary>
internal sealed class AmpScale(AmpScaleOptions options) : Detector
{
    public const string Id = "amp-scale-collapse";

    private readonly Tail _halvings = new(16);
    private Alarm _alarm;
    private double _previous = double.NaN;

    public override bool SeesPoisoned => true;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        var before = _previous;
        _previous = point.Value;
        for (var scale = before; scale >= 1.9 * point.Value && scale > 0 && point.Value > 0; scale /= 2) _halvings.Add(series.Count, before);
        var window = run.Window(series, options.Points);
        // At the start a scaler comes down to the scale that fits: that is its search, not a collapse.
        var many = _halvings.Count >= options.Halvings && _halvings.Step(options.Halvings - 1) > Math.Max(window / 2, series.Count - window)
            && point.Value <= _halvings.Value(options.Halvings - 1) / 8;
        var floor = point.Value <= options.Floor && series.Max >= 4 * options.Floor;
        var calm = point.Value > options.Floor && (_halvings.Count == 0 || series.Count - _halvings.Step(0) >= window);
        switch (_alarm.Update(many || floor, calm, point.Step))
        {
            case AlarmChange.Raised:
                var halved = Math.Log2(series.Max / Math.Max(point.Value, double.Epsilon));
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.High,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = point.Step,
                    Title = $"The loss scale has collapsed to {Numbers.Text(point.Value)}",
                    Summary = $"{series.Name} was {Numbers.Text(series.Max)} at step {series.MaxStep} and is {Numbers.Text(point.Value)}: gradients overflow half precision at every scale, and each such step is skipped.",
                    Evidence = [new Evidence(series.Name, series.MaxStep, point.Step, "halvings of the loss scale", Numbers.Round6(halved), options.Halvings)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _halvings.Sync(s);
        _alarm.Sync(s);
        s.Sync(ref _previous);
    }
}
