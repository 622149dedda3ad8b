namespace Tracker.Core.Diagnosis;

/// <summary>
/// The catalogue as people read it: every condition in one line. <c>docs/diagnoses.md</c> is generated from it, the blindness report asks it,
/// and tests hold it against the detectors: their ids, the severities that they raise, the pages that describe them.
/// </summary>
public static class Conditions
{
    /// <summary>All of them, by section.</summary>
    public static IReadOnlyList<Condition> All { get; } =
    [
        .. Of("Not finite",
        [
            new("nan-immediately", "not finite within the first points", "high crit", "train/loss|val/loss|grad_norm/total|param_norm/total"),
            new("nan-after-n", "finite, then not", "high crit", "train/loss|val/loss|grad_norm/total|param_norm/total"),
            new("consecutive-nan", "not finite three times in a row", "crit", "train/loss|grad_norm/total"),
        ]),
        .. Of("Loss",
        [
            new("constant-loss", "exactly the same value", "crit", "train/loss"),
            new("plateau-from-start", "never left its start", "info high", "train/loss"),
            new("chance-level-plateau", "flat at log(classes)", "high", "train/loss config:num_classes"),
            new("stuck-after-drop", "fell, then flat", "info warn", "train/loss"),
            new("loss-spike", "one jump, and back", "info", "train/loss"),
            new("recurrent-spikes", "three jumps in 1,000 points", "warn", "train/loss"),
            new("slow-spike-recovery", "a jump, and not back", "high", "train/loss"),
            new("loss-divergence", "climbs and does not return", "high crit", "train/loss"),
            new("oscillating-loss", "up and down, getting nowhere", "info warn high", "train/loss"),
            new("late-oscillation", "noisier late in the run", "info warn", "train/loss config:total_steps"),
            new("excess-wiggle", "more noise than batches explain", "info", "train/loss config:total_steps"),
            new("schedule-kick", "falls where the rate was cut", "info", "train/loss lr"),
            new("epoch-boundary-jump", "follows the place in the epoch", "info warn", "train/loss epoch|config:steps_per_epoch"),
            new("low-lr-plateau", "creeps at a low constant rate", "info", "train/loss lr|config:lr"),
            new("adam-hot-divergence", "diverges under Adam in fp16", "crit", "train/loss config:optimizer config:precision"),
            new("healthy-convergence", "falls, and nothing is wrong", "info", "train/loss"),
        ]),
        .. Of("Validation",
        [
            new("overfitting", "validation rises while training falls", "warn high", "train/loss val/loss"),
            new("early-stop-point", "the best evaluation was then", "info", "train/loss val/loss"),
            new("double-descent", "rose, then a new best", "info", "train/loss val/loss"),
            new("generalization-gap", "validation well above training", "info", "train/loss val/loss"),
            new("underfitting", "both high, close and flat", "info warn", "train/loss val/loss"),
            new("val-much-higher", "far above training from the start", "info warn high", "train/loss val/loss"),
            new("train-above-val", "training above validation", "info", "train/loss val/loss"),
            new("val-stall", "does not move: wait or restart", "info", "train/loss val/loss"),
            new("stale-validation", "exactly the same value", "high", "train/loss val/loss"),
            new("val-erratic", "jumps about while training is smooth", "warn", "train/loss val/loss"),
            new("bn-eval-bug", "evaluated in the wrong mode", "high", "train/loss val/loss"),
            new("grokking-candidate", "solved in training, at chance in validation", "info", "train/loss val/loss"),
            new("grokking", "validation follows late", "info", "train/loss val/loss"),
            new("catastrophic-forgetting", "one task for another", "high", "val/loss_<task>|val/accuracy_<task>"),
        ]),
        .. Of("Loss and accuracy, classes, calibration",
        [
            new("loss-at-init", "the first loss is not that of guessing", "info warn", "train/loss config:num_classes"),
            new("metric-implementation", "loss learnt, accuracy at chance", "info warn", "val/loss val/accuracy"),
            new("loss-down-acc-stall", "loss falls, accuracy stays", "info", "val/loss val/accuracy"),
            new("acc-up-loss-stall", "accuracy rises, loss stays", "info", "val/loss val/accuracy"),
            new("val-loss-up-acc-flat", "loss rises, accuracy stays", "warn", "val/loss val/accuracy"),
            new("class-collapse", "a class is never recognised", "warn", "val/acc_class_<class>"),
            new("class-regression", "a class gets worse", "warn", "val/acc_class_<class>"),
            new("miscalibration", "probabilities are off", "info", "val/ece"),
            new("calibration-drift", "probabilities get worse", "info warn", "val/ece"),
            new("downstream-regression", "a metric falls from its best", "warn", "val/<metric>"),
            new("zero-train-loss", "memorised", "info warn", "train/loss val/loss"),
        ]),
        .. Of("Gradients",
        [
            new("grad-explosion", "the norm leaves every level it has had", "warn high", "grad_norm/total"),
            new("grad-spike", "one gradient far above the others", "info", "grad_norm/total"),
            new("grad-vanishing-global", "all gradients fade while the loss is high", "warn", "grad_norm/total"),
            new("grad-oscillation", "the norm swings tenfold", "info", "grad_norm/total"),
            new("clip-over-50", "clipped in more than half of the steps", "warn", "clip/active|grad_norm/total clip/active|clip/threshold|config:max_grad_norm"),
            new("clip-over-80", "clipped in more than 80 % of the steps", "high", "clip/active|grad_norm/total clip/active|clip/threshold|config:max_grad_norm"),
            new("stuck-at-clip", "the norm sits at the threshold", "warn", "grad_norm/total"),
            new("clip-inactive", "the threshold is never reached, and the run is stuck", "info", "train/loss grad_norm/total clip/threshold|config:max_grad_norm"),
            new("zero-gradient", "all gradients exactly 0", "crit", "grad_norm/total"),
            new("dead-layer", "one layer without gradient", "warn high", "grad_norm/<layer>|grads/<layer>"),
            new("grad-vanishing-depth", "the first layer gets almost nothing", "info warn high", "grad_norm/<layer>"),
            new("grad-uniformly-low", "all layers together are low", "info warn", "grad_norm/<layer>"),
        ]),
        .. Of("Weights and updates",
        [
            new("param-norm-runaway", "the weights grow and grow", "warn", "param_norm/total"),
            new("param-norm-collapse", "the weights shrink to nothing", "info warn high", "param_norm/total|param_norm/<layer>"),
            new("update-too-small", "a step changes nothing", "info warn high", "update_ratio/<layer>"),
            new("update-too-large", "a step changes too much", "info warn", "update_ratio/<layer>"),
            new("weight-dominates", "one weight far above the rest", "info", "weights/<layer>"),
            new("weight-dist-collapse", "weights drawn together", "warn", "weights/<layer>"),
        ]),
        .. Of("Units",
        [
            new("dead-relu", "half of a layer is dead", "info warn high", "dead_fraction/<layer>|activations/<layer>"),
            new("saturated-activation", "half of a layer's outputs at their ends", "info warn", "saturated_fraction/<layer>|activations/<layer>"),
            new("activation-collapse", "the same output for every input", "info high", "act_std/<layer>|activations/<layer>"),
            new("activation-drift", "activations change their size tenfold", "info warn", "act_std/<layer>|activations/<layer>"),
            new("attention-collapse", "attention is one-hot", "info warn", "attention_entropy/<layer>"),
            new("masked-dead-part", "dead, though the loss falls", "warn high", "train/loss grad_norm/<layer>|dead_fraction/<layer>"),
            new("logit-blowup", "logits grow without bound", "warn high", "logit_max"),
        ]),
        .. Of("Learning rate",
        [
            new("lr-decayed-early", "the rate ran out", "info high", "lr"),
            new("startup-spike", "jumps in the first steps", "info", "train/loss"),
            new("warmup-missing", "full rate from the first step", "info", "train/loss lr|config:schedule"),
            new("warmup-too-short", "unstable after the warm-up", "info", "train/loss lr"),
            new("warmup-too-long", "still rising after a fifth", "info warn", "lr"),
            new("unintended-schedule", "not what the config says", "info warn", "lr"),
            new("cyclic-lr-context", "cycles, as meant", "info", "lr"),
            new("cosine-floor-slow", "still high at the end", "info", "train/loss lr config:total_steps"),
            new("scaling-mismatch", "another batch size, the same rate", "info", "event:sibling"),
        ]),
        .. Of("Logging",
        [
            new("smoothed-input", "looks smoothed", "info", "train/loss"),
            new("lr-not-logged", "rate configured, not logged", "info", "train/loss"),
            new("missing-lr", "no rate known", "info", "train/loss"),
            new("missing-val", "nothing validated", "info", "train/loss"),
            new("missing-grad-norm", "no gradient norm", "info", "train/loss"),
            new("missing-layer-norms", "no layer norms", "info", "train/loss"),
            new("missing-param-norm", "no norm of the parameters", "info", "train/loss"),
        ]),
        .. Of("Numerics",
        [
            new("amp-scale-collapse", "the loss scale is halved to nothing", "high", "amp/scale"),
            new("fp16-overflow", "a NaN beside half precision", "info", "train/loss amp/scale|config:precision"),
            new("params-nonfinite", "tensors of the model are NaN", "crit", "probe:nonfinite-params"),
            new("numeric-op", "the operation that made the NaN", "crit", "probe:numeric-op"),
            new("nan-first-module", "the module that gave the first NaN", "crit", "probe:nan-first-module"),
        ]),
        .. Of("Data",
        [
            new("nan-input", "NaN in the inputs of a batch", "crit", "probe:batch-check"),
            new("nan-target", "NaN in the targets of a batch", "crit", "probe:batch-check"),
            new("extreme-input", "inputs above 100", "warn", "probe:batch-check"),
            new("inputs-not-normalised", "inputs far from mean 0 and deviation 1", "info warn", "input/mean|input/std|probe:input-stats"),
            new("outlier-batch", "the batch ids behind spikes", "info warn", "train/loss event:batch"),
        ]),
        .. Of("Checks before and beside training (probes)",
        [
            new("overfit-one-batch", "one batch cannot be learnt", "warn crit", "probe:overfit-one-batch"),
            new("first-step-decrease", "one step does not lower the loss", "warn", "probe:first-step"),
            new("grads-reach-all-params", "parameters without gradient", "high", "probe:grads-reach-all-params"),
            new("output-shape", "output and target do not fit", "warn", "probe:output-shape"),
            new("train-mode", "wrong mode", "warn", "probe:mode"),
            new("scheduler-in-checkpoint", "a checkpoint without the scheduler", "warn", "probe:checkpoint"),
            new("splits", "odd sizes of splits", "warn", "probe:splits"),
            new("split-leak", "samples in both splits", "high", "probe:splits"),
            new("augmentation", "augmentation without effect", "warn", "probe:augmentation"),
            new("aug-on-val", "augmented validation", "high", "probe:augmentation"),
            new("sharpness", "a sharp minimum", "info", "probe:sharpness"),
            new("hessian-top-eig", "the edge of stability", "info", "probe:hessian-top-eig"),
            new("lr-finder", "what a rate sweep suggests", "info warn", "probe:lr-finder"),
            new("lr-finder-biased", "a sweep over uneven classes", "info", "probe:lr-finder"),
        ]),
        .. Of("Machine and ranks",
        [
            new("gpu-underused", "the device idles", "info", "system/gpu_util|data_time"),
            new("memory-growth", "memory will run out", "warn", "system/gpu_mem|system/memory"),
            new("no-grad-missing", "evaluation records gradients", "warn", "system/gpu_mem|probe:mode val/loss|probe:mode"),
            new("stalled-run", "training stood still", "high", "train/loss"),
            new("step-time-regression", "steps became slower", "info", "step_time"),
            new("ddp-divergence", "ranks with the same data or other parameters", "warn high", "rank<r>/train/loss|rank<r>/param_norm/total|probe:rank-hash"),
            new("known-recipe", "outside the reference's band", "info", "event:reference"),
        ]),
    ];

    private static readonly Dictionary<string, Condition> ById = All.ToDictionary(c => c.Id, StringComparer.Ordinal);

    /// <summary>A condition by its id, or null.</summary>
    public static Condition? Find(string id) => ById.GetValueOrDefault(id);

    private static IEnumerable<Condition> Of(string section, Row[] rows) =>
        rows.Select(row => new Condition(row.Id, section, row.InShort, [.. row.Severities.Split(' ').Select(s => Enum.Parse<Severity>(s, ignoreCase: true))], [.. row.Needs.Split(' ').Select(Need.Parse)]));

    /// <param name="Id">As in the table of detectors.</param>
    /// <param name="InShort">What it is, in a few words.</param>
    /// <param name="Severities">Those that it can have, least first.</param>
    /// <param name="Needs">What has to be logged, all of it; <c>|</c> between what can stand for each other.</param>
    private sealed record Row(string Id, string InShort, string Severities, string Needs);
}
