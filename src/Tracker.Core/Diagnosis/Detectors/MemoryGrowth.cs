using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>memory-growth</c>.</summary>
public sealed record MemoryGrowthOptions
{
    /// <summary>Mann-Kendall's z over the course since its first fifth. Default 3.3.</summary>
    public double Z { get; init; } = 3.3;

    /// <summary>Growth since the first fifth, as a part of the level then, where the limit is known. Default 0.1.</summary>
    public double Growth { get; init; } = 0.1;

    /// <summary>The same where the limit is not known. Default 0.25.</summary>
    public double GrowthUnbounded { get; init; } = 0.25;

    /// <summary>Hours in which the limit (or twice the level) would be reached. Default 24.</summary>
    public double Hours { get; init; } = 24;

    /// <summary>Seconds of record before anything is said. Default 600.</summary>
    public double Seconds { get; init; } = 600;
}

/// <summary>Memory grows steadily and will run out. What levels off, as caches and allocators do, is no growth.</summary>
internal sealed class MemoryGrowth(MemoryGrowthOptions options) : Detector
{
    public const string Id = "memory-growth";
    private const int FewestBuckets = 15;
    private const int Every = 8;

    private Alarm _alarm;
    private long _begin;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (_begin == 0) _begin = Math.Max(1, point.Time);
        if (!double.IsFinite(point.Value) || series.Count % Every != 0 || series.Shape is not { Count: >= FewestBuckets } shape) return;
        var elapsed = (point.Time - _begin) / 1000.0;
        if (elapsed < options.Seconds) return;
        var from = shape.Count / 5;
        var course = shape.Medians[from..];
        var early = shape.Median(0.2, 0.3);
        var late = shape.Median(0.9, 1);
        var growth = late - early;
        var limit = Limit(series);
        var needed = (limit is null ? options.GrowthUnbounded : options.Growth) * early;
        // Growth that goes on: of a straight line 48 % lies here, of one that levels off much less.
        var goesOn = late - shape.Median(0.58, 0.65) > 0.4 * growth;
        var perSecond = growth / (0.7 * elapsed);
        var hours = perSecond > 0 ? ((limit ?? 2 * late) - late) / perSecond / 3600 : double.PositiveInfinity;
        var grows = growth >= needed && goesOn && hours < options.Hours && Statistics.MannKendall(course) >= options.Z;
        switch (_alarm.Update(grows, growth < 0.5 * needed || !goesOn, point.Step, 2, 3))
        {
            case AlarmChange.Raised:
                var until = limit is { } most ? $"reach {Numbers.Text(most)}" : "double";
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = shape.Start(from),
                    Title = $"Memory grows and will {until} in {Numbers.Text(hours)} hours",
                    Summary = $"{series.Name} grew from {Numbers.Text(early)} at step {shape.Start(from)} to {Numbers.Text(late)} and does not level off; at this rate it will {until} in {Numbers.Text(hours)} hours.",
                    Evidence = [new Evidence(series.Name, shape.Start(from), point.Step, "growth of memory", Numbers.Round6(growth), Numbers.Round6(needed))],
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
        s.Sync(ref _begin);
    }

    /// <summary>Of series in percent or as a share, the whole; others do not tell.</summary>
    private static double? Limit(SeriesState series)
    {
        var scope = series.Role!.Scope;
        var percent = scope.Contains("percent", StringComparison.Ordinal) || scope.Contains("pct", StringComparison.Ordinal) || scope.EndsWith("memory_allocated", StringComparison.Ordinal);
        return series.Max <= 1 && series.Min >= 0 ? 1 : percent && series.Max <= 100 ? 100 : null;
    }
}
