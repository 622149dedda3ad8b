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

    /// <summary>Swing of training and of validation from one evaluation to the next, each as a part of its level, from which their going together is a note. Default 0.05.</summary>
    public double Together { get; init; } = 0.05;

    /// <summary>Share of the evaluations at which the two go the same way. Default 0.65: of noise that has nothing in common it is 0.5.</summary>
    public double SameWay { get; init; } = 0.65;
}

/// <summary>
/// The training loss swings up and down by far more than its batch noise and gets nowhere. A note by itself; a warning where validation swings too,
/// or, where there is none, where the swings are clear. Where batch noise hides the swings, validation tells: batches do not move it, so where both go up and
/// down together, it is the parameters that swing.
/// </summary>
internal sealed class OscillatingLoss(OscillatingLossOptions options) : Detector
{
    public const string Id = "oscillating-loss";
    private const int FewestBuckets = 12;
    private const int LeftOut = 2;

    private const int MostEvaluations = 12;
    private const int FewestEvaluations = 7;

    private Alarm _alarm;
    private Alarm _together;
    private long _evaluations;
    private Severity _severity;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed) return;
        if (run.Evaluations.Total != _evaluations && ReferenceEquals(series, run.Loss)) SwingTogether(run, series, point);
        if (trend.Fine.Count < FewestBuckets + LeftOut) return;
        if (run.IsAdversarial || run.JustResumed || run.IsWarm(series) || run.RateJustJumped || run.Rate.IsCyclic) return;
        // What was before a cut or a rise of the rate is another regime.
        var count = 0;
        while (count < Math.Min(options.Buckets, trend.Fine.Count - LeftOut) && trend.Fine.Step(count) > run.Rate.JumpStep) count++;
        if (count < FewestBuckets)
        {
            if (_alarm.Update(false, true, point.Step, 1, 6) == AlarmChange.Cleared && !_together.IsOpen) run.Signals.Clear(Id, series.Name);
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
            case AlarmChange.Cleared when !_together.IsOpen:
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
        _together.Sync(s);
        s.Sync(ref _evaluations);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
    }

    /// <summary>Judged once an evaluation, over the last twelve; those of the first descent left out.</summary>
    private void SwingTogether(RunContext run, SeriesState series, in Point point)
    {
        var pairs = run.Evaluations;
        _evaluations = pairs.Total;
        var count = (int)Math.Min(MostEvaluations, Math.Min(pairs.Total - LeftOut, pairs.Count));
        if (count < FewestEvaluations || run.IsAdversarial || run.JustResumed || run.IsWarm(series) || run.RateJustJumped || run.Rate.IsCyclic) return;
        Span<double> validation = pairs.LastValidation(stackalloc double[count]);
        Span<double> training = pairs.LastTraining(stackalloc double[count]);
        var level = Statistics.Median([.. validation]);
        Relate(validation, pairs.Descent);
        Relate(training, pairs.TrainingDescent);
        var (swing, trained) = (Statistics.CurveNoise(validation), Statistics.CurveNoise(training));
        var same = 0;
        for (var i = 1; i < count; i++)
        {
            if ((validation[i] - validation[i - 1]) * (training[i] - training[i - 1]) > 0) same++;
        }
        var falls = Statistics.MannKendall(validation) <= -1.64 || Statistics.MannKendall(training) <= -1.64;
        // Where training is too noisy to be compared, steps that are known to be too large tell whose swings they are.
        var known = run.Signals.IsActive(UpdateTooLarge.Id) && swing >= 1.5 * options.Together;
        var together = swing >= options.Together && trained >= options.Together && (known || same >= options.SameWay * (count - 1)) && !falls
            && !run.Rate.IsAnnealed && !run.Signals.IsActive(LossDivergence.Id, series.Name) && !run.Signals.IsActive(EpochBoundaryJump.Id, series.Name);
        switch (_together.Update(together, swing < options.Together / 2, point.Step, 1, 4))
        {
            case AlarmChange.Raised when !_alarm.IsOpen:
                var from = pairs.Validation.Step(count - 1);
                _severity = Severity.Info;
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = from,
                    Title = $"Training and validation swing together around {Numbers.Text(level)}",
                    Summary = $"Validation goes up and down by {Numbers.Percent(swing)} from one evaluation to the next since step {from}, training by {Numbers.Percent(trained)}, {same} of {count - 1} times the same way, and neither gets better: it is the parameters that swing, not the batches.",
                    Evidence = [new Evidence(series.Name, from, point.Step, "share of evaluations at which both go the same way", Numbers.Round6(same / (count - 1.0)), options.SameWay)],
                });
                break;
            case AlarmChange.Cleared when !_alarm.IsOpen:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    /// <summary>Values as parts of their level: logarithms where all are above 0, else in units of the descent.</summary>
    private static void Relate(Span<double> values, double descent)
    {
        var positive = true;
        foreach (var value in values) positive &= value > 0;
        for (var i = 0; i < values.Length; i++) values[i] = positive ? Math.Log(values[i]) : descent > 0 ? values[i] / descent : 0;
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
