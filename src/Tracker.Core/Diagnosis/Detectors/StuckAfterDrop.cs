using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>stuck-after-drop</c>.</summary>
public sealed record StuckAfterDropOptions
{
    /// <summary>Fine buckets that the flat stretch must last, or a third of the run where that is longer. Default 16.</summary>
    public int Buckets { get; init; } = 16;

    /// <summary>Change between the stretch's first and last quarter, as a part of the descent so far, that still counts as flat. Default 0.01.</summary>
    public double Flat { get; init; } = 0.01;

    /// <summary>Descent before the stretch, in units of the fine buckets' noise, without which it never dropped. Default 5.</summary>
    public double Descent { get; init; } = 5;

    /// <summary>A level below this part of the first loss has converged. Default 0.05.</summary>
    public double Converged { get; init; } = 0.05;

    /// <summary>Share of the run after which flat is what one expects. Default 0.8.</summary>
    public double UntilProgress { get; init; } = 0.8;
}

/// <summary>
/// The training loss fell and then lies flat. A flat loss alone is a note: it is a warning only where something says that it could go on,
/// namely a learning rate that ran out early or updates that are next to nothing.
/// </summary>
internal sealed class StuckAfterDrop(StuckAfterDropOptions options) : Detector
{
    public const string Id = "stuck-after-drop";

    private Alarm _alarm;
    private Severity _severity;
    private double _level;
    private long _since;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed) return;
        if (run.IsAdversarial || run.JustResumed || run.IsWarm(series) || run.RateJustJumped || run.Progress > options.UntilProgress && !_alarm.IsOpen) return;
        if (run.Signals.IsActive(LossDivergence.Id, series.Name)) return;
        if (run.Rate.IsAnnealed && !run.Rate.WasCutShort && !run.Signals.IsActive(LrDecayedEarly.Id)) return;
        var buckets = (int)(Math.Max(options.Buckets * trend.FineWidth, series.Finite / 3) / trend.Buckets.Width);
        if (buckets < 12 || trend.Buckets.Count < buckets + buckets / 8) return;

        // A rate that ran out after the loss went flat is not why it is flat.
        var since = trend.Buckets.Start(trend.Buckets.Count - buckets);
        if (!_alarm.IsOpen) _since = since;
        var exhausted = (run.Signals.IsActive(LrDecayedEarly.Id) && run.Rate.ExhaustedSince <= _since + (point.Step - since) / 4)
            || (run.Rate.WasCutShort && run.Rate.JumpStep <= _since + (point.Step - since) / 4);
        Span<double> thinned = stackalloc double[Statistics.TrendPoints];
        var stretch = Statistics.Thin(trend.Buckets.Medians[^buckets..], thinned);
        var quarter = stretch.Length / 4;
        Span<double> scratch = stackalloc double[quarter];
        stretch[..quarter].CopyTo(scratch);
        var from = Statistics.Median(scratch);
        stretch[^quarter..].CopyTo(scratch);
        var level = Statistics.Median(scratch);
        var initial = trend.Start;
        var descent = initial - trend.Best;
        var change = Math.Max(Statistics.Noise(stretch), options.Flat * descent);
        var dropped = descent >= options.Descent * trend.FineNoise && level > options.Converged * Math.Abs(initial);
        var flat = Math.Abs(level - from) < change && Math.Abs(Statistics.MannKendall(stretch)) < 1.64;
        var better = _level - level > 2 * Math.Max(trend.FineNoise, options.Flat * descent);
        switch (_alarm.Update(dropped && flat && !ValidationImproves(run), better, point.Step, 2, 2))
        {
            case AlarmChange.Raised:
                _level = level;
                Tell(run, series, point, initial, level, Math.Abs(level - from), change, exhausted);
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
            case AlarmChange.None when _alarm.IsOpen && _severity == Severity.Info && CouldGoOn(run, exhausted):
                Tell(run, series, point, initial, level, Math.Abs(level - from), change, exhausted);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _level);
        s.Sync(ref _since);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
    }

    private void Tell(RunContext run, SeriesState series, in Point point, double initial, double level, double moved, double change, bool exhausted)
    {
        _severity = CouldGoOn(run, exhausted) ? Severity.Warn : Severity.Info;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = _severity,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _since,
            Title = $"The loss is flat at {Numbers.Text(level)} since step {_since}",
            Summary = $"{series.Name} fell from {Numbers.Text(initial)} to {Numbers.Text(level)} and has not moved by more than {Numbers.Text(moved)} since step {_since}.",
            Evidence = [new Evidence(series.Name, _since, point.Step, "change over the flat stretch", Numbers.Round6(moved), Numbers.Round6(change))],
        });
    }

    private static bool CouldGoOn(RunContext run, bool exhausted) =>
        exhausted || (Observations.UpdatesAreTiny(run) && !run.Signals.IsActive(LrDecayedEarly.Id));

    /// <summary>A trend of validation without size does not count: without noise, even a rate of 1e-8 gives a perfect one.</summary>
    private bool ValidationImproves(RunContext run)
    {
        if (run.First(RoleKind.ValLoss) is not { Trend: { Tail.Count: >= 8 } validation } series) return false;
        Span<double> last = stackalloc double[8];
        validation.Tail.CopyLast(last);
        return last[0] - last[^1] > options.Flat * (series.First - series.Min) && Statistics.MannKendall(last) <= -2.33;
    }
}
