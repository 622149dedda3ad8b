using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>val-stall</c>.</summary>
public sealed record ValStallOptions
{
    /// <summary>Evaluations that the flat stretch must last, or a third of all where that is more. Default 8.</summary>
    public int Evaluations { get; init; } = 8;

    /// <summary>Change between the stretch's first and last quarter, as a part of the descent, that still counts as flat. Default 0.01.</summary>
    public double Flat { get; init; } = 0.01;

    /// <summary>Descent before the stretch, in units of the noise of an evaluation, without which it never fell. Default 5.</summary>
    public double Descent { get; init; } = 5;

    /// <summary>Share of the run after which flat is what one expects. Default 0.8.</summary>
    public double UntilProgress { get; init; } = 0.8;
}

/// <summary>
/// A note: validation fell and does not move any more. Five things look like that: converged, a saddle point, a rate below what moves anything,
/// a broken evaluation, silent overfitting. The diagnosis ranks them, and says whether to wait or to restart.
/// </summary>
internal sealed class ValStall(ValStallOptions options) : EvaluationDetector
{
    public const string Id = "val-stall";

    private Alarm _alarm;
    private double _level;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var count = (int)Math.Min(Math.Max(options.Evaluations, pairs.Total / 3), pairs.Count);
        if (count < options.Evaluations || (run.Progress > options.UntilProgress && !_alarm.IsOpen)) return;
        Span<double> stretch = stackalloc double[count];
        pairs.LastValidation(stretch);
        var least = Math.Max(pairs.Noise, options.Flat * pairs.Descent);
        var flat = Math.Abs(Change(stretch)) < least && Math.Abs(Statistics.MannKendall(stretch)) < 1.64 && pairs.Descent >= options.Descent * pairs.Noise && pairs.Descent > 0;
        switch (_alarm.Update(flat, pairs.Level < _level - 2 * least, step))
        {
            case AlarmChange.Raised:
                _level = pairs.Level;
                var since = pairs.Validation.Step(count - 1);
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = step,
                    OnsetStep = since,
                    Title = $"Validation has not moved since step {since}",
                    Summary = $"{series.Name} lies at {Numbers.Text(pairs.Level)} since step {since}, over {count} evaluations, while the training loss went from {Numbers.Text(pairs.Training.Value(count - 1))} to {Numbers.Text(pairs.Training.Value(0))}. {Advice(run)}",
                    Evidence = [new Evidence(series.Name, since, step, "change over the flat stretch", Numbers.Round6(Change(stretch)), Numbers.Round6(least))],
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
        s.Sync(ref _level);
    }

    /// <summary>Wait or restart, and why, from what is logged.</summary>
    public static string Advice(RunContext run)
    {
        var pairs = run.Evaluations;
        var moving = run.Rate.IsLogged && !run.Rate.IsAnnealed && !Observations.UpdatesAreTiny(run);
        var left = 1 - (run.Progress ?? 0.5);
        if (run.Signals.IsActive(StaleValidation.Id)) return "Neither wait nor restart before the evaluation is repaired: run it by hand on the last checkpoint.";
        if (CreepsUp(run)) return $"Restart from the checkpoint of step {pairs.BestStep} with more regularisation or data: what training still gains is memorised.";
        if (run.Rate.IsLogged && !moving)
        {
            return left > 0.2
                ? $"Restart from the checkpoint of step {pairs.BestStep} with a longer schedule: the learning rate, {Numbers.Text(run.Rate.Last)} of a peak of {Numbers.Text(run.Rate.Peak)}, does not move the weights any more."
                : "Stop here: the schedule is at its end and so is the run.";
        }
        if (!TrainingFalls(pairs) && GradientShare(run) < 0.02) return $"Restart from the checkpoint of step {pairs.BestStep} with a higher learning rate or more momentum: the gradient has all but vanished.";
        if (moving && run.TotalSteps is { } total)
        {
            return $"Wait: the learning rate, {Numbers.Text(run.Rate.Last)}, is {Numbers.Percent(run.Rate.Last / run.Rate.Peak)} of its peak with {Numbers.Percent(left)} of the run to come, and validation often falls as the rate comes down. Decide again at step {total * 4 / 5}, and keep the checkpoint of step {pairs.BestStep}.";
        }
        return TrainingFalls(pairs)
            ? $"Wait another {Math.Max(8, pairs.Total / 3)} evaluations, and keep the checkpoint of step {pairs.BestStep}; if validation rises meanwhile, it is overfitting."
            : "Lower the learning rate to a tenth: if both losses fall at once, go on; if not, the run has converged.";
    }

    /// <summary>Whether the training level still fell over the last third of the evaluations, at least eight.</summary>
    public static bool TrainingFalls(Evaluations pairs)
    {
        Span<double> levels = stackalloc double[(int)Math.Min(Math.Max(8, pairs.Total / 3), pairs.Count)];
        pairs.LastTraining(levels);
        return -Change(levels) > Math.Max(0.01 * pairs.TrainingDescent, pairs.TrainingNoise / 2) && Statistics.MannKendall(levels) <= -1.64;
    }

    /// <summary>Validation rises since its best evaluation, if only by little.</summary>
    public static bool CreepsUp(RunContext run) => run.Evaluations is { SinceBest: >= 5 } pairs && pairs.Level - pairs.BestLevel > pairs.Noise && pairs.TrendSinceBest() >= 2.33;

    /// <summary>The gradient norm of late over that of the first buckets, or null where it is not logged.</summary>
    public static double? GradientShare(RunContext run)
    {
        if (run.Gradient?.Trend is not { Fine.Count: >= 8 } trend) return null;
        var early = trend.Initial(20);
        return early > 0 ? trend.Fine.Median(4) / early : null;
    }

    /// <summary>Median of the last quarter less that of the first.</summary>
    private static double Change(ReadOnlySpan<double> stretch)
    {
        var quarter = stretch.Length / 4;
        Span<double> scratch = stackalloc double[quarter];
        stretch[..quarter].CopyTo(scratch);
        var from = Statistics.Median(scratch);
        stretch[^quarter..].CopyTo(scratch);
        return Statistics.Median(scratch) - from;
    }
}
