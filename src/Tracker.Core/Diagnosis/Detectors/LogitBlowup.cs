using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>logit-blowup</c>.</summary>
public sealed record LogitBlowupOptions
{
    /// <summary>Largest logit, as a median, above which a steady rise is a warning: exp(50) is 5e21. Default 50; clears at half of it.</summary>
    public double Large { get; init; } = 50;

    /// <summary>Logit that is high whatever its course (the level at which attention logits precede divergence in small-scale proxies). Default 1e4.</summary>
    public double Huge { get; init; } = 1e4;

    /// <summary>The last fifth of the course over the second fifth, at least, for a rise. Default 1.5.</summary>
    public double Growth { get; init; } = 1.5;

    /// <summary>Points of the median for a series logged every step; fewer for a sparser one. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>The largest logit grows without bound: softmax saturates, and in half precision it overflows.</summary>
internal sealed class LogitBlowup(LogitBlowupOptions options) : Detector
{
    public const string Id = "logit-blowup";

    private Alarm _alarm;
    private bool _huge;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || (point.Value <= options.Large && !_alarm.IsOpen)) return;
        var points = run.Window(series, options.Points);
        if (series.Finite < points || !series.IsDue(points)) return;
        var level = series.Recent!.Median(points);
        var shape = series.Shape!;
        var huge = level > options.Huge;
        var rises = level > options.Large && shape.Count >= 8 && shape.Median(0.8, 1) >= options.Growth * shape.Median(0.2, 0.4) && Statistics.MannKendall(shape.Medians) >= 3.3;
        var change = _alarm.Update(huge || rises, level < 0.5 * options.Large, point.Step, 1, 2);
        if (change == AlarmChange.Cleared)
        {
            _huge = false;
            run.Signals.Clear(Id, series.Name);
        }
        if (change != AlarmChange.Raised && !(_alarm.IsOpen && huge && !_huge)) return;
        _huge = huge;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = huge ? Severity.High : Severity.Warn,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _alarm.Onset,
            Title = $"Logits have grown to {Numbers.Text(level)}",
            Summary = $"{series.Name} has a median of {Numbers.Text(level)} over the last {points} points; it began at {Numbers.Text(series.First)}{(rises ? " and goes on rising" : "")}.",
            Evidence = [new Evidence(series.Name, _alarm.Onset, point.Step, "median largest logit", Numbers.Round6(level), huge ? options.Huge : options.Large)],
        });
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _huge);
    }
}
