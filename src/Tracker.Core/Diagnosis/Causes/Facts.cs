using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>What a fact says of a run: it holds, it is known not to hold, or nothing logged tells (null).</summary>
/// <param name="Holds">Null where the series that would tell is not logged.</param>
/// <param name="Sentence">Either way, in words.</param>
internal sealed record Finding(bool? Holds, string Sentence)
{
    public static readonly Finding Blind = new(null, "");
}

/// <summary>Facts that separate causes which give the same signal.</summary>
internal static class Facts
{
    /// <summary>Points before a fault in which its precursor is looked for.</summary>
    private const int PrecursorPoints = 20;

    public static readonly IReadOnlyDictionary<string, Func<RunContext, IReadOnlyList<Signal>, Finding>> All =
        new Dictionary<string, Func<RunContext, IReadOnlyList<Signal>, Finding>>(StringComparer.Ordinal)
        {
            ["first-value-not-finite"] = (run, _) => run.Loss is { NonFinite: > 0 } loss && loss.FirstNonFiniteStep == loss.FirstStep
                ? new(true, "the very first loss was not finite, before any update")
                : Finding.Blind,
            ["gradient-surged"] = (run, members) => Surge(run.Gradient, members, "gradient norm", 8),
            ["loss-surged"] = (run, members) => Surge(run.Loss, members, "loss", 8),
            ["half-precision"] = (run, _) => run.Hints.Precision is var p && (p.Contains("16", StringComparison.Ordinal) || p.Contains("half", StringComparison.Ordinal)) && !p.Contains("bf", StringComparison.Ordinal)
                ? new(true, $"the config says precision {p}, whose largest number is 65504")
                : Finding.Blind,
            ["probabilities-saturated"] = (run, members) => run.ChanceLoss is not null && run.Loss is { Finite: > 10, First: > 0 } loss && loss.LastFinite < 0.01 * loss.First && Has(members, NonFinite.AfterN)
                ? new(true, $"the loss was down to {Numbers.Text(loss.LastFinite)}: probabilities so close to 0 and 1 round to them, and log(0) is infinite")
                : Finding.Blind,
            ["loss-scale-fell"] = (run, _) => run.First(RoleKind.LossScale) is { Finite: > 0 } scale
                ? scale.LastFinite <= scale.Max / 4
                    ? new(true, $"{scale.Name} fell from {Numbers.Text(scale.Max)} to {Numbers.Text(scale.LastFinite)}")
                    : new(false, $"{scale.Name} held at {Numbers.Text(scale.LastFinite)}")
                : Finding.Blind,
            ["one-batch-learnt"] = (run, _) => run.Probes.Passed(SanityProbes.OverfitOneBatch) switch
            {
                true => new(true, "one batch alone can be learnt by heart"),
                false => new(false, "not even one batch alone can be learnt by heart"),
                null => Finding.Blind,
            },
            ["first-step-changed"] = (run, members) => members.FirstOrDefault(m => m.Id == SanityProbes.FirstStep) is { Evidence: [var after, ..] }
                ? after.Value.Equals(after.Threshold) ? new(false, "one step changed nothing") : new(true, "one step made the loss worse")
                : Finding.Blind,
            ["parameters-clean"] = (run, members) => Has(members, NonFinite.Immediately, NonFinite.AfterN) && run.Probes.Passed(NonFiniteProbes.Params) is true
                ? new(true, $"the parameters were still finite at step {run.Probes.StepOf(NonFiniteProbes.Params)}: it came from the batch")
                : Finding.Blind,
            ["batches-clean"] = (run, members) => Has(members, NonFinite.Immediately, NonFinite.AfterN)
                && run.Probes.Passed(BatchCheck.NanInput) is true && run.Loss is { } loss && run.Probes.StepOf(BatchCheck.NanInput) >= loss.FirstNonFiniteStep
                ? new(true, "the batch itself was checked and is finite")
                : Finding.Blind,
            ["early-explosion"] = EarlyExplosion,
            ["large-first-loss"] = (run, _) => run is { ChanceLoss: { } chance, Loss: { Finite: > 0 } loss }
                ? loss.First > 2 * chance
                    ? new(true, $"the first loss, {Numbers.Text(loss.First)}, is {Numbers.Text(loss.First / chance)} times that of guessing")
                    : new(false, $"the first loss, {Numbers.Text(loss.First)}, is near that of guessing, {Numbers.Text(chance)}")
                : Finding.Blind,
            ["rate-raised"] = RateRaised,
            ["gradient-grows"] = GradientGrows,
            ["updates-tiny"] = (run, _) => Observations.UpdateRatio(run) is { } ratio
                ? ratio < 1e-5
                    ? new(true, $"each step changes the weights by {Numbers.Text(ratio)} of their size; about 0.001 is usual")
                    : new(false, $"each step changes the weights by {Numbers.Text(ratio)} of their size, which is no standstill")
                : Finding.Blind,
            ["updates-zero"] = (run, members) => Has(members, PlateauFromStart.Id, ChanceLevelPlateau.Id, ConstantLoss.Id) && Observations.UpdateRatio(run) is { } ratio
                ? ratio == 0
                    ? new(true, "the weights do not change at all")
                    : new(false, "the weights do change")
                : Finding.Blind,
            ["rate-tiny"] = (run, _) => (run.Rate.IsLogged ? run.Rate.Peak : run.Hints.LearningRate) is { } rate
                ? rate <= 1e-6
                    ? new(true, $"the learning rate is {Numbers.Text(rate)}")
                    : rate >= 1e-4 ? new(false, $"the learning rate, {Numbers.Text(rate)}, is not tiny") : Finding.Blind
                : Finding.Blind,
            ["gradients-zero"] = (run, members) => run.Gradient is { Finite: > 0 } gradient && Has(members, PlateauFromStart.Id, ChanceLevelPlateau.Id, ConstantLoss.Id, ZeroGradient.Id)
                ? gradient.LastFinite == 0
                    ? new(true, "the gradient norm is exactly 0")
                    : new(false, $"the gradient norm is {Numbers.Text(gradient.LastFinite)}, not 0")
                : Finding.Blind,
            ["gradient-fades-with-depth"] = (run, _) => Observations.DepthRatio(run) is { } ratio
                ? ratio < 1e-3
                    ? new(true, $"the first layer gets {Numbers.Text(ratio)} of the last layer's gradient")
                    : ratio > 1e-2 ? new(false, $"the first layer gets {Numbers.Text(ratio)} of the last layer's gradient, enough to learn") : Finding.Blind
                : Finding.Blind,
            ["units-dead"] = (run, _) => run.All(RoleKind.DeadFraction).Count == 0 ? Finding.Blind
                : Observations.DeadShare(run) is >= 0.5 and var share
                    ? new(true, $"up to {Numbers.Percent(share)} of a layer's units are dead")
                    : Observations.DeadShare(run) < 0.3 ? new(false, "few units are dead") : Finding.Blind,
            ["units-dead-from-start"] = (run, members) => Has(members, DeadRelu.Id) && run.All(RoleKind.DeadFraction) is { Count: > 0 } layers
                ? layers.Any(l => l.First >= 0.5)
                    ? new(true, "units were dead from the first step on")
                    : new(false, "the units were alive at the first step")
                : Finding.Blind,
            ["gradient-huge-from-start"] = (run, members) => Member(members, GradExplosion.Id) is { } explosion && run.Gradient is { } gradient
                ? explosion.OnsetStep <= gradient.FirstStep
                    ? new(true, $"the gradient norm was {Numbers.Text(gradient.First)} at the first step, before any update")
                    : new(false, $"the gradient norm was {Numbers.Text(gradient.First)} at first and exploded later")
                : Finding.Blind,
            ["weight-decay-small"] = (run, members) => Has(members, ParamNormRunaway.Id) && run.Hints.WeightDecay is { } decay
                ? decay < 1e-3
                    ? new(true, $"weight decay is {Numbers.Text(decay)}, so nothing holds the weights")
                    : new(false, $"weight decay is {Numbers.Text(decay)}")
                : Finding.Blind,
            ["weight-decay-large"] = (run, members) => Has(members, ParamNormCollapse.Id) && run.Hints.WeightDecay is { } decay
                ? decay >= 0.1
                    ? new(true, $"weight decay is {Numbers.Text(decay)}")
                    : new(false, $"weight decay is {Numbers.Text(decay)}, which is not much")
                : Finding.Blind,
            // Never blind: a collapse that nothing logged shows speaks for nothing.
            ["weights-collapsed"] = (run, members) => new(Has(members, ParamNormCollapse.Id, WeightDistCollapse.Id) || run.Signals.IsActive(ParamNormCollapse.Id) || run.Signals.IsActive(WeightDistCollapse.Id), "the norm of the weights has not collapsed"),
            ["weights-grew-first"] = WeightsGrewFirst,
            ["units-saturated"] = (run, _) => run.All(RoleKind.SaturatedFraction) is { Count: > 0 } layers
                ? layers.Any(l => l.Recent is { Count: > 0 } recent && recent.Median(5) >= 0.5)
                    ? new(true, "half or more of a layer's outputs are saturated")
                    : new(false, "few outputs are saturated")
                : Finding.Blind,
            ["units-saturated-from-start"] = (run, members) => Has(members, SaturatedActivation.Id) && run.All(RoleKind.SaturatedFraction) is { Count: > 0 } layers
                ? layers.Any(l => l.First >= 0.5)
                    ? new(true, "outputs were saturated from the first step on")
                    : new(false, "the outputs were not saturated at the first step")
                : Finding.Blind,
            ["rate-exhausted"] = (run, _) => run.Rate.IsLogged
                ? run.Rate.PointsExhausted > 0
                    ? new(true, $"the learning rate is {Numbers.Text(run.Rate.Last)}, below a thousandth of its peak {Numbers.Text(run.Rate.Peak)}")
                    : run.Rate.WasCutShort ? new(true, $"the learning rate was cut to {Numbers.Text(run.Rate.JumpRatio)} of what it was at step {run.Rate.JumpStep}")
                    : new(false, $"the learning rate is {Numbers.Text(run.Rate.Last)}, its peak was {Numbers.Text(run.Rate.Peak)}")
                : Finding.Blind,
            ["wrong-before-rate-fell"] = WrongBeforeRateFell,
            ["validation-is-close"] = ValidationIsClose,
            ["accuracy-is-high"] = (run, _) => run.First(RoleKind.ValAccuracy) is { Finite: > 0 } accuracy
                ? accuracy.Max >= 0.9
                    ? new(true, $"validation accuracy reached {Numbers.Text(accuracy.Max)}")
                    : new(false, $"validation accuracy is {Numbers.Text(accuracy.Max)} at best")
                : Finding.Blind,
            ["loss-falls"] = LossFalls,
            ["strong-weight-decay"] = (run, members) => Has(members, Underfitting.Id) && run.Hints.WeightDecay is { } decay
                ? decay >= 0.1 ? new(true, $"the weight decay, {Numbers.Text(decay)}, is strong") : new(false, $"the weight decay, {Numbers.Text(decay)}, is mild")
                : Finding.Blind,
            ["validation-at-chance"] = (_, members) => Has(members, Grokking.CandidateId, Grokking.Id)
                ? new(true, "training was solved while validation was at chance")
                : new(false, "training was never solved with validation at chance"),
            ["class-missing"] = (_, members) => Has(members, Classes.CollapseId, Classes.RegressionId)
                ? new(true, "single classes fail while the others do well")
                : new(false, "no class is known to fail"),
            ["task-forgotten"] = (_, members) => Has(members, CatastrophicForgetting.Id)
                ? new(true, "one task got worse while another was learnt")
                : new(false, "no task is known to be forgotten"),
            ["training-still-falls"] = StallFacts.TrainingStillFalls,
            ["rate-still-moves"] = StallFacts.RateStillMoves,
            ["gradient-vanished"] = StallFacts.GradientVanished,
            ["evaluations-differ"] = StallFacts.EvaluationsDiffer,
            ["gap-widens"] = StallFacts.GapWidens,
            ["validation-creeps-up"] = StallFacts.ValidationCreepsUp,
            ["parameters-move"] = (run, members) => Has(members, ConstantLoss.Id) && run.First(RoleKind.ParamNorm)?.Points is { Count: >= 10 } norm
                ? norm.Value(0).Equals(norm.Value(9))
                    ? new(false, "the norm of the parameters does not change either")
                    : new(true, "the norm of the parameters goes on changing, so training does go on")
                : Finding.Blind,
        };

