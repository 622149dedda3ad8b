using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>oscillating-loss</c>.</summary>
public sealed record OscillatingLossOptions
{
    /// <summary>Last fine buckets that are looked at; the first two of the run never are. Default 24.</summary>
    public int Buckets { get; init; } = 24;

    /// <summary>Turns of the curve by which it is a note; a warning from one more. Default 4.</summary>
    public int Reversals { get; init; } = 4;

    /// <summary>Kaufman's efficiency, net change over the sum of all changes, below which it gets nowhere. Default 0.15 (0.2 for a note).</summary>
    public double Efficiency { get; init; } = 0.15;

    /// <summary>Spread of the buckets over the spread that the noise of single points gives them. Default 1.6.</summary>
    public double Excess { get; init; } = 1.6;

    /// <summary>Least height of a turn as a part of the level. Default 0.15.</summary>
    public double Swing { get; init; } = 0.15;

    /// <summary>Least height of a turn as a part of the descent. Default 0.02.</summary>
    public double Descent { get; init; } = 0.02;

    /// <summary>Spread as a part of the descent from which it can be more than a note. Default 0.07.</summary>
    public double Mild { get; init; } = 0.07;

    /// <summary>Spread as a part of the descent from which it is high. Default 0.2.</summary>
    public double Severe { get; init; } = 0.2;
}

/// <summary>
/// The training loss swings up and down by far more than its batch noise and gets nowhere. A note by itself; a warning where validation swings too,
/// or, where there is none, where the swings are clear.
/// </summary>
internal sealed class OscillatingLoss(OscillatingLossOptions options) : Detector
{
    public const string Id = "oscillating-loss";
    private const int FewestBuckets = 12;
    private const int LeftOut = 2;

