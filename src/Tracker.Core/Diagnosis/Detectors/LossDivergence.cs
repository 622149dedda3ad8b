using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>loss-divergence</c>.</summary>
public sealed record LossDivergenceOptions
{
    /// <summary>Fast path: so many times the first loss… Default 3.</summary>
    public double TimesFirst { get; init; } = 3;

    /// <summary>…in so many points in a row. Default 10.</summary>
    public int FastPoints { get; init; } = 10;

    /// <summary>Rise above the best bucket, in units of the buckets' noise. Default 6.</summary>
    public double Noise { get; init; } = 6;

    /// <summary>Rise above the best bucket as a part of the descent. Default 0.25.</summary>
    public double Descent { get; init; } = 0.25;

    /// <summary>Rise above the best bucket as a part of it. Default 0.05.</summary>
    public double Relative { get; init; } = 0.05;

    /// <summary>Clear buckets in a row, at half the rise, that clear it. Default 6.</summary>
    public int ClearAfterBuckets { get; init; } = 6;
}

/// <summary>The training loss climbed well above its best and does not come back.</summary>
internal sealed class LossDivergence(LossDivergenceOptions options) : Detector
{
    public const string Id = "loss-divergence";
    private const int BucketsAbove = 4;

    private Alarm _fast;
    private Alarm _slow;
    private long _grace;
    private double _limit;
    private Severity _severity;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || run.IsAdversarial) return;
        Fast(run, series, point);
        if (!series.Trend!.BucketClosed) return;
        // A rise of the rate, wanted or not, explains a rise of the loss for three buckets.
        if (run.RateJustJumped) _grace = 3;
        else if (_grace > 0) _grace--;
        Slow(run, series, point);
    }

    public override void Sync(StateStream s)
    {
        _fast.Sync(s);
        _slow.Sync(s);
        s.Sync(ref _grace);
        s.Sync(ref _limit);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
    }

    private void Fast(RunContext run, SeriesState series, in Point point)
    {
        var scale = Math.Max(series.First, run.ChanceLoss ?? 0);
        var limit = options.TimesFirst * scale;
        if (series.Min <= 0) return;
        switch (_fast.Update(point.Value > limit, point.Value < limit / 2, point.Step, options.FastPoints, 25))
        {
            case AlarmChange.Raised when !_slow.IsOpen:
                Raise(run, series, point, _fast.Onset, Severity.Crit,
                    $"{series.Name} has been above {Numbers.Text(options.TimesFirst)} times its first value {Numbers.Text(series.First)} in {options.FastPoints} points in a row, now {Numbers.Text(point.Value)}.",
                    new Evidence(series.Name, _fast.Onset, point.Step, "loss", Numbers.Round6(point.Value), Numbers.Round6(limit)));
                break;
            case AlarmChange.Cleared when !_slow.IsOpen:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    private void Slow(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (trend.Fine.Count < 12 || run.IsWarm(series) || run.JustResumed) return;
        var lowest = double.PositiveInfinity;
        for (var i = 0; i < BucketsAbove; i++) lowest = Math.Min(lowest, trend.Fine.Value(i));
        var descent = Math.Max(0, trend.Start - trend.Best);
        var rise = Math.Max(Math.Max(options.Noise * trend.FineNoise, options.Descent * descent), options.Relative * Math.Abs(trend.Best));
        Span<double> buckets = stackalloc double[12];
        var diverged = _grace == 0 && lowest > trend.Best + rise && Statistics.MannKendall(trend.Fine.CopyLast(buckets)) > -2.33;
        var level = trend.Fine.Value(0);
        switch (_slow.Update(diverged, level < _limit, point.Step, 1, options.ClearAfterBuckets))
        {
            case AlarmChange.Raised:
                _limit = trend.Best + 0.5 * rise;
                if (_fast.IsOpen) break;
                Raise(run, series, point, Onset(trend, trend.Best + rise), Judge(trend, lowest),
                    $"{series.Name} had its best level, {Numbers.Text(trend.Best)}, at step {trend.BestStep} and has climbed to {Numbers.Text(level)} without coming back.",
                    new Evidence(series.Name, trend.BestStep, point.Step, "rise above the best level", Numbers.Round6(lowest - trend.Best), Numbers.Round6(rise)));
                break;
            case AlarmChange.Cleared when !_fast.IsOpen:
                run.Signals.Clear(Id, series.Name);
                break;
            case AlarmChange.None when _slow.IsOpen && _severity < Severity.Crit && Judge(trend, lowest) == Severity.Crit:
                Raise(run, series, point, Onset(trend, _limit), Severity.Crit,
                    $"{series.Name} had its best level, {Numbers.Text(trend.Best)}, at step {trend.BestStep} and has climbed to {Numbers.Text(level)}, worse than anything but its start.",
                    new Evidence(series.Name, trend.BestStep, point.Step, "rise above the best level", Numbers.Round6(lowest - trend.Best), Numbers.Round6(rise)));
                break;
        }
    }

    private static Severity Judge(Trend trend, double level) =>
        level > trend.Start || (trend.Best > 0 && level >= 2 * trend.Best) ? Severity.Crit : Severity.High;

    private static long Onset(Trend trend, double limit)
    {
        var onset = trend.Fine.Step(0);
        for (var i = 0; i < trend.Fine.Count && trend.Fine.Value(i) > limit; i++) onset = trend.Fine.Step(i);
        return onset;
    }

    private void Raise(RunContext run, SeriesState series, in Point point, long onset, Severity severity, string summary, Evidence evidence)
    {
        _severity = severity;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = onset,
            Title = $"The loss is diverging since step {onset}",
            Summary = summary,
            Evidence = [evidence],
        });
    }
}
