using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>
/// The value of information: of what is not logged, the series or probe whose weights in <see cref="CauseTable"/> differ most
/// between the two most likely causes.
/// </summary>
internal static class Discriminators
{
    /// <param name="What">In words.</param>
    /// <param name="Line">The line of code that logs it.</param>
    /// <param name="IsMissing">Whether the run lacks it.</param>
    /// <param name="Signs">Facts and conditions that it would settle.</param>
    private sealed record Source(string What, string Line, Func<RunContext, bool> IsMissing, string[] Signs);

    private static readonly Source[] Sources =
    [
        Missing("the learning rate", "lr", "rate", RoleKind.LearningRate, ["rate-tiny", "rate-exhausted", "rate-raised", "rate-still-moves", "lr-decayed-early", "unintended-schedule"]),
        Missing("the gradient norm before clipping", "grad_norm", "norm", RoleKind.GradNorm, ["gradient-surged", "gradients-zero", "gradient-grows", "gradient-vanished", "gradient-huge-from-start", "grad-explosion", "grad-spike", "zero-gradient"]),
        Missing("each layer's update ratio, ‖Δw‖/‖w‖", "update_ratio/fc1", "ratio", RoleKind.UpdateRatio, ["updates-tiny", "updates-zero", "update-too-large", "update-too-small"]),
        Missing("each layer's gradient norm", "grad_norm/fc1", "norm", RoleKind.LayerGradNorm, ["gradient-fades-with-depth", "dead-layer", "grad-vanishing-depth"]),
        Missing("the share of dead units of each layer", "dead_fraction/fc1", "share", RoleKind.DeadFraction, ["units-dead", "units-dead-from-start", "dead-relu"]),
        Missing("the share of saturated outputs of each layer", "saturated_fraction/fc1", "share", RoleKind.SaturatedFraction, ["units-saturated", "units-saturated-from-start", "saturated-activation"]),
        Missing("the norm of the parameters", "param_norm", "norm", RoleKind.ParamNorm, ["parameters-move", "param-norm-runaway", "param-norm-collapse", "weights-grew-first"]),
        Missing("the validation loss", "val/loss", "loss", RoleKind.ValLoss, ["validation-is-close", "overfitting", "generalization-gap", "validation-creeps-up"]),
        Missing("the validation accuracy", "val/acc", "accuracy", RoleKind.ValAccuracy, ["accuracy-is-high", "metric-implementation"]),
        Missing("each class's accuracy", "val/acc_class_0", "accuracy", RoleKind.ClassAccuracy, ["class-missing", "class-collapse"]),
        Probe("whether the batch has NaN or extreme inputs", BatchCheck.NanInput, ["batches-clean", "nan-input", "extreme-input"]),
        Probe("whether the parameters were still finite", NonFiniteProbes.Params, ["parameters-clean", "params-nonfinite"]),
        Probe("whether one batch of 32 can be learnt by heart", SanityProbes.OverfitOneBatch, ["one-batch-learnt", "overfit-one-batch"]),
        Probe("what one step does to the loss of its batch", SanityProbes.FirstStep, ["first-step-changed", "first-step-decrease"]),
    ];

    /// <summary>A sentence with the line of code; empty where one cause is clear, or nothing that is missing would tell.</summary>
    public static string Between(RunContext run, IReadOnlyList<RankedCause> causes)
    {
        if (causes is not [var first, var second, ..] || first.Strength == "strong" && second.Strength == "unlikely") return "";
        Source? best = null;
        var most = 0;
        foreach (var source in Sources)
        {
            if (!source.IsMissing(run)) continue;
            var tells = source.Signs.Max(sign => Difference(first.Id, second.Id, sign));
            if (tells > most) (best, most) = (source, tells);
        }
        return best is null ? "" : $"To tell “{first.Title}” from “{second.Title}”, find out {best.What}: {best.Line}";
    }

    /// <summary>How far apart two causes can get by knowing a sign.</summary>
    private static int Difference(string a, string b, string sign)
    {
        var (ofA, ofB) = (CauseTable.Weights(a, sign), CauseTable.Weights(b, sign));
        return Math.Max(Math.Abs(ofA.Yes - ofB.Yes), Math.Abs(ofA.No - ofB.No));
    }

    private static Source Missing(string what, string series, string value, RoleKind role, string[] signs) =>
        new(what, $"run.log({{\"{series}\": {value}}}, step=step)", run => run.All(role).Count == 0, signs);

    private static Source Probe(string what, string probe, string[] signs) =>
        new(what, $"send the probe {probe}", run => run.Probes.Passed(probe) is null, signs);
}