    private Alarm _alarm;
    private Severity _severity;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed || trend.Fine.Count < FewestBuckets + LeftOut) return;
        if (run.IsAdversarial || run.JustResumed || run.IsWarm(series) || run.RateJustJumped || run.Rate.IsCyclic) return;
        // What was before a cut or a rise of the rate is another regime.
        var count = 0;
        while (count < Math.Min(options.Buckets, trend.Fine.Count - LeftOut) && trend.Fine.Step(count) > run.Rate.JumpStep) count++;
        if (count < FewestBuckets)
        {
            if (_alarm.Update(false, true, point.Step, 1, 6) == AlarmChange.Cleared) run.Signals.Clear(Id, series.Name);
            return;
        }
        Span<double> scratch = stackalloc double[count];
        var shape = Measure(trend, trend.Fine.CopyLast(scratch));
        var other = run.Signals.IsActive(LossDivergence.Id, series.Name) || run.Signals.IsActive(LossSpike.Id, series.Name) || run.Signals.IsActive(EpochBoundaryJump.Id, series.Name);
        var swings = !other && shape.Reversals >= options.Reversals && shape.Efficiency < options.Efficiency + 0.05 && shape.Excess >= options.Excess;
        var calm = shape.Reversals <= options.Reversals / 2 || shape.Excess < options.Excess / 2;
        var severity = swings && trend.MannKendall(count) > -1.64 ? Judge(run, shape) : Severity.Info;
        switch (_alarm.Update(swings, calm, point.Step, 1, 6))
        {
            case AlarmChange.Raised:
                Tell(run, series, point, shape, severity);
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
            case AlarmChange.None when _alarm.IsOpen && severity > _severity:
                Tell(run, series, point, shape, severity);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
    }

    private Shape Measure(Trend trend, Span<double> buckets)
    {
        var (net, path) = (Ends(buckets), 0.0);
        for (var i = 1; i < buckets.Length; i++) path += Math.Abs(buckets[i] - buckets[i - 1]);
        // The standard error of a bucket's median, and 2.56 of it between the deciles.
        var error = 1.25 * trend.Noise / Math.Sqrt(trend.FineWidth);
        var descent = Math.Max(0, trend.Start - trend.Best);
        Span<double> sorted = stackalloc double[buckets.Length];
        buckets.CopyTo(sorted);
        var level = Statistics.Median(sorted);
        var spread = Statistics.Quantile(sorted, 0.9) - Statistics.Quantile(sorted, 0.1);
        var height = Math.Max(Math.Max(3 * error, options.Swing * Math.Abs(level)), options.Descent * descent);
        return new Shape(Reversals(buckets, height), path > 0 ? net / path : 1, error > 0 ? spread / (2.56 * error) : 0, spread, level, height, descent > 0 ? spread / descent : 1);
    }

    /// <summary>Difference of the medians of the first and the last quarter.</summary>
    private static double Ends(ReadOnlySpan<double> buckets)
    {
        var quarter = buckets.Length / 4;
        Span<double> scratch = stackalloc double[quarter];
        buckets[..quarter].CopyTo(scratch);
        var from = Statistics.Median(scratch);
        buckets[^quarter..].CopyTo(scratch);
        return Math.Abs(Statistics.Median(scratch) - from);
    }

    /// <summary>Turns of a zigzag whose legs are at least so high.</summary>
    internal static int Reversals(ReadOnlySpan<double> values, double height)
    {
        var (turns, direction) = (0, 0);
        double high = values[0], low = values[0];
        foreach (var value in values)
        {
            high = Math.Max(high, value);
            low = Math.Min(low, value);
            if (direction >= 0 && value < high - height)
            {
                if (direction > 0) turns++;
                (direction, low, high) = (-1, value, value);
            }
            else if (direction <= 0 && value > low + height)
            {
                if (direction < 0) turns++;
                (direction, low, high) = (1, value, value);
            }
        }
        return turns;
    }

    private Severity Judge(RunContext run, in Shape shape)
    {
        if (shape.Reversals <= options.Reversals || shape.Efficiency >= options.Efficiency || shape.OfDescent < options.Mild) return Severity.Info;
        if (ValidationSwings(run) is { } swings)
        {
            if (!swings) return Severity.Info;
        }
        else if (shape.Excess < 1.5 * options.Excess)
        {
            return Severity.Info;
        }
        return shape.OfDescent >= options.Severe ? Severity.High : Severity.Warn;
    }

    /// <summary>Whether validation swings too, by a tenth of its level up and down; null where there are too few evaluations to say.</summary>
    internal static bool? ValidationSwings(RunContext run)
    {
        if (run.First(RoleKind.ValLoss) is not { Trend: { Tail.Count: >= 6 } validation }) return null;
        Span<double> last = stackalloc double[Math.Min(12, validation.Tail.Count)];
        validation.Tail.CopyLast(last);
        Span<double> sorted = stackalloc double[last.Length];
        last.CopyTo(sorted);
        return Reversals(last, 0.1 * Math.Abs(Statistics.Median(sorted))) >= 2;
    }

    private void Tell(RunContext run, SeriesState series, in Point point, in Shape shape, Severity severity)
    {
        _severity = severity;
        var trend = series.Trend!;
        var from = trend.Fine.Step(Math.Min(options.Buckets, trend.Fine.Count - LeftOut) - 1);
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = from,
            Title = $"The loss swings up and down around {Numbers.Text(shape.Level)}",
            Summary = $"{series.Name} has turned {shape.Reversals} times since step {from}, within {Numbers.Text(shape.Spread)} around {Numbers.Text(shape.Level)}: {Numbers.Text(shape.Excess)} times what its batch noise gives, and it gets nowhere.",
            Evidence =
            [
                new Evidence(series.Name, from, point.Step, "turns of the curve", shape.Reversals, options.Reversals),
                new Evidence(series.Name, from, point.Step, "net change over the sum of all changes", Numbers.Round6(shape.Efficiency), options.Efficiency),
                new Evidence(series.Name, from, point.Step, "spread over that of batch noise", Numbers.Round6(shape.Excess), options.Excess),
            ],
        });
    }

    private readonly record struct Shape(int Reversals, double Efficiency, double Excess, double Spread, double Level, double Height, double OfDescent);
}
