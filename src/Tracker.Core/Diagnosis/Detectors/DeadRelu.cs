using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>dead-relu</c>.</summary>
public sealed record DeadReluOptions
{
    /// <summary>Share of dead units, as a median, at which it is raised. Default 0.5 (AutoTrainer and DeepDiagnosis: 0.7); clears at 0.35.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>Share at which it is high. Default 0.9.</summary>
    public double Severe { get; init; } = 0.9;

    /// <summary>Share from which a rising median is noted, at severity info. Default 0.3.</summary>
    public double Rising { get; init; } = 0.3;

    /// <summary>First share below which a later death is high, because something killed the units during training. Default 0.2.</summary>
    public double AliveAtFirst { get; init; } = 0.2;

    /// <summary>Share of a layer's activations in the bin at 0, its least value, in two histograms in a row, where the fraction is not logged. Default 0.95; a warning from 0.99.</summary>
    public double Silent { get; init; } = 0.95;

    /// <summary>Points of the median for a series logged every step; fewer for a sparser one. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>Half or more of a layer's units give zero for every input that was probed; or a third do, and more and more.</summary>
internal sealed class DeadRelu(DeadReluOptions options) : Detector
{
    public const string Id = "dead-relu";

    private Alarm _alarm;
    private Alarm _rising;
    private long _since;
    private bool _deadNow;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        var dead = point.Value >= options.Share;
        if (dead && !_deadNow) _since = point.Step;
        _deadNow = dead;
        if (point.Value < options.Rising && !_alarm.IsOpen && !_rising.IsOpen) return;
        var points = run.Window(series, options.Points);
        if (series.Finite < points || !series.IsDue(points)) return;
        var share = series.Recent!.Median(points);
        if (Rises(run, series, point, share, points)) return;
        switch (_alarm.Update(share >= options.Share && dead, share < 0.7 * options.Share, point.Step))
        {
            case AlarmChange.Raised:
                var severity = share >= options.Severe || series.First < options.AliveAtFirst ? Severity.High : Severity.Warn;
                run.Layers.Raise(Signal(series, point, severity, share, points, _since, $"{Numbers.Percent(share)} of the units of {series.Role!.Scope} are dead", options.Share), share);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
        if (!(histogram.Mass > 0) || Observations.IsLogged(run, RoleKind.DeadFraction, series.Role!.Scope)) return;
        // A histogram over units and inputs shows how sparse activations are, not which units are dead: only almost all zeros say so.
        var share = histogram.Min >= -1e-12 ? histogram.ZeroShare : 0;
        if (share >= options.Silent && !_deadNow) _since = histogram.Step;
        _deadNow = share >= options.Silent;
        switch (_alarm.Update(_deadNow, share < 0.7 * options.Silent, histogram.Step, 2, 2))
        {
            case AlarmChange.Raised:
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    Severity = share >= 0.99 ? Severity.Warn : Severity.Info,
                    Series = series.Name,
                    Step = histogram.Step,
                    OnsetStep = _since,
                    Title = $"{Numbers.Percent(share)} of the activations of {series.Role.Scope} are 0",
                    Summary = $"In {series.Name} a share of {Numbers.Text(share)} lies in the lowest bin, at 0. Log dead_fraction/{series.Role.Scope} to see how many units never fire.",
                    Evidence = [new Evidence(series.Name, _since, histogram.Step, "share of activations at 0", Numbers.Round6(share), options.Silent)],
                }, share);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        _rising.Sync(s);
        s.Sync(ref _since);
        s.Sync(ref _deadNow);
    }

    /// <summary>The note before the alarm; true while it is all there is to say.</summary>
    private bool Rises(RunContext run, SeriesState series, in Point point, double share, int points)
    {
        if (_alarm.IsOpen || share >= options.Share) return false;
        Span<double> window = stackalloc double[Statistics.TrendPoints];
        var rises = share >= options.Rising && series.First < options.AliveAtFirst && Statistics.MannKendall(series.Recent!.CopyLast(window)) >= 2.33;
        switch (_rising.Update(rises, share < 0.7 * options.Rising, point.Step))
        {
            case AlarmChange.Raised:
                run.Layers.Raise(Signal(series, point, Severity.Info, share, points, point.Step, $"More and more units of {series.Role!.Scope} are dead: {Numbers.Percent(share)}", options.Rising), share);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
        return true;
    }

    private static Signal Signal(SeriesState series, in Point point, Severity severity, double share, int points, long onset, string title, double limit) => new()
    {
        Id = Id,
        Severity = severity,
        Series = series.Name,
        Step = point.Step,
        OnsetStep = onset,
        Title = title,
        Summary = $"{series.Name} has a median of {Numbers.Text(share)} over the last {points} points (it began at {Numbers.Text(series.First)}): those units give zero for every input and get no gradient.",
        Evidence = [new Evidence(series.Name, onset, point.Step, "median share of dead units", Numbers.Round6(share), limit)],
    };
}
