using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>clip-over-50</c> and <c>clip-over-80</c>.</summary>
public sealed record ClippingOptions
{
    /// <summary>Share of clipped steps above which <c>clip-over-50</c> is raised (the tuning playbook's "extremely aggressive"). Default 0.5.</summary>
    public double Often { get; init; } = 0.5;

    /// <summary>Share below which <c>clip-over-50</c> clears. Default 0.4.</summary>
    public double OftenClears { get; init; } = 0.4;

    /// <summary>Share of clipped steps above which <c>clip-over-80</c> is raised. Default 0.8.</summary>
    public double Mostly { get; init; } = 0.8;

    /// <summary>Share below which <c>clip-over-80</c> clears. Default 0.65.</summary>
    public double MostlyClears { get; init; } = 0.65;

    /// <summary>A norm of at least this part of the threshold counts as clipped, because a clipped norm is logged a little below it. Default 0.99.</summary>
    public double AtThreshold { get; init; } = 0.99;

    /// <summary>Points, after the warm-up, over which the share is taken. Default 200.</summary>
    public int Points { get; init; } = 200;

    /// <summary>Points after the warm-up before anything is said. Default 50.</summary>
    public int FewestPoints { get; init; } = 50;
}

/// <summary>
/// How often gradients are clipped: by <c>clip/active</c> where it is logged, else by the gradient norm against <c>clip/threshold</c>
/// or the config's <c>max_grad_norm</c>. The share must be exceeded over the last 200 points and over the whole run after the warm-up.
/// </summary>
internal sealed class Clipping(ClippingOptions options) : Detector
{
    public const string Over50 = "clip-over-50";
    public const string Over80 = "clip-over-80";

    private readonly Tail _window = new(options.Points);
    private Alarm _often;
    private Alarm _mostly;
    private double _sum;
    private double _total;
    private long _counted;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (Share(run, series, point.Value) is not { } clipped || run.IsWarm(series)) return;
        if (_window.Count == options.Points) _sum -= _window.Value(options.Points - 1);
        _window.Add(point.Step, clipped);
        _sum += clipped;
        _total += clipped;
        _counted++;
        if (_counted < run.Window(series, options.FewestPoints)) return;
        var recent = _sum / _window.Count;
        var both = Math.Min(recent, _total / _counted);
        Tell(run, series, point, Over50, ref _often, Severity.Warn, recent, both > options.Often, recent < options.OftenClears, options.Often);
        Tell(run, series, point, Over80, ref _mostly, Severity.High, recent, both > options.Mostly, recent < options.MostlyClears, options.Mostly);
    }

    public override void Sync(StateStream s)
    {
        _window.Sync(s);
        _often.Sync(s);
        _mostly.Sync(s);
        s.Sync(ref _sum);
        s.Sync(ref _total);
        s.Sync(ref _counted);
    }

    /// <summary>The threshold in force: as logged, else as configured.</summary>
    public static double? Threshold(RunContext run) =>
        run.First(RoleKind.ClipThreshold) is { Finite: > 0 } logged && logged.LastFinite > 0 ? logged.LastFinite : run.Hints.ClipThreshold;

    private double? Share(RunContext run, SeriesState series, double value)
    {
        if (!double.IsFinite(value)) return null;
        if (series.Role!.Kind == RoleKind.ClipActive) return Math.Clamp(value, 0, 1);
        if (run.First(RoleKind.ClipActive) is not null || !ReferenceEquals(series, run.Gradient)) return null;
        return Threshold(run) is { } threshold ? value >= options.AtThreshold * threshold ? 1 : 0 : null;
    }

    private void Tell(RunContext run, SeriesState series, in Point point, string id, ref Alarm alarm, Severity severity, double share, bool raise, bool clear, double limit)
    {
        switch (alarm.Update(raise, clear, point.Step))
        {
            case AlarmChange.Raised:
                var from = _window.Step(_window.Count - 1);
                var known = Threshold(run) is { } threshold ? $" {Numbers.Text(threshold)}" : "";
                var says = series.Role!.Kind == RoleKind.ClipActive ? $" says that gradients exceeded the clipping threshold{known}" : $" exceeded the clipping threshold{known}";
                run.Signals.Raise(new Signal
                {
                    Id = id,
                    Severity = severity,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = from,
                    Title = $"Gradients are clipped in {Numbers.Percent(share)} of the steps",
                    Summary = $"{series.Name}{says} in {Numbers.Text(_sum)} of the last {_window.Count} points ({Numbers.Percent(share)}), steps {from} to {point.Step}.",
                    Evidence = [new Evidence(series.Name, from, point.Step, "share of steps clipped", Numbers.Round6(share), limit)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(id, series.Name);
                break;
        }
    }
}
