namespace Tracker.Bench.Diagnosis;

/// <summary>Which conditions of the catalogue find what the labels name, and what a label says besides itself.</summary>
internal static class Vocabulary
{
    private static readonly Dictionary<string, string[]> Same = new(StringComparer.Ordinal)
    {
        ["nan-loss"] = ["nan-immediately", "nan-after-n", "consecutive-nan", "amp-scale-collapse", "params-nonfinite"],
        ["loss-divergence"] = ["loss-divergence", "adam-hot-divergence", "slow-spike-recovery"],
        ["loss-spike"] = ["loss-spike", "recurrent-spikes", "slow-spike-recovery", "startup-spike"],
        ["loss-oscillation"] = ["oscillating-loss", "late-oscillation", "excess-wiggle"],
        ["plateau-from-start"] = ["plateau-from-start", "chance-level-plateau"],
        ["loss-constant"] = ["constant-loss"],
        ["plateau-after-progress"] = ["stuck-after-drop", "lr-decayed-early", "low-lr-plateau", "val-stall"],
        ["overfitting"] = ["overfitting", "zero-train-loss", "early-stop-point"],
        ["generalization-gap"] = ["generalization-gap", "overfitting", "zero-train-loss"],
        ["underfitting"] = ["underfitting", "stuck-after-drop", "chance-level-plateau", "plateau-from-start"],
        ["schedule-kick"] = ["schedule-kick"],
        ["clipping-saturated"] = ["clip-over-50", "clip-over-80"],
        ["stuck-at-clip-threshold"] = ["stuck-at-clip"],
        ["gradient-vanishing"] = ["grad-vanishing-depth", "grad-vanishing-global", "grad-uniformly-low"],
        ["gradient-exploding"] = ["grad-explosion", "grad-spike"],
        ["zero-gradient-layer"] = ["zero-gradient", "dead-layer", "masked-dead-part"],
        ["dead-relu"] = ["dead-relu", "masked-dead-part"],
        ["saturated-activations"] = ["saturated-activation"],
        ["weight-norm-growth"] = ["param-norm-runaway"],
        ["weight-norm-collapse"] = ["param-norm-collapse", "weight-dist-collapse"],
        ["update-ratio-too-small"] = ["update-too-small"],
        ["update-ratio-too-large"] = ["update-too-large"],
        ["attention-collapse"] = ["attention-collapse"],
        ["lr-schedule-misaligned"] = ["lr-decayed-early", "unintended-schedule", "warmup-too-long", "cosine-floor-slow"],
        ["warmup-missing"] = ["warmup-missing", "startup-spike", "warmup-too-short"],
        ["bad-initial-loss"] = ["loss-at-init"],
        ["epoch-boundary-jumps"] = ["epoch-boundary-jump"],
        ["class-collapse"] = ["class-collapse", "class-regression"],
        ["calibration-drift"] = ["miscalibration", "calibration-drift", "val-loss-up-acc-flat"],
        ["loss-accuracy-divergence"] = ["val-loss-up-acc-flat", "metric-implementation", "loss-down-acc-stall", "overfitting"],
        ["constant-validation"] = ["stale-validation"],
        ["validation-erratic"] = ["val-erratic", "bn-eval-bug", "val-much-higher"],
        ["grokking"] = ["grokking", "grokking-candidate"],
        ["forgetting"] = ["catastrophic-forgetting"],
    };

    private static readonly Dictionary<string, string[]> Implied = new(StringComparer.Ordinal)
    {
        ["nan-loss"] = ["loss-divergence", "gradient-exploding"],
        ["overfitting"] = ["generalization-gap", "loss-accuracy-divergence", "calibration-drift"],
        ["generalization-gap"] = ["overfitting"],
        ["plateau-from-start"] = ["underfitting"],
        ["loss-constant"] = ["plateau-from-start", "zero-gradient-layer", "underfitting"],
        ["zero-gradient-layer"] = ["gradient-vanishing"],
        ["plateau-after-progress"] = ["underfitting"],
        ["underfitting"] = ["plateau-after-progress"],
    };

    /// <summary>The conditions of which any finds what a label names.</summary>
    public static IEnumerable<string> Finding(string label) => Same.GetValueOrDefault(label, []).Append(label);

    /// <summary>All conditions that are no false alarm on a run.</summary>
    public static HashSet<string> TrueOf(RunLabel run)
    {
        var labels = run.Conditions.Select(condition => condition.Id).Concat(run.Allowed).ToHashSet(StringComparer.Ordinal);
        foreach (var label in labels.ToList()) labels.UnionWith(Implied.GetValueOrDefault(label, []));
        return [.. labels.SelectMany(Finding)];
    }
}
