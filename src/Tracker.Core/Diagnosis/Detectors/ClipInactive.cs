using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>clip-inactive</c>.</summary>
public sealed record ClipInactiveOptions
{
    /// <summary>Greatest gradient norm of the window over the clipping threshold, below which clipping never acts. Default 0.1; clears at 0.5.</summary>
    public double Share { get; init; } = 0.1;

    /// <summary>Points of the window, for a series logged every step; fewer for a sparser one. Default 200.</summary>
    public int Points { get; init; } = 200;
}

/// <summary>Every gradient is far below the clipping threshold while the run is stuck: harmless by itself, and a hint that the rate may be raised.</summary>
internal sealed class ClipInactive(ClipInactiveOptions options) : Detector
{
    public const string Id = "clip-inactive";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!trend.BucketClosed || Clipping.Threshold(run) is not { } threshold || run.IsWarm(series)) return;
        var points = run.Window(series, options.Points);
        if (trend.Tail.Count < points || (!_alarm.IsOpen && !IsStuck(run))) return;
        var highest = trend.Tail.Max(points);
        switch (_alarm.Update(highest > 0 && highest < options.Share * threshold && IsStuck(run), highest > 0.5 * threshold || !IsStuck(run), point.Step, 2, 2))
        {
            case AlarmChange.Raised:
                var from = trend.Tail.Step(points - 1);
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = from,
                    Title = $"Clipping at {Numbers.Text(threshold)} never acts",
                    Summary = $"The greatest of the last {points} values of {series.Name} is {Numbers.Text(highest)}, {Numbers.Percent(highest / threshold)} of the clipping threshold {Numbers.Text(threshold)}, while the run is stuck: there is room for a higher learning rate.",
                    Evidence = [new Evidence(series.Name, from, point.Step, "greatest gradient norm over the threshold", Numbers.Round6(highest / threshold), options.Share)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    private static bool IsStuck(RunContext run) =>
        run.Signals.IsActive(StuckAfterDrop.Id) || run.Signals.IsActive(PlateauFromStart.Id) || run.Signals.IsActive(ChanceLevelPlateau.Id) || run.Signals.IsActive(UpdateTooSmall.Id);
}
