using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>What speaks for and against the five hypotheses of validation that does not move; blind where it does.</summary>
internal static class StallFacts
{
    /// <summary>The causes that validation which does not move may have.</summary>
    public static readonly string[] Hypotheses = ["converged", "saddle-point", "lr-schedule-exhausted", "eval-bug", "overfitting"];

    private const int Window = 8;

    public static Finding TrainingStillFalls(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Stalls(members) || run.Evaluations is not { Count: >= Window } pairs) return Finding.Blind;
        var back = (int)Math.Min(Math.Max(Window, pairs.Total / 3), pairs.Count) - 1;
        var (then, now, since) = (pairs.Training.Value(back), pairs.TrainingLevel, pairs.Training.Step(back));
        return ValStall.TrainingFalls(pairs)
            ? new(true, $"the training loss still falls: {Numbers.Text(then)} at step {since}, {Numbers.Text(now)} now")
            : new(false, $"the training loss does not fall any more either: {Numbers.Text(then)} at step {since}, {Numbers.Text(now)} now");
    }

    public static Finding RateStillMoves(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Stalls(members) || !run.Rate.IsLogged) return Finding.Blind;
        var share = run.Rate.Last / run.Rate.Peak;
        var done = run.Progress is { } progress ? $" at {Numbers.Percent(progress)} of the run" : "";
        return !run.Rate.IsAnnealed && !Observations.UpdatesAreTiny(run)
            ? new(true, $"the learning rate, {Numbers.Text(run.Rate.Last)}, is still {Numbers.Percent(share)} of its peak{done}")
            : new(false, $"the learning rate is down to {Numbers.Text(run.Rate.Last)}, {Numbers.Percent(share)} of its peak{done}");
    }

    public static Finding GradientVanished(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Stalls(members) || ValStall.GradientShare(run) is not { } share) return Finding.Blind;
        return share < 0.02
            ? new(true, $"the gradient norm is down to {Numbers.Text(run.Gradient!.LastFinite)}, {Numbers.Text(share)} of what it was at first")
            : new(false, $"the gradient norm is healthy, {Numbers.Text(run.Gradient!.LastFinite)}");
    }

    public static Finding EvaluationsDiffer(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Stalls(members) || members.Any(m => m.Id is ValErratic.Id or ValErratic.BnId or ValMuchHigher.Id) || run.Evaluations is not { Count: >= 3 } pairs) return Finding.Blind;
        if (run.Signals.IsActive(StaleValidation.Id)) return new(false, $"the last evaluations are the same to the last bit, {Numbers.Text(pairs.Validation.Value(0))}");
        return new(true, $"the last evaluations differ ({Numbers.Text(pairs.Validation.Value(2))}, {Numbers.Text(pairs.Validation.Value(1))}, {Numbers.Text(pairs.Validation.Value(0))}), so each was computed anew");
    }

    public static Finding GapWidens(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Stalls(members) || run.Evaluations is not { Count: >= Window } pairs) return Finding.Blind;
        Span<double> gaps = stackalloc double[(int)Math.Min(Math.Max(Window, pairs.Total / 3), pairs.Count)];
        GeneralizationGap.Gaps(pairs, gaps);
        return Statistics.MannKendall(gaps) >= 2.33 && gaps[^1] - gaps[0] > pairs.Noise
            ? new(true, $"the gap between validation and training widens: {Numbers.Text(gaps[0])} before, {Numbers.Text(gaps[^1])} now")
            : new(false, $"the gap between validation and training is steady, {Numbers.Text(gaps[^1])}");
    }

    public static Finding ValidationCreepsUp(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Stalls(members) || members.Any(m => m.Id is ValErratic.Id or ValErratic.BnId or ValMuchHigher.Id) || run.Evaluations is not { Count: >= 3 } pairs) return Finding.Blind;
        return ValStall.CreepsUp(run)
            ? new(true, $"validation creeps up since step {pairs.BestStep}: {Numbers.Text(pairs.Best)} then, {Numbers.Text(pairs.Level)} now")
            : new(false, "validation does not rise");
    }

    private static bool Stalls(IReadOnlyList<Signal> members)
    {
        foreach (var member in members)
        {
            if (member.Id == ValStall.Id) return true;
        }
        return false;
    }
}
