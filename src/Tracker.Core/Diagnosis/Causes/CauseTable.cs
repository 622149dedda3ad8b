namespace Tracker.Core.Diagnosis.Causes;

/// <summary>
/// What speaks for and against each root cause, as data: log-likelihood ratios from −3 (excludes) to +3 (decides).
/// A row names a condition (it counts while the diagnosis has that signal) or a fact of <see cref="Facts"/>.
/// A fact that cannot be known, because its series is not logged, counts nothing.
/// </summary>
internal static class CauseTable
{
    /// <param name="Cause">Id of the root cause.</param>
    /// <param name="Sign">A condition of the catalogue, or a fact.</param>
    /// <param name="Yes">Weight when it holds.</param>
    /// <param name="No">Weight when it is known not to hold.</param>
    internal sealed record Row(string Cause, string Sign, int Yes, int No = 0);

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
        ["converged"] = "converged",
        [Unknown] = "cause undetermined",
    };

    public static readonly Row[] Rows =
    [
        // Non-finite values.
        new("numeric-precision", "nan-immediately", 2),
        new("bad-init-or-scale", "nan-immediately", 1),
        new("lr-too-high", "nan-immediately", 1),
        new("bad-batches", "nan-after-n", 1),
        new("numeric-precision", "nan-after-n", 1),
        new("lr-too-high", "nan-after-n", 1),
        new("numeric-precision", "consecutive-nan", 1),
        new("bad-batches", "consecutive-nan", 1),
        new("lr-too-high", "consecutive-nan", 1),
        new("numeric-precision", "first-value-not-finite", 2, 0),
        new("bad-init-or-scale", "first-value-not-finite", 1, 0),
        new("lr-too-high", "first-value-not-finite", -3, 0),
        new("bad-batches", "first-value-not-finite", -2, 0),
        new("lr-too-high", "gradient-surged", 3, -2),
        new("bad-init-or-scale", "gradient-surged", 1, 0),
        new("bad-batches", "gradient-surged", -2, 2),
        new("numeric-precision", "gradient-surged", -1, 1),
        new("lr-too-high", "loss-surged", 1, -1),
        new("numeric-precision", "half-precision", 2, 0),
        new("numeric-precision", "probabilities-saturated", 2, 0),
        new("bad-batches", "probabilities-saturated", -1, 0),
        new("numeric-precision", "loss-scale-fell", 3, -1),

        // Divergence and collapse.
        new("lr-too-high", "loss-divergence", 2),
        new("bad-batches", "loss-divergence", 1),
        new("data-or-label-bug", "loss-divergence", 1),
        new("numeric-precision", "loss-divergence", 1),
        new("lr-too-high", "early-explosion", 3, -2),
        new("lr-too-low", "early-explosion", -3, 0),
        new("disconnected-or-frozen", "early-explosion", -2, 0),
        new("dead-units", "early-explosion", -2, 0),
        new("bad-init-or-scale", "large-first-loss", 2, -1),
        new("lr-too-high", "rate-raised", 2, -1),
        new("bad-batches", "rate-raised", -2, 0),
        new("data-or-label-bug", "rate-raised", 0, 1),
        new("lr-too-high", "gradient-grows", 1, -1),
        new("dead-units", "loss-divergence", -2),

        // Spikes and swings.
        new("bad-batches", "loss-spike", 3),
        new("lr-too-high", "loss-spike", 1),
        new("bad-batches", "recurrent-spikes", 2),
        new("lr-too-high", "recurrent-spikes", 1),
        new("bad-batches", "slow-spike-recovery", 2),
        new("lr-too-high", "slow-spike-recovery", 1),
        new("data-or-label-bug", "slow-spike-recovery", 1),
        new("lr-too-high", "oscillating-loss", 3),
        new("lr-too-high", "late-oscillation", 2),
        new("lr-schedule-misaligned", "late-oscillation", 1),
        new("lr-too-high", "excess-wiggle", 2),
        new("lr-schedule-misaligned", "cosine-floor-slow", 3),

        // Never learned.
        new("lr-too-low", "plateau-from-start", 1),
        new("lr-too-high", "plateau-from-start", 1),
        new("vanishing-architecture", "plateau-from-start", 1),
        new("dead-units", "plateau-from-start", 1),
        new("disconnected-or-frozen", "plateau-from-start", 1),
        new("data-or-label-bug", "plateau-from-start", 1),
        new("lr-too-low", "chance-level-plateau", 1),
        new("lr-too-high", "chance-level-plateau", 1),
        new("vanishing-architecture", "chance-level-plateau", 1),
        new("dead-units", "chance-level-plateau", 1),
        new("disconnected-or-frozen", "chance-level-plateau", 1),
        new("data-or-label-bug", "chance-level-plateau", 2),
        new("lr-too-low", "updates-tiny", 3, -2),
        new("lr-too-low", "rate-tiny", 3, -1),
        new("disconnected-or-frozen", "updates-zero", 3, -1),
        new("lr-too-low", "updates-zero", -1, 0),
        new("data-or-label-bug", "updates-tiny", -2, 1),
        new("data-or-label-bug", "rate-tiny", -2, 0),
        new("disconnected-or-frozen", "gradients-zero", 2, -1),
        new("data-or-label-bug", "gradients-zero", -3, 0),
        new("vanishing-architecture", "gradient-fades-with-depth", 4, -3),
        new("data-or-label-bug", "gradient-fades-with-depth", -2, 0),
        new("lr-too-low", "gradient-fades-with-depth", -1, 0),
        new("dead-units", "units-dead", 2, -3),
        new("data-or-label-bug", "units-dead", -2, 0),

        // Flat after a drop; the schedule.
        new("capacity-too-small", "stuck-after-drop", 1),
        new("lr-schedule-exhausted", "stuck-after-drop", 1),
        new("converged", "stuck-after-drop", 1),
        new("dead-units", "stuck-after-drop", 1),
        new("vanishing-architecture", "stuck-after-drop", 1),
        new("lr-schedule-exhausted", "lr-decayed-early", 3),
        new("lr-schedule-misaligned", "lr-decayed-early", 1),
        new("lr-schedule-exhausted", "rate-exhausted", 2, -3),
        new("lr-schedule-exhausted", "updates-tiny", 1, 0),
        new("capacity-too-small", "rate-exhausted", -2, 0),
        new("converged", "rate-exhausted", -1, 0),
        new("capacity-too-small", "validation-is-close", 1, -2),
        new("converged", "accuracy-is-high", 2, -1),
        new("capacity-too-small", "accuracy-is-high", -2, 1),
        new("warmup-missing-or-short", "startup-spike", 3),
        new("lr-too-high", "startup-spike", 1),
        new("warmup-missing-or-short", "warmup-missing", 3),
        new("warmup-missing-or-short", "warmup-too-short", 3),
        new("lr-schedule-misaligned", "warmup-too-long", 3),
        new("lr-schedule-misaligned", "unintended-schedule", 3),
        new("cyclic-lr", "cyclic-lr-context", 3),
        new("schedule-kick", "schedule-kick", 3),

        // Training against validation.
        new("overfitting", "overfitting", 3),

        // Clipping.
        new("clip-threshold-too-low", "clip-over-50", 1),
        new("clip-threshold-too-low", "clip-over-80", 2),
        new("clip-threshold-too-low", "stuck-at-clip", 3),
        new("lr-too-high", "clip-over-50", 1),
        new("lr-too-high", "clip-over-80", 1),
        new("clip-threshold-too-low", "gradient-grows", -1, 1),
        new("clip-threshold-too-low", "loss-falls", 1, 0),
        new("lr-too-high", "loss-falls", -1, 0),

        // Nothing flows.
        new("disconnected-or-frozen", "constant-loss", 3),
        new("lr-too-low", "constant-loss", 1),
        new("eval-bug", "constant-loss", 1),
        new("eval-bug", "parameters-move", 3, -2),
        new("disconnected-or-frozen", "parameters-move", -1, 1),
        new("disconnected-or-frozen", "zero-gradient", 2),
        new("dead-units", "zero-gradient", 2),
        new("lr-too-high", "zero-gradient", 1),
        new("disconnected-or-frozen", "dead-layer", 3),
        new("dead-units", "dead-layer", 1),
        new("lr-too-high", "dead-layer", 1),

        // Depth and units.
        new("vanishing-architecture", "grad-vanishing-depth", 3),
        new("bad-init-or-scale", "grad-vanishing-depth", 1),
        new("dead-units", "dead-relu", 2),
        new("bad-init-or-scale", "dead-relu", 1),
        new("lr-too-high", "dead-relu", 1),
        new("bad-init-or-scale", "units-dead-from-start", 1, -2),
        new("lr-too-high", "units-dead-from-start", -2, 1),
        new("bad-init-or-scale", "saturated-activation", 2),
        new("lr-too-high", "saturated-activation", 1),
        new("weight-decay-too-low", "saturated-activation", 1),
        new("bad-init-or-scale", "units-saturated-from-start", 2, -2),
        new("bad-init-or-scale", "plateau-from-start", 1),
        new("bad-init-or-scale", "chance-level-plateau", 1),
        new("bad-init-or-scale", "units-saturated", 1, -1),
        new("data-or-label-bug", "units-saturated", -3, 0),
        new("vanishing-architecture", "units-saturated", -1, 0),
        new("lr-too-high", "units-saturated-from-start", -2, 2),
        new("attention-logits-too-large", "attention-collapse", 3),
        new("bad-init-or-scale", "attention-collapse", 1),
        new("lr-too-high", "attention-collapse", 1),

        // Sizes of gradients, weights and updates.
        new("lr-too-high", "grad-explosion", 2),
        new("bad-init-or-scale", "grad-explosion", 1),
        new("numeric-precision", "grad-explosion", 1),
        new("bad-init-or-scale", "gradient-huge-from-start", 3, -1),
        new("bad-batches", "grad-spike", 2),
        new("lr-too-high", "grad-spike", 1),
        new("weight-decay-too-low", "param-norm-runaway", 3),
        new("lr-too-high", "param-norm-runaway", 1),
        new("weight-decay-too-low", "weight-decay-small", 1, -2),
        new("weight-decay-too-low", "weights-grew-first", 3, -3),
        new("lr-too-high", "weights-grew-first", -3, 0),
        new("weight-decay-too-high", "param-norm-collapse", 3),
        // What shrinking weights bring with them; without the collapse none of it speaks for them.
        new("weight-decay-too-high", "weights-collapsed", 0, -4),
        new("weight-decay-too-high", "loss-divergence", 1),
        new("weight-decay-too-high", "plateau-from-start", 1),
        new("weight-decay-too-high", "chance-level-plateau", 1),
        new("weight-decay-too-high", "stuck-after-drop", 1),
        new("weight-decay-too-high", "dead-relu", 1),
        new("weight-decay-too-high", "dead-layer", 1),
        new("weight-decay-too-high", "grad-vanishing-depth", 1),
        new("weight-decay-too-high", "update-too-large", 1),
        new("weight-decay-too-high", "weight-decay-large", 2, -1),
        new("lr-too-low", "update-too-small", 2),
        new("lr-schedule-exhausted", "update-too-small", 1),
        new("disconnected-or-frozen", "update-too-small", 1),
        new("lr-too-high", "update-too-large", 2),
        new("bad-init-or-scale", "update-too-large", 1),
    ];

    /// <summary>Whether a cause explains a condition: it has a positive weight for it.</summary>
    public static bool Explains(string cause, string condition) => Array.Exists(Rows, r => r.Yes > 0 && r.Cause == cause && r.Sign == condition);
}
