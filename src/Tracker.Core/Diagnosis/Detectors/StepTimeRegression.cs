using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>step-time-regression</c>.</summary>
public sealed record StepTimeRegressionOptions
{
    /// <summary>Step time now over that of the first half. Default 1.5; clears at 1.2.</summary>
    public double Slower { get; init; } = 1.5;

    /// <summary>Points before it is judged. Default 200.</summary>
    public int Points { get; init; } = 200;
}

/// <summary>Steps take longer than they did, and go on doing so.</summary>
internal sealed class StepTimeRegression(StepTimeRegressionOptions options) : Detector
{
    public const string Id = "step-time-regression";
    private const int Window = 50;

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var window = run.Window(series, Window);
        if (series.Count % Math.Max(1, window / 2) != 0 || series.Finite < run.Window(series, options.Points) || series.Recent is not { } recent) return;
        // The first steps compile and fill caches; they are not what is usual.
        var usual = series.Shape!.Median(0.1, 0.5);
        var now = recent.Median(window);
        if (!(usual > 0)) return;
        switch (_alarm.Update(now >= options.Slower * usual, now < 1.2 * usual, point.Step, 2, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"Steps take {Numbers.Text(now / usual)} times as long as before",
                    Summary = $"The median of {series.Name} over the last {Math.Min(window, recent.Count)} points is {Numbers.Text(now)}; in the first half of the run it was {Numbers.Text(usual)}.",
                    Evidence = [new Evidence(series.Name, recent.Step(Math.Min(window, recent.Count) - 1), point.Step, "step time over that of the first half", Numbers.Round6(now / usual), options.Slower)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);
}
