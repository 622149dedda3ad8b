using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>grad-oscillation</c>.</summary>
public sealed record GradOscillationOptions
{
    /// <summary>Ratio of a swing's top to its bottom, of bucket medians. Default 10.</summary>
    public double Swing { get; init; } = 10;

    /// <summary>Swings, up or down, among the last <see cref="Buckets"/>. Default 6; clears at 2.</summary>
    public int Swings { get; init; } = 6;

    /// <summary>Buckets looked at. Default 40.</summary>
    public int Buckets { get; init; } = 40;
}

/// <summary>The gradient norm swings between small and large, tenfold and again and again. A note: with a loss that oscillates too, which has a signal of its own, it speaks for a learning rate that is too high.</summary>
internal sealed class GradOscillation(GradOscillationOptions options) : Detector
{
    public const string Id = "grad-oscillation";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!trend.BucketClosed || trend.Fine.Count < 12) return;
        var buckets = Math.Min(options.Buckets, trend.Fine.Count);
        var (swings, lowest, highest) = Count(trend.Fine, buckets);
        switch (_alarm.Update(swings >= options.Swings, swings <= 2, point.Step, 1, 3))
        {
            case AlarmChange.Raised:
                var from = trend.Fine.Step(buckets - 1);
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = from,
                    Title = $"The gradient norm swings between {Numbers.Text(lowest)} and {Numbers.Text(highest)}",
                    Summary = $"{series.Name} went up or down by more than {Numbers.Text(options.Swing)} times {swings} times between steps {from} and {point.Step}.",
                    Evidence = [new Evidence(series.Name, from, point.Step, "swings of the gradient norm", swings, options.Swings)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    /// <summary>Reversals of a zigzag whose legs are at least <see cref="GradOscillationOptions.Swing"/> high, as ratios: no logarithm is needed.</summary>
    private (int Swings, double Lowest, double Highest) Count(Tail fine, int buckets)
    {
        var (swings, up, extreme) = (0, 0, fine.Value(buckets - 1));
        var (lowest, highest) = (extreme, extreme);
        for (var i = buckets - 2; i >= 0; i--)
        {
            var value = fine.Value(i);
            (lowest, highest) = (Math.Min(lowest, value), Math.Max(highest, value));
            if (up >= 0 && value * options.Swing < extreme) (swings, up, extreme) = (swings + 1, -1, value);
            else if (up <= 0 && value > extreme * options.Swing && extreme > 0) (swings, up, extreme) = (swings + 1, 1, value);
            else if ((up > 0 && value > extreme) || (up < 0 && value < extreme)) extreme = value;
        }
        return (swings, lowest, highest);
    }
}
