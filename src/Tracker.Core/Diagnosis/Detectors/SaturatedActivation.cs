using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>saturated-activation</c>.</summary>
public sealed record SaturatedActivationOptions
{
    /// <summary>Share of outputs at their ends, as a median. Default 0.5 (SageMaker Debugger, DeepDiagnosis and TheDeepChecker agree); clears at 0.35.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>Points of the median for a series logged every step; fewer for a sparser one. Default 50.</summary>
    public int Points { get; init; } = 50;

    /// <summary>Share of a histogram's mass in the outer 5 % of the range from which it is a warning: some of that lies before the flat part. Default 0.9.</summary>
    public double Outer { get; init; } = 0.9;

    /// <summary>Histograms in a row, where the fraction is not logged. Default 2.</summary>
    public int Histograms { get; init; } = 2;
}

/// <summary>Half or more of a layer's tanh or sigmoid outputs lie at the ends of their range, where the slope is almost 0.</summary>
internal sealed class SaturatedActivation(SaturatedActivationOptions options) : Detector
{
    public const string Id = "saturated-activation";

    /// <summary>Layers whose outputs are meant to be near 0 and 1.</summary>
    private static readonly string[] Probabilities = ["softmax", "prob", "attn", "attention", "out", "head", "gate"];

    private Alarm _alarm;
    private long _since;
    private bool _saturatedNow;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        var saturated = point.Value >= options.Share;
        if (saturated && !_saturatedNow) _since = point.Step;
        _saturatedNow = saturated;
        if (!saturated && !_alarm.IsOpen) return;
        var points = run.Window(series, options.Points);
        if (series.Finite < points || !series.IsDue(points)) return;
        var share = series.Recent!.Median(points);
        switch (_alarm.Update(share >= options.Share && saturated, share < 0.7 * options.Share, point.Step))
        {
            case AlarmChange.Raised:
                Raise(run, series, point.Step, Severity.Warn, share, $"{series.Name} has a median of {Numbers.Text(share)} over the last {points} points (it began at {Numbers.Text(series.First)})", "median share of saturated outputs");
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
        var layer = series.Role!.Scope;
        if (!(histogram.Mass > 0) || Array.Exists(Probabilities, word => layer.Contains(word, StringComparison.OrdinalIgnoreCase)) || Observations.IsLogged(run, RoleKind.SaturatedFraction, layer)) return;
        var share = OuterShare(histogram);
        if (share >= options.Share && !_saturatedNow) _since = histogram.Step;
        _saturatedNow = share >= options.Share;
        switch (_alarm.Update(_saturatedNow, share < 0.7 * options.Share, histogram.Step, options.Histograms, options.Histograms))
        {
            case AlarmChange.Raised:
                Raise(run, series, histogram.Step, share >= options.Outer && !run.Signals.IsActive(LossDivergence.Id) ? Severity.Warn : Severity.Info, share, $"In {series.Name} a share of {Numbers.Text(share)} lies in the outer 5 % of ({(histogram.Min < 0 ? "−1" : "0")}, 1)", "share of the outer 5 % of the range");
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _since);
        s.Sync(ref _saturatedNow);
    }

    /// <summary>
    /// Mass near the ends of (−1, 1) for what looks like tanh, of (0, 1) for what looks like a sigmoid; 0 for anything else. A ReLU has its least value at
    /// exactly 0, a sigmoid never has.
    /// </summary>
    private static double OuterShare(HistogramShape histogram) => (histogram.Min, histogram.Max) switch
    {
        ( >= -1.001 and < -0.9, <= 1.001 and > 0.9) => histogram.ShareOutside(-0.95, 0.95),
        ( > 0 and < 0.05, <= 1.001 and > 0.95) => histogram.ShareOutside(0.05, 0.95),
        _ => 0,
    };

    private void Raise(RunContext run, SeriesState series, long step, Severity severity, double share, string found, string statistic) => run.Layers.Raise(new Signal
    {
        Id = Id,
        Severity = severity,
        Series = series.Name,
        Step = step,
        OnsetStep = _since,
        Title = $"{Numbers.Percent(share)} of the outputs of {series.Role!.Scope} are saturated",
        Summary = $"{found}: there the activation is flat and lets almost no gradient through.",
        Evidence = [new Evidence(series.Name, _since, step, statistic, Numbers.Round6(share), options.Share)],
    }, share);
}
