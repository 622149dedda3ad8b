namespace Tracker.Core.Tests.Diagnosis;

/// <summary>
/// What the catalogue has to hold: the ids that were asked for, by part, whether or not anything of it is built.
/// After an equals sign stands what answers a row that is no condition of its own: another condition, a root cause, a test, or why nothing can.
/// </summary>
internal static class SpecifiedConditions
{
    private const string Text = """
        loss curves: healthy-convergence loss-divergence nan-immediately nan-after-n consecutive-nan plateau-from-start chance-level-plateau stuck-after-drop constant-loss
          oscillating-loss late-oscillation excess-wiggle loss-spike recurrent-spikes slow-spike-recovery startup-spike schedule-kick epoch-boundary-jump masked-dead-part
          zero-train-loss low-lr-plateau adam-hot-divergence double-descent grokking catastrophic-forgetting ddp-divergence
          no-progress-200=stuck-after-drop spike-recover=loss-spike
        validation: overfitting generalization-gap underfitting val-much-higher train-above-val val-stall stale-validation val-erratic early-stop-point metric-implementation
          bn-eval-bug no-grad-missing split-leak aug-on-val loss-down-acc-stall acc-up-loss-stall val-loss-up-acc-flat grokking-candidate
        gradients: grad-explosion grad-spike grad-vanishing-depth grad-vanishing-global zero-gradient dead-layer grad-oscillation grad-uniformly-low clip-over-50 clip-over-80
          stuck-at-clip clip-inactive
        weights and units: param-norm-runaway param-norm-collapse update-too-small update-too-large weight-dominates weight-dist-collapse params-nonfinite dead-relu
          saturated-activation activation-drift activation-collapse attention-collapse logit-blowup
        learning rate: lr-too-high=lr-too-high lr-too-low=lr-too-low lr-decayed-early warmup-missing warmup-too-short warmup-too-long unintended-schedule cosine-floor-slow
          cyclic-lr-context scaling-mismatch lr-not-logged lr-finder lr-finder-biased
        numerics: amp-scale-collapse fp16-overflow numeric-op nan-input nan-target extreme-input nan-first-module
        data, classes, calibration: outlier-batch inputs-not-normalised class-collapse class-regression miscalibration calibration-drift downstream-regression
        system: gpu-underused memory-growth stalled-run step-time-regression
        probes: loss-at-init first-step-decrease overfit-one-batch grads-reach-all-params output-shape train-mode scheduler-in-checkpoint splits augmentation sharpness
          hessian-top-eig known-recipe
        logging: missing-val missing-lr missing-grad-norm missing-layer-norms missing-param-norm smoothed-input
        """;

    /// <summary>Each row with the condition or root cause that answers it.</summary>
    public static IReadOnlyList<(string Row, string Answer)> All { get; } =
        [.. Text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(word => word.Contains('-', StringComparison.Ordinal) || Single.Contains(word))
            .Select(word => word.Split('=') is [var row, var answer] ? (row, answer) : (word, word))];

    private static string[] Single => ["overfitting", "underfitting", "grokking", "miscalibration", "splits", "augmentation", "sharpness"];
}
