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
        new("lr-schedule-exhausted", "wrong-before-rate-fell", -4, 0),
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
        new("lr-too-low", "low-lr-plateau", 3),
        new("lr-too-high", "scaling-mismatch", 1),
        new("lr-too-low", "scaling-mismatch", 1),
        new("numeric-precision", "adam-hot-divergence", 3),
        new("lr-too-high", "adam-hot-divergence", 1),
        new("ordering-or-shuffle", "epoch-boundary-jump", 4),

        // Notes.
        new("healthy", "healthy-convergence", 3),
        new("not-logged", "lr-not-logged", 3),
        new("not-logged", "missing-lr", 3),
        new("not-logged", "missing-val", 3),
        new("not-logged", "missing-grad-norm", 3),
        new("not-logged", "missing-layer-norms", 3),
        new("not-logged", "missing-param-norm", 3),
        new("not-logged", "smoothed-input", 3),

        // Training against validation.
        new("overfitting", "zero-train-loss", 3),
        new("overfitting", "overfitting", 3),
        new("overfitting", "val-loss-up-acc-flat", 2),
        new("overfitting", "generalization-gap", 1),
        new("overfitting", "early-stop-point", 1),
        new("overfitting", "calibration-drift", 1),
        new("overfitting", "miscalibration", 1),
        new("overfitting", "acc-up-loss-stall", 1),
        new("overfitting", "loss-down-acc-stall", 1),
        new("overfitting", "downstream-regression", 1),
        new("eval-bug", "stale-validation", 3),
        new("eval-bug", "val-erratic", 3),
        new("eval-bug", "bn-eval-bug", 3),
        new("eval-bug", "val-much-higher", 3),
        new("eval-bug", "metric-implementation", 3),
        new("eval-bug", "train-above-val", 1),
        new("data-or-label-bug", "val-much-higher", 1),
        new("data-or-label-bug", "train-above-val", 1),
        new("capacity-too-small", "underfitting", 3),
        new("data-or-label-bug", "underfitting", 1),
        new("lr-too-low", "underfitting", 1),
        new("weight-decay-too-high", "underfitting", 1),
        new("weight-decay-too-high", "strong-weight-decay", 2, -1),
        new("converged", "early-stop-point", 1),
        new("grokking-candidate", "grokking-candidate", 3),
        new("grokking-candidate", "grokking", 3),
        new("grokking-candidate", "generalization-gap", 1),
        new("grokking-candidate", "miscalibration", 1),
        new("grokking-candidate", "early-stop-point", 1),
        new("grokking-candidate", "double-descent", 1),
        new("grokking-candidate", "validation-at-chance", 2, -4),
        new("double-descent", "double-descent", 3),
        new("bad-init-or-scale", "loss-at-init", 3),
        new("eval-bug", "loss-at-init", 1),

        // Validation that does not move: five hypotheses.
        new("converged", "val-stall", 1),
        new("saddle-point", "val-stall", 1),
        new("lr-schedule-exhausted", "val-stall", 1),
        new("eval-bug", "val-stall", 1),
        new("overfitting", "val-stall", 1),
        new("converged", "training-still-falls", -1, 2),
        new("converged", "rate-still-moves", -2, 1),
        new("saddle-point", "training-still-falls", -3, 1),
        new("saddle-point", "gradient-vanished", 2, -2),
        new("lr-schedule-exhausted", "rate-still-moves", -2, 2),
        new("lr-schedule-exhausted", "training-still-falls", -1, 0),
        new("eval-bug", "evaluations-differ", -2, 3),
        new("eval-bug", "training-still-falls", 1, -1),
        new("overfitting", "training-still-falls", 1, -2),
        new("overfitting", "gap-widens", 1, -1),
        new("overfitting", "validation-creeps-up", 2, -1),

        // Classes and tasks.
        new("class-imbalance", "class-collapse", 3),
        new("class-imbalance", "class-regression", 2),
        new("class-imbalance", "loss-down-acc-stall", 1),
        new("class-imbalance", "val-loss-up-acc-flat", 1),
        new("class-imbalance", "overfitting", 1),
        new("class-imbalance", "generalization-gap", 1),
        new("class-imbalance", "calibration-drift", 1),
        new("class-imbalance", "early-stop-point", 1),
        new("class-imbalance", "class-missing", 1, -4),
        new("data-or-label-bug", "class-collapse", 1),
        new("catastrophic-forgetting", "catastrophic-forgetting", 3),
        new("catastrophic-forgetting", "class-regression", 1),
        new("catastrophic-forgetting", "downstream-regression", 1),
        new("catastrophic-forgetting", "loss-divergence", 1),
        new("catastrophic-forgetting", "task-forgotten", 1, -4),

        // Clipping.
        new("clip-threshold-too-low", "clip-over-50", 1),
        new("clip-threshold-too-low", "clip-over-80", 2),
        new("clip-threshold-too-low", "stuck-at-clip", 3),
        new("lr-too-high", "clip-over-50", 1),
        new("lr-too-high", "clip-over-80", 1),
        new("clip-threshold-too-low", "gradient-grows", -1, 1),
        new("clip-threshold-too-low", "loss-falls", 1, 0),
        new("lr-too-high", "loss-falls", -1, 0),
        new("disconnected-or-frozen", "loss-falls", -3, 0),
        new("capacity-too-small", "loss-falls", 1, 0),

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
        new("dead-units", "masked-dead-part", 1),
        new("disconnected-or-frozen", "masked-dead-part", 1),
        new("lr-too-high", "masked-dead-part", 1),
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
        new("dead-units", "units-dead-from-start", 0, -2),
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
        new("dead-units", "grad-vanishing-global", 1),
        new("vanishing-architecture", "grad-vanishing-global", 1),
        new("lr-too-high", "grad-vanishing-global", 1),
        new("lr-schedule-exhausted", "grad-uniformly-low", 1),
        new("vanishing-architecture", "grad-uniformly-low", 1),
        new("dead-units", "grad-uniformly-low", 1),
        new("lr-too-high", "grad-oscillation", 2),
        new("lr-too-low", "clip-inactive", 1),
        new("weight-decay-too-high", "weight-dist-collapse", 2),
        new("dead-units", "weight-dist-collapse", 1),
        new("bad-init-or-scale", "weight-dominates", 2),
        new("weight-decay-too-low", "weight-dominates", 1),
        new("dead-units", "activation-collapse", 2),
        new("weight-decay-too-high", "activation-collapse", 1),
        new("lr-too-high", "activation-collapse", 1),
        new("bad-init-or-scale", "activation-drift", 2),
        new("weight-decay-too-low", "activation-drift", 1),
        new("lr-too-high", "activation-drift", 1),
        new("attention-logits-too-large", "logit-blowup", 1),
        new("weight-decay-too-low", "logit-blowup", 2),
        new("lr-too-high", "logit-blowup", 1),
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

        // Probes in the training process, batches by id, numerics.
        new("lr-too-high", "params-nonfinite", 1),
        new("numeric-precision", "params-nonfinite", 1),
        new("bad-batches", "params-nonfinite", 1),
        new("bad-batches", "parameters-clean", 3, 0),
        new("numeric-precision", "numeric-op", 3),
        new("numeric-precision", "nan-first-module", 2),
        new("bad-batches", "nan-first-module", 1),
        new("bad-batches", "nan-input", 4),
        new("bad-batches", "nan-target", 4),
        new("data-or-label-bug", "nan-target", 1),
        new("bad-batches", "extreme-input", 2),
        new("bad-init-or-scale", "extreme-input", 2),
        new("bad-batches", "batches-clean", -2, 0),
        new("numeric-precision", "amp-scale-collapse", 3),
        new("lr-too-high", "amp-scale-collapse", 1),
        new("numeric-precision", "fp16-overflow", 2),
        new("bad-batches", "outlier-batch", 3),
        new("bad-init-or-scale", "inputs-not-normalised", 3),
        new("disconnected-or-frozen", "overfit-one-batch", 2),
        new("data-or-label-bug", "overfit-one-batch", 1),
        new("vanishing-architecture", "overfit-one-batch", 1),
        new("dead-units", "overfit-one-batch", 1),
        new("lr-too-low", "overfit-one-batch", 1),
        new("capacity-too-small", "overfit-one-batch", 1),
        new("lr-too-low", "one-batch-learnt", 1, 0),
        new("lr-schedule-exhausted", "one-batch-learnt", 1, 0),
        new("data-or-label-bug", "one-batch-learnt", 1, 0),
        new("vanishing-architecture", "one-batch-learnt", -2, 1),
        new("dead-units", "one-batch-learnt", -2, 1),
        new("disconnected-or-frozen", "one-batch-learnt", -3, 2),
        new("lr-too-high", "first-step-decrease", 2),
        new("disconnected-or-frozen", "first-step-decrease", 2),
        new("lr-too-high", "first-step-changed", 1, -3),
        new("disconnected-or-frozen", "first-step-changed", -1, 2),
        new("disconnected-or-frozen", "grads-reach-all-params", 3),
        new("data-or-label-bug", "output-shape", 3),
        new("eval-bug", "train-mode", 3),
        new("eval-bug", "no-grad-missing", 3),
        new("lr-schedule-misaligned", "scheduler-in-checkpoint", 3),
        new("eval-bug", "splits", 3),
        new("eval-bug", "split-leak", 3),
        new("overfitting", "augmentation", 2),
        new("eval-bug", "aug-on-val", 3),
        new("overfitting", "sharpness", 1),
        new("lr-too-high", "hessian-top-eig", 2),
        new("lr-too-high", "lr-finder", 2),
        new("class-imbalance", "lr-finder-biased", 2),

        // The machine and the ranks.
        new("resource-starved", "gpu-underused", 3),
        new("resource-starved", "memory-growth", 3),
        new("resource-starved", "stalled-run", 3),
        new("resource-starved", "step-time-regression", 3),
        new("ordering-or-shuffle", "ddp-divergence", 3),
    ];

    /// <summary>The rows of each cause, in the order of <see cref="RootCauses.Titles"/>.</summary>
    public static readonly (string Cause, Row[] Rows)[] ByCause = RootCauses.Titles.Keys.Select(c => (c, Rows.Where(r => r.Cause == c).ToArray())).Where(c => c.Item2.Length > 0).ToArray();

    public static Row[] RowsOf(string cause) => Table.GetValueOrDefault(cause)?.Rows ?? [];

    private static readonly Dictionary<string, CauseRows> Table = ByCause.ToDictionary(c => c.Cause, c => new CauseRows(c.Rows), StringComparer.Ordinal);

    private static readonly Dictionary<string, (string Cause, int Weight, bool IsOnly)> Deciders = Rows.Where(r => r.Yes > 0).GroupBy(r => r.Sign, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, g => (g.MaxBy(r => r.Yes)!.Cause, g.Max(r => r.Yes), g.Count(r => r.Yes == g.Max(o => o.Yes)) == 1), StringComparer.Ordinal);

    /// <summary>What a sign that holds says of a cause; 0 where the table says nothing.</summary>
    public static int Weight(string cause, string sign) => Table.TryGetValue(cause, out var rows) ? rows.Greatest.GetValueOrDefault(sign) : 0;

    /// <summary>What a sign says of a cause where it holds, and where it is known not to.</summary>
    public static (int Yes, int No) Weights(string cause, string sign) => Table.TryGetValue(cause, out var rows) ? rows.First.GetValueOrDefault(sign) : default;

    /// <summary>The cause for which a sign speaks most, and whether it is the only one for which it speaks as much.</summary>
    public static (string Cause, int Weight, bool IsOnly) Strongest(string sign) => Deciders.GetValueOrDefault(sign, ("", 0, false));

    /// <summary>Whether a cause explains a condition: it has a positive weight for it.</summary>
    public static bool Explains(string cause, string condition) => Weight(cause, condition) > 0;

    /// <summary>The rows of one cause, and their weights by sign.</summary>
    private sealed class CauseRows(Row[] rows)
    {
        public Row[] Rows => rows;
        public Dictionary<string, int> Greatest { get; } = rows.GroupBy(r => r.Sign, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Max(r => r.Yes), StringComparer.Ordinal);

        public Dictionary<string, (int Yes, int No)> First { get; } = rows.GroupBy(r => r.Sign, StringComparer.Ordinal).ToDictionary(g => g.Key, g => (g.First().Yes, g.First().No), StringComparer.Ordinal);
    }
}
