using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>late-oscillation</c>, <c>excess-wiggle</c> and <c>cosine-floor-slow</c>.</summary>
public sealed record LateOscillationOptions
{
    /// <summary>Share of the run before which nothing is late. Default 0.5.</summary>
    public double AfterProgress { get; init; } = 0.5;

    /// <summary>Noise now over the least noise since the loss came near its best. Default 2.</summary>
    public double Growth { get; init; } = 2;

    /// <summary>Fine buckets in a row for which it must last. Default 6.</summary>
    public int Buckets { get; init; } = 6;

    /// <summary>Noise as a part of the descent from which it can be more than a note. Default 0.05.</summary>
    public double Mild { get; init; } = 0.05;

    /// <summary>Share of the points so far without a new best level. Default 0.25.</summary>
    public double SinceBest { get; init; } = 0.25;

    /// <summary>Noise now over the mean noise between 20 and 40 % of the run that is a note. Default 3.</summary>
    public double Wiggle { get; init; } = 3;

    /// <summary>Share of the run after which a high rate under late oscillation is a note. Default 0.9.</summary>
    public double FloorAfter { get; init; } = 0.9;

    /// <summary>Part of the peak that is a high rate there. Default 0.3.</summary>
    public double FloorRate { get; init; } = 0.3;
}

/// <summary>Noise of the training loss that grows late in the run while nothing gets better: the rate is too high for the final phase.</summary>
internal sealed class LateOscillation(LateOscillationOptions options) : Detector
{
    public const string Id = "late-oscillation";
    public const string Wiggle = "excess-wiggle";
    public const string Floor = "cosine-floor-slow";

    private Alarm _late;
    private Alarm _wiggle;
    private double _quiet = double.PositiveInfinity;
    private long _quietStep;
    private double _middle;
    private long _middleBuckets;
    private Severity _severity;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed || run.Progress is not { } progress || !(trend.Noise > 0)) return;
        if (run.IsAdversarial || run.JustResumed || run.IsWarm(series) || run.RateJustJumped) return;
        if (run.Signals.IsActive(LossDivergence.Id, series.Name) || run.Signals.IsActive(LossSpike.Id, series.Name)) return;
        // The least noise counts only near the best level: at the start, at that of guessing, batches differ little.
        var descent = Math.Max(0, trend.Start - trend.Best);
        if (trend.Fine.Value(0) - trend.Best <= 0.25 * descent && trend.Noise < _quiet) (_quiet, _quietStep) = (trend.Noise, point.Step);
        if (progress is >= 0.2 and < 0.4)
        {
            _middle += trend.Noise;
            _middleBuckets++;
        }
        Late(run, series, point, progress, descent);
        Wiggles(run, series, point, progress, descent);
    }

    public override void Sync(StateStream s)
    {
        _late.Sync(s);
        _wiggle.Sync(s);
        s.Sync(ref _quiet);
        s.Sync(ref _quietStep);
        s.Sync(ref _middle);
        s.Sync(ref _middleBuckets);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
    }

    private void Late(RunContext run, SeriesState series, in Point point, double progress, double descent)
    {
        var trend = series.Trend!;
        var growth = trend.Noise / _quiet;
        var stale = point.Step - trend.BestStep >= options.SinceBest * (point.Step - series.FirstStep);
        var late = progress > options.AfterProgress && growth >= options.Growth && stale && !run.Rate.IsAnnealed && trend.Noise > 0.02 * descent;
        switch (_late.Update(late, growth < 0.7 * options.Growth, point.Step, options.Buckets, options.Buckets))
        {
            case AlarmChange.Raised:
                Tell(run, series, point, growth, Judge(run, trend, descent));
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                run.Signals.Clear(Floor, series.Name);
                break;
            case AlarmChange.None when _late.IsOpen && late && _severity < Judge(run, trend, descent):
                Tell(run, series, point, growth, Severity.Warn);
                break;
        }
        if (!_late.IsOpen || progress < options.FloorAfter || !run.Rate.IsLogged || run.Rate.Last <= options.FloorRate * run.Rate.Peak || run.Rate.Last > 0.98 * run.Rate.Peak) return;
        if (run.Signals.IsActive(Floor, series.Name)) return;
        run.Signals.Raise(new Signal
        {
            Id = Floor,
            Severity = Severity.Info,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _late.Onset,
            Title = $"The learning rate is still {Numbers.Percent(run.Rate.Last / run.Rate.Peak)} of its peak at {Numbers.Percent(progress)} of the run",
            Summary = $"The learning rate is {Numbers.Text(run.Rate.Last)}, its peak was {Numbers.Text(run.Rate.Peak)}, while the loss has grown noisy since step {_late.Onset}: the schedule comes down too slowly for what is left.",
            Evidence = [new Evidence(series.Name, _late.Onset, point.Step, "learning rate over its peak", Numbers.Round6(run.Rate.Last / run.Rate.Peak), options.FloorRate)],
        });
    }

    /// <summary>Batches may grow apart without harm; that validation swings too is what says otherwise.</summary>
    private Severity Judge(RunContext run, Trend trend, double descent) =>
        trend.Noise > options.Mild * descent && OscillatingLoss.ValidationSwings(run) != false ? Severity.Warn : Severity.Info;

    private void Tell(RunContext run, SeriesState series, in Point point, double growth, Severity severity)
    {
        _severity = severity;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _late.Onset,
            Title = $"The loss has become {Numbers.Text(growth)} times noisier late in the run",
            Summary = $"The noise of {series.Name} has grown from {Numbers.Text(_quiet)} at step {_quietStep} to {Numbers.Text(series.Trend!.Noise)}, and its level is no better than at step {series.Trend.BestStep}.",
            Evidence = [new Evidence(series.Name, _quietStep, point.Step, "noise over the least noise", Numbers.Round6(growth), options.Growth)],
        });
    }

    private void Wiggles(RunContext run, SeriesState series, in Point point, double progress, double descent)
    {
        if (_middleBuckets < 4 || progress < options.AfterProgress) return;
        var noise = series.Trend!.Noise;
        var growth = noise / (_middle / _middleBuckets);
        switch (_wiggle.Update(growth >= options.Wiggle && noise > 0.02 * descent, growth < 0.7 * options.Wiggle, point.Step, 3, 6))
        {
            case AlarmChange.Raised:
                var batch = run.Hints.BatchSize is { } size ? $" at the same batch size, {Numbers.Text(size)}" : "";
                run.Signals.Raise(new Signal
                {
                    Id = Wiggle,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _wiggle.Onset,
                    Title = $"The loss wiggles {Numbers.Text(growth)} times as much as earlier",
                    Summary = $"The noise of {series.Name} is {Numbers.Text(noise)}, {Numbers.Text(growth)} times what it was between 20 and 40 % of the run{batch}: more than batches explain.",
                    Evidence = [new Evidence(series.Name, _wiggle.Onset, point.Step, "noise over that of 20 to 40 % of the run", Numbers.Round6(growth), options.Wiggle)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Wiggle, series.Name);
                break;
        }
    }
}
