using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>dead-relu</c>.</summary>
public sealed record DeadReluOptions
{
    /// <summary>Share of dead units, as a median, at which it is raised. Default 0.5; clears at 0.35.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>Share at which it is high. Default 0.9.</summary>
    public double Severe { get; init; } = 0.9;

    /// <summary>First share below which a later death is high, because something killed the units during training. Default 0.2.</summary>
    public double AliveAtFirst { get; init; } = 0.2;

    /// <summary>Points of the median for a series logged every step; fewer for a sparser one. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>Half or more of a layer's units give zero for every input that was probed.</summary>
internal sealed class DeadRelu(DeadReluOptions options) : Detector
{
    public const string Id = "dead-relu";

    private Alarm _alarm;
    private long _since;
    private bool _deadNow;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        var dead = point.Value >= options.Share;
        if (dead && !_deadNow) _since = point.Step;
        _deadNow = dead;
        var points = run.Window(series, options.Points);
        if (series.Finite < points || (!dead && !_alarm.IsOpen)) return;
        var share = series.Recent!.Median(points);
        switch (_alarm.Update(share >= options.Share && dead, share < 0.7 * options.Share, point.Step))
        {
            case AlarmChange.Raised:
                var layer = series.Role!.Scope;
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = share >= options.Severe || series.First < options.AliveAtFirst ? Severity.High : Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _since,
                    Title = $"{Numbers.Percent(share)} of the units of {layer} are dead",
                    Summary = $"{series.Name} has a median of {Numbers.Text(share)} over the last {points} points (it began at {Numbers.Text(series.First)}): those units give zero for every input and get no gradient.",
                    Evidence = [new Evidence(series.Name, _since, point.Step, "median share of dead units", Numbers.Round6(share), options.Share)],
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
        s.Sync(ref _since);
        s.Sync(ref _deadNow);
    }
}
