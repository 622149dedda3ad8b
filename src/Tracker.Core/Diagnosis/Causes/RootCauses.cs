namespace Tracker.Core.Diagnosis.Causes;

/// <summary>The closed list of root causes; their order breaks ties.</summary>
internal static class RootCauses
{
    public const string Unknown = "unknown";

    /// <summary>The closed list, with titles.</summary>
    public static readonly IReadOnlyDictionary<string, string> Titles = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["lr-too-high"] = "learning rate too high",
        ["lr-too-low"] = "learning rate too low",
        ["lr-schedule-exhausted"] = "learning-rate schedule ran out too early",
        ["lr-schedule-misaligned"] = "learning-rate schedule does not fit the length of the run",
        ["warmup-missing-or-short"] = "warm-up missing or too short",
        ["bad-init-or-scale"] = "bad initialisation or unscaled inputs",
        ["vanishing-architecture"] = "gradients vanish in this architecture",
        ["dead-units"] = "dead units",
        ["attention-logits-too-large"] = "attention logits too large",
        ["disconnected-or-frozen"] = "parameters disconnected from the loss, or frozen",
        ["data-or-label-bug"] = "inputs and labels do not belong together",
        ["class-imbalance"] = "classes out of balance",
        ["bad-batches"] = "bad batches",
        ["ordering-or-shuffle"] = "data not shuffled",
        ["numeric-precision"] = "numeric precision or an undefined operation",
        ["clip-threshold-too-low"] = "clipping threshold too low",
        ["weight-decay-too-high"] = "weight decay too high",
        ["weight-decay-too-low"] = "weight decay too low",
        ["capacity-too-small"] = "model too small for the task",
        ["overfitting"] = "overfitting",
        ["catastrophic-forgetting"] = "catastrophic forgetting",
        ["eval-bug"] = "a bug in what is logged or evaluated",
        ["resource-starved"] = "starved of data, memory or time",
        ["schedule-kick"] = "the learning rate was cut",
        ["cyclic-lr"] = "the learning rate cycles",
        ["healthy"] = "nothing is wrong",
        ["not-logged"] = "not everything is logged",
        ["converged"] = "converged",
        ["saddle-point"] = "a saddle point",
        ["grokking-candidate"] = "memorised so far; may generalise later",
        ["double-descent"] = "double descent",
        [Unknown] = "cause undetermined",
    };

    /// <summary>Causes that are no fault.</summary>
    public static readonly IReadOnlyList<string> Benign = ["schedule-kick", "cyclic-lr", "healthy", "not-logged", "converged", "saddle-point", "grokking-candidate", "double-descent", Unknown];
}