    /// <summary>Weights also grow when steps are too large or a loss diverges; what decides for that, anywhere in the run, began or was seen first then.</summary>
    private static Finding WeightsGrewFirst(RunContext run, IReadOnlyList<Signal> members)
    {
        if (Member(members, ParamNormRunaway.Id) is not { } runaway) return Finding.Blind;
        Signal? earlier = null;
        foreach (var signal in run.Signals.Signals)
        {
            var before = signal.OnsetStep < runaway.OnsetStep || (signal.Severity >= Severity.Warn && signal.Step < runaway.Step);
            if (!before || CauseTable.Weight("lr-too-high", signal.Id) < CauseRanking.Decides && CauseTable.Weight("attention-logits-too-large", signal.Id) < CauseRanking.Decides) continue;
            if (signal.Id == GradSpike.Id || (earlier is not null && signal.OnsetStep >= earlier.OnsetStep)) continue;
            earlier = signal;
        }
        return earlier is not null
            ? new(false, $"{earlier.Title}: since step {earlier.OnsetStep}, before the weights grew")
            : new(true, $"the weights grew steadily since step {runaway.OnsetStep}, before anything else went wrong");
    }

    /// <summary>What went wrong while the rate was high is not the end of the schedule's doing. The rate of an exponential decay is at a tenth after a third of its way down.</summary>
    private static Finding WrongBeforeRateFell(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Has(members, LrDecayedEarly.Id)) return Finding.Blind;
        Signal? earlier = null;
        foreach (var signal in run.Signals.Signals)
        {
            if (signal.Severity < Severity.Warn || 3 * signal.OnsetStep > run.Rate.ExhaustedSince || (earlier is not null && signal.OnsetStep >= earlier.OnsetStep)) continue;
            if (CauseTable.Strongest(signal.Id).Weight >= CauseRanking.Decides && CauseTable.Weight("lr-schedule-exhausted", signal.Id) == 0) earlier = signal;
        }
        return earlier is null ? Finding.Blind : new(true, $"{earlier.Title}: since step {earlier.OnsetStep}, while the learning rate was still high");
    }

    private static Finding EarlyExplosion(RunContext run, IReadOnlyList<Signal> members)
    {
        if (run.Loss is not { Finite: > 0, First: > 0 } loss || loss.Role is null) return Finding.Blind;
        if (run.EarlyPeak > 3 * loss.First)
        {
            return new(true, $"the loss rose to {Numbers.Text(run.EarlyPeak / loss.First)} times its first value at step {run.EarlyPeakStep}, within the first points");
        }
        // That it did not explode early speaks against a high rate only where the loss never moved; a later fault needs no early one.
        return Has(members, PlateauFromStart.Id, ChanceLevelPlateau.Id) ? new(false, "the loss did not explode in the first steps") : Finding.Blind;
    }

    /// <summary>Clipping that does not stop the loss from falling is only clipping.</summary>
    private static Finding LossFalls(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Has(members, Clipping.Over50, Clipping.Over80, StuckAtClip.Id, SanityProbes.OverfitOneBatch) || run.Loss?.Trend is not { Fine.Count: >= 4 } trend) return Finding.Blind;
        Span<double> buckets = stackalloc double[Statistics.TrendPoints];
        return trend.Start - trend.Best > 3 * trend.Noise || Statistics.MannKendall(trend.Fine.CopyLast(buckets)) <= -2.33
            ? new(true, $"the loss has fallen from {Numbers.Text(trend.Start)} to {Numbers.Text(trend.Best)} all the same")
            : Finding.Blind;
    }

    private static Finding GradientGrows(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!Has(members, Clipping.Over50, Clipping.Over80, LossDivergence.Id, NonFinite.AfterN)) return Finding.Blind;
        // The first buckets are left out: the gradient of a fresh network finds its size there.
        const int startUp = 2;
        if (run.Gradient?.Trend is not { Fine.Count: >= startUp + 6 } trend) return Finding.Blind;
        Span<double> buckets = stackalloc double[trend.Fine.Count];
        var levels = trend.Fine.CopyLast(buckets)[startUp..];
        var third = levels.Length / 3;
        var (early, late) = (Statistics.Median(levels[..third]), Statistics.Median(levels[^third..]));
        return late > 2 * early
            ? new(true, $"the gradient norm grows: {Numbers.Text(early)} at first, {Numbers.Text(late)} of late")
            : new(false, $"the gradient norm is calm: {Numbers.Text(early)} at first, {Numbers.Text(late)} of late");
    }

    private static Finding ValidationIsClose(RunContext run, IReadOnlyList<Signal> members)
    {
        if (run.First(RoleKind.ValLoss) is not { Finite: >= 3 } validation || run.Loss?.Trend is not { } training) return Finding.Blind;
        var (v, t) = (validation.Trend!.Tail.Median(3), training.Tail.Median(50));
        return Math.Abs(v - t) <= Math.Max(2 * training.Noise, 0.1 * Math.Abs(t))
            ? new(true, $"validation loss, {Numbers.Text(v)}, is as high as training loss, {Numbers.Text(t)}")
            : new(false, $"validation loss, {Numbers.Text(v)}, is not where training loss is, {Numbers.Text(t)}");
    }

    /// <summary>Whether a series rose out of its noise in the 20 points before its values stopped being finite.</summary>
    private static Finding Surge(SeriesState? series, IReadOnlyList<Signal> members, string what, double limit)
    {
        if (series?.Trend is not { } trend || !Has(members, NonFinite.Immediately, NonFinite.AfterN, ConsecutiveNan.Id)) return Finding.Blind;
        if (trend.Tail.Count < 3) return Finding.Blind;
        var last = Math.Min(PrecursorPoints, trend.Tail.Count / 2);
        Span<double> before = stackalloc double[Math.Min(100, trend.Tail.Count - last)];
        trend.Tail.CopyLast(before, last);
        var noise = Math.Max(Statistics.Noise(before), 1e-3 * Math.Abs(before[^1]));
        var calm = Statistics.Median(before);
        var peak = double.NegativeInfinity;
        for (var i = 0; i < last; i++) peak = Math.Max(peak, trend.Tail.Value(i));
        return peak > calm + limit * noise && peak > 2 * calm
            ? new(true, $"the {what} rose from {Numbers.Text(calm)} to {Numbers.Text(peak)} in the {last} points before")
            : new(false, $"the {what} was calm before, at about {Numbers.Text(calm)}");
    }

    /// <summary>A rate that never rose since training went well is no reason why it goes wrong now.</summary>
    private static Finding RateRaised(RunContext run, IReadOnlyList<Signal> members)
    {
        if (!run.Rate.IsLogged || run.Loss?.Trend is not { Fine.Count: >= 4 } trend || !Has(members, LossDivergence.Id, LossSpike.Id)) return Finding.Blind;
        var onset = members.Min(m => m.OnsetStep);
        if (run.Rate.Peak > 1.4 * run.Rate.First && run.Rate.RiseEnd > run.Loss.FirstStep && onset >= run.Rate.RiseEnd - 20 && onset <= run.Rate.RiseEnd + 100)
        {
            return new(true, $"the learning rate had gone up from {Numbers.Text(run.Rate.First)} to {Numbers.Text(run.Rate.Peak)} by step {run.Rate.RiseEnd}");
        }
        if (run.Rate.RiseEnd > trend.BestStep && run.Rate.Last > 1.4 * run.Rate.First)
        {
            return new(true, $"the learning rate went up from {Numbers.Text(run.Rate.First)} to {Numbers.Text(run.Rate.Last)}");
        }
        return trend.BestStep > 10 * trend.FineWidth
            ? new(false, $"the same learning rate, {Numbers.Text(run.Rate.Last)}, had worked until step {trend.BestStep}")
            : Finding.Blind;
    }

    private static Signal? Member(IReadOnlyList<Signal> members, string id)
    {
        foreach (var member in members)
        {
            if (member.Id == id) return member;
        }
        return null;
    }

    private static bool Has(IReadOnlyList<Signal> members, params ReadOnlySpan<string> ids)
    {
        foreach (var member in members)
        {
            if (ids.Contains(member.Id)) return true;
        }
        return false;
    }
}
