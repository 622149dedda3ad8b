namespace Tracker.Core.Diagnosis.Causes;

/// <summary>The facts of <see cref="Facts"/> as questions that a person can answer, for the diagnosis tree of the docs.</summary>
internal static class FactQuestions
{
    private static readonly string[] NotFinite = ["nan-immediately", "nan-after-n", "consecutive-nan"];
    private static readonly string[] Stuck = ["plateau-from-start", "chance-level-plateau", "constant-loss", "zero-gradient"];
    private static readonly string[] Clipped = ["clip-over-50", "clip-over-80", "stuck-at-clip"];
    private static readonly string[] Stalled = ["val-stall"];

    /// <param name="Text">The question; yes is what the fact calls "holds".</param>
    /// <param name="Look">What to look at.</param>
    /// <param name="Of">Conditions of which it is asked; empty: of all.</param>
    internal sealed record Question(string Text, string Look, params string[] Of);

    public static readonly IReadOnlyDictionary<string, Question> All = new Dictionary<string, Question>(StringComparer.Ordinal)
    {
        ["first-value-not-finite"] = new("Was the very first loss not finite, before any update?", "train/loss", "nan-immediately", "consecutive-nan"),
        ["gradient-surged"] = new("Did the gradient norm rise out of its noise in the 20 points before?", "grad_norm/total", NotFinite),
        ["loss-surged"] = new("Did the loss rise out of its noise in the 20 points before?", "train/loss", NotFinite),
        ["half-precision"] = new("Does the run compute in fp16?", "config:precision", [.. NotFinite, "loss-divergence", "amp-scale-collapse", "fp16-overflow", "adam-hot-divergence", "grad-explosion"]),
        ["probabilities-saturated"] = new("Had the loss been all but zero, so that log(0) is near?", "train/loss", "nan-after-n"),
        ["loss-scale-fell"] = new("Did the loss scale fall to a quarter or less?", "amp/scale", [.. NotFinite, "loss-divergence", "amp-scale-collapse", "fp16-overflow"]),
        ["one-batch-learnt"] = new("Can one batch alone be learnt by heart?", "probe:overfit-one-batch", [.. Stuck, "overfit-one-batch", "stuck-after-drop", "underfitting", "grad-vanishing-depth", "dead-layer"]),
        ["first-step-changed"] = new("Did one step make the loss worse, rather than leave it as it was?", "probe:first-step", "first-step-decrease"),
        ["parameters-clean"] = new("Were the parameters still finite when the loss was not?", "probe:nonfinite-params", "nan-immediately", "nan-after-n"),
        ["batches-clean"] = new("Was the batch itself checked and finite?", "probe:batch-check", "nan-immediately", "nan-after-n"),
        ["early-explosion"] = new("Did the loss rise above three times its first value within the first 50 points?", "train/loss"),
        ["large-first-loss"] = new("Is the first loss more than twice that of guessing?", "train/loss, config:num_classes"),
        ["rate-raised"] = new("Had the learning rate just gone up?", "lr", "loss-divergence", "loss-spike"),
        ["gradient-grows"] = new("Is the gradient norm of late more than twice what it was at first?", "grad_norm/total", [.. Clipped, "loss-divergence", "nan-after-n"]),
        ["updates-tiny"] = new("Does a step change the weights by less than 1e-5 of their size?", "update_ratio/<layer>"),
        ["updates-zero"] = new("Do the weights not change at all?", "update_ratio/<layer>", "plateau-from-start", "chance-level-plateau", "constant-loss"),
        ["rate-tiny"] = new("Is the learning rate 1e-6 or less?", "lr"),
        ["gradients-zero"] = new("Is the gradient norm exactly 0?", "grad_norm/total", Stuck),
        ["gradient-fades-with-depth"] = new("Does the first layer get less than a thousandth of the last layer's gradient?", "grad_norm/<layer>"),
        ["units-dead"] = new("Are half or more of a layer's units dead?", "dead_fraction/<layer>"),
        ["units-dead-from-start"] = new("Were they dead from the first step on?", "dead_fraction/<layer>", "dead-relu"),
        ["gradient-huge-from-start"] = new("Was the gradient norm huge at the first step, before any update?", "grad_norm/total", "grad-explosion"),
        ["weight-decay-small"] = new("Is weight decay below 1e-3?", "config:weight_decay", "param-norm-runaway"),
        ["weight-decay-large"] = new("Is weight decay 0.1 or more?", "config:weight_decay", "param-norm-collapse"),
        ["weights-collapsed"] = new("Has the norm of the weights collapsed?", "param_norm/total"),
        ["weights-grew-first"] = new("Did the weights grow before anything else went wrong?", "param_norm/total", "param-norm-runaway"),
        ["units-saturated"] = new("Are half or more of a layer's outputs saturated?", "saturated_fraction/<layer>"),
        ["units-saturated-from-start"] = new("Were they saturated from the first step on?", "saturated_fraction/<layer>", "saturated-activation"),
        ["rate-exhausted"] = new("Is the learning rate below a thousandth of its peak?", "lr"),
        ["wrong-before-rate-fell"] = new("Had something else gone wrong while the rate was still high?", "lr", "lr-decayed-early"),
        ["validation-is-close"] = new("Is the validation loss where the training loss is?", "val/loss"),
        ["accuracy-is-high"] = new("Did validation accuracy reach 0.9?", "val/accuracy"),
        ["loss-falls"] = new("Does the loss fall all the same?", "train/loss", [.. Clipped, "overfit-one-batch"]),
        ["strong-weight-decay"] = new("Is weight decay 0.1 or more?", "config:weight_decay", "underfitting"),
        ["validation-at-chance"] = new("Was training solved while validation was at chance?", "val/accuracy, train/accuracy"),
        ["class-missing"] = new("Do single classes fail while the others do well?", "val/acc_class_<class>"),
        ["task-forgotten"] = new("Did one task get worse while another was learnt?", "val/loss_<task>"),
        ["training-still-falls"] = new("Does the training loss still fall?", "train/loss", Stalled),
        ["rate-still-moves"] = new("Is the learning rate still a good part of its peak?", "lr", Stalled),
        ["gradient-vanished"] = new("Is the gradient norm down to 2 % of what it was at first?", "grad_norm/total", Stalled),
        ["evaluations-differ"] = new("Do the last evaluations differ at all?", "val/loss", Stalled),
        ["gap-widens"] = new("Does the gap between validation and training widen?", "train/loss, val/loss", Stalled),
        ["validation-creeps-up"] = new("Does validation creep up from its best?", "val/loss", Stalled),
        ["parameters-move"] = new("Does the norm of the parameters go on changing?", "param_norm/total", "constant-loss"),
    };
}
