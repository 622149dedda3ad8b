using System.Globalization;

namespace Tracker.Core.Diagnosis;

/// <summary>
/// Finds the role of a series from its name: the canonical names and those of Keras, Lightning, Hugging Face, TensorBoard and W&amp;B.
/// Case and separators do not matter: a name is read as words, <c>valLoss</c> as <c>val loss</c>.
/// </summary>
public static partial class SeriesRoles
{
    private static readonly HashSet<string> Training = ["train", "training", "tr"];
    private static readonly HashSet<string> Validation = ["val", "valid", "validation", "eval", "evaluation", "test", "dev", "holdout"];
    private static readonly HashSet<string> Fillers =
        ["step", "epoch", "batch", "iter", "iteration", "iterations", "mean", "avg", "average", "total", "global", "raw", "running", "vs", "metrics", "metric", "fit", "trainer",
            "inner", "learner", "progress", "model", "finetune", "finetuning", "pretrain", "pretraining"];
    private static readonly HashSet<string> AccuracyWords = ["acc", "accuracy", "top1", "acc1"];
    private static readonly HashSet<string> Prefixes = ["debug", "metrics", "model", "optim", "optimizer", "trainer", "monitor", "stats", "grads", "gradients", "norms"];
    private static readonly HashSet<string> PlainLosses =
        ["ce", "cross_entropy", "crossentropy", "xent", "nll", "negative_log_likelihood", "bce", "mse", "mae", "l1", "l2", "huber", "lm", "clm", "objective", "criterion", "neg_elbo", "nelbo"];

    /// <summary>What some call the loss.</summary>
    private static readonly HashSet<string> LossWords = ["cost", "objective", "criterion"];

    /// <summary>Words of something made from a loss that is not the loss of a step.</summary>
    private static readonly HashSet<string> NotALoss =
        ["weight", "weights", "coef", "coefficient", "lambda", "beta", "schedule", "scale", "scaler", "best", "min", "max", "lowest", "smoothed", "smooth", "ema", "std", "var", "ratio", "delta", "diff"];

    /// <summary>Parts of one loss: on validation they are no tasks of their own.</summary>
    private static readonly HashSet<string> Parts =
        ["box", "bbox", "cls", "dfl", "obj", "giou", "ciou", "iou", "rpn", "mask", "reg", "kl", "kld", "recon", "reconstruction", "z", "aux", "commit", "vq", "codebook", "perceptual",
            "adv", "policy", "value", "entropy", "d", "g", "gen", "disc", "actor", "critic", "centerness", "seg", "kpt", "keypoint"];

    /// <summary>Plurals and short forms, read as the word that the tables use.</summary>
    private static readonly Dictionary<string, string> Spellings = new(StringComparer.Ordinal)
    {
        ["losses"] = "loss", ["accuracies"] = "accuracy", ["norms"] = "norm", ["ratios"] = "ratio", ["entropies"] = "entropy", ["frac"] = "fraction", ["lrs"] = "lr", ["epochs"] = "epoch",
    };
    private static readonly HashSet<string> TaskWords = ["task", "domain", "dataset"];

    // The families whose next word or path is a layer, by the words they begin with. The longer one stands first.
    private static readonly (string[] Words, RoleKind Layer, RoleKind? Whole)[] Families =
    [
        (["grad", "norm"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["gradient", "norm"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["grads", "norm"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["grad", "2", "0", "norm"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["grad", "2", "norm"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["grad", "pre", "clip", "norm"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["gradnorm"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["l2", "norm", "grad"], RoleKind.LayerGradNorm, RoleKind.GradNorm),
        (["l2", "norm", "param"], RoleKind.LayerParamNorm, RoleKind.ParamNorm),
        (["param", "norm"], RoleKind.LayerParamNorm, RoleKind.ParamNorm),
        (["params", "norm"], RoleKind.LayerParamNorm, RoleKind.ParamNorm),
        (["parameter", "norm"], RoleKind.LayerParamNorm, RoleKind.ParamNorm),
        (["weight", "norm"], RoleKind.LayerParamNorm, RoleKind.ParamNorm),
        (["weights", "norm"], RoleKind.LayerParamNorm, RoleKind.ParamNorm),
        (["update", "to", "weight", "ratio"], RoleKind.UpdateRatio, null),
        (["update", "weight", "ratio"], RoleKind.UpdateRatio, null),
        (["weight", "update", "ratio"], RoleKind.UpdateRatio, null),
        (["update", "ratio"], RoleKind.UpdateRatio, null),
        (["dead", "fraction"], RoleKind.DeadFraction, null),
        (["fraction", "dead"], RoleKind.DeadFraction, null),
        (["dead", "relu", "fraction"], RoleKind.DeadFraction, null),
        (["dead", "relu"], RoleKind.DeadFraction, null),
        (["dead", "relus"], RoleKind.DeadFraction, null),
        (["dead", "neurons"], RoleKind.DeadFraction, null),
        (["dead", "units"], RoleKind.DeadFraction, null),
        (["dead", "ratio"], RoleKind.DeadFraction, null),
        (["saturated", "fraction"], RoleKind.SaturatedFraction, null),
        (["saturated", "ratio"], RoleKind.SaturatedFraction, null),
        (["saturated", "units"], RoleKind.SaturatedFraction, null),
        (["saturation"], RoleKind.SaturatedFraction, null),
        (["attention", "entropy"], RoleKind.AttentionEntropy, null),
        (["attn", "entropy"], RoleKind.AttentionEntropy, null),
        (["act", "mean"], RoleKind.ActivationMean, null),
        (["acts", "mean"], RoleKind.ActivationMean, null),
        (["acts", "std"], RoleKind.ActivationStd, null),
        (["activation", "mean"], RoleKind.ActivationMean, null),
        (["activations", "mean"], RoleKind.ActivationMean, null),
        (["act", "std"], RoleKind.ActivationStd, null),
        (["activation", "std"], RoleKind.ActivationStd, null),
        (["activations", "std"], RoleKind.ActivationStd, null),
    ];

    /// <summary>The role of a series, or null for one that the analyzer does not know.</summary>
    public static SeriesRole? Recognize(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var rank = TakeRank(ref name);
        var words = Words(name);
        if (words.Count == 0 || words.Count > 16) return null;
        return (Family(name, words) ?? Whole(words)) is { } role ? role with { Rank = rank } : null;
    }

    /// <summary>Takes <c>rank3/</c> or <c>rank_3/</c> off a name.</summary>
    private static int TakeRank(ref string name)
    {
        if (!name.StartsWith("rank", StringComparison.OrdinalIgnoreCase) || name.IndexOf('/', StringComparison.Ordinal) is not (> 4 and var slash)) return 0;
        var digits = name.AsSpan(4, slash - 4).TrimStart("_-.");
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var rank)) return 0;
        name = name[(slash + 1)..];
        return rank;
    }

    private static SeriesRole? Family(string name, List<Word> words)
    {
        // grads/norm/fc1 begins with what elsewhere is a mere prefix.
        var skip = words.Count > 2 && (Training.Contains(words[0].Text) || Prefixes.Contains(words[0].Text)) && !Array.Exists(Families, f => Starts(words, 0, f.Words)) ? 1 : 0;
        foreach (var (family, layer, whole) in Families)
        {
            if (!Starts(words, skip, family)) continue;
            var rest = skip + family.Length;
            if (rest == words.Count) return whole is { } all ? new SeriesRole(all) : new SeriesRole(layer);
            if (rest == words.Count - 1 && whole is { } total && words[rest].Text is "total" or "global" or "all" or "step" or "epoch")
            {
                return whole is { } sum ? new SeriesRole(sum) : null;
            }
            // grad_norm/fc1 is a layer's; grad_norm_clipped_or_so is somebody's own.
            var boundary = words[rest - 1].End;
            return boundary < name.Length && name[boundary] is '/' or '.' ? new SeriesRole(layer, name[words[rest].Start..]) : null;
        }
        return LayerFirst(name, words) ?? NormLast(name, words);
    }

    /// <summary><c>Gradients/layer1/norm</c>: the family, the layer's path, the measure.</summary>
    private static SeriesRole? NormLast(string name, List<Word> words)
    {
        if (words.Count < 3 || words[^1].Text != "norm" || name[words[0].End] is not '/' || name[words[^1].Start - 1] is not '/') return null;
        var layer = name[words[1].Start..(words[^1].Start - 1)];
        return words[0].Text is "grad" or "grads" or "gradient" or "gradients" ? new SeriesRole(RoleKind.LayerGradNorm, layer)
            : words[0].Text is "param" or "params" or "parameters" or "weights" ? new SeriesRole(RoleKind.LayerParamNorm, layer) : null;
    }

    /// <summary><c>fc1/grad_norm</c>: the layer's path, then the family.</summary>
    private static SeriesRole? LayerFirst(string name, List<Word> words)
    {
        var slash = name.LastIndexOf('/');
        if (slash <= 0) return null;
        var at = words.FindIndex(w => w.Start > slash);
        if (at <= 0 || words.GetRange(0, at).TrueForAll(w => Training.Contains(w.Text) || Validation.Contains(w.Text) || Fillers.Contains(w.Text) || Prefixes.Contains(w.Text))) return null;
        foreach (var (family, layer, _) in Families)
        {
            if (family.Length == words.Count - at && family.Length > 1 && Starts(words, at, family)) return new SeriesRole(layer, name[..slash]);
        }
        return null;
    }

    private static SeriesRole? Whole(List<Word> words)
    {
        var text = words.ConvertAll(w => w.Text);
        if (Machine(text) is { } machine) return machine;
        // Lightning says which of several loaders a value is of; the first one is the usual one.
        if (text.IndexOf("dataloader") is > 0 and var loader && text[(loader + 1)..] is ["idx", "0"]) text.RemoveRange(loader, 3);
        var training = text.Exists(Training.Contains);
        var validation = text.Exists(Validation.Contains) || (!training && IsEvaluators(text));
        var rest = text.FindAll(w => !Validation.Contains(w) && !Training.Contains(w));
        var bare = rest.FindAll(w => !Fillers.Contains(w));
        // losses/val/loss and lm-loss/lm loss say the same word twice.
        bare = [.. bare.Distinct(StringComparer.Ordinal)];
        return Rate(text, validation)
            ?? Gradient(bare)
            ?? Clipped(text)
            ?? Loss(bare, validation)
            ?? Accuracy(bare, validation, training)
            ?? Other(bare, text, validation)
            ?? Measure(rest, validation);
    }

    private static SeriesRole? Rate(List<string> text, bool validation)
    {
        if (validation) return null;
        var at = text.IndexOf("lr");
        if (at < 0 && text.IndexOf("learning") is >= 0 and var l && l + 1 < text.Count && text[l + 1] == "rate") at = l + 1;
        if (at < 0) at = text.FindIndex(w => w.StartsWith("lr", StringComparison.Ordinal) && int.TryParse(w.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out _));
        if (at < 0 || at > 2) return null;
        // lr-Adam and lr/pg1 name what the rate is of; lr_scheduler_step is no rate.
        if (text.Exists(w => w is "scheduler" or "schedule" or "ratio" or "factor" or "mult" or "min" or "max" or "peak" or "target" or "initial" or "final")) return null;
        if (text[at] is not ("lr" or "rate" or "lr0")) return new SeriesRole(RoleKind.LearningRate, text[at][2..]);
        var scope = text.Skip(at + 1).FirstOrDefault(w => !Fillers.Contains(w));
        return new SeriesRole(RoleKind.LearningRate, scope is null or "0" ? "" : string.Join('_', text.Skip(at + 1)));
    }

    private static SeriesRole? Gradient(List<string> bare)
    {
        if (bare.Count == 0) return null;
        if (IsNormOf(bare, ["grad", "grads", "gradient", "gradients", "g"]) || bare is ["gnorm"] or ["gradnorm"]) return new SeriesRole(RoleKind.GradNorm);
        if (IsNormOf(bare, ["param", "params", "parameter", "parameters", "weight", "weights"]) || bare is ["pnorm" or "wnorm"]) return new SeriesRole(RoleKind.ParamNorm);
        if (bare is ["clipped"] or ["grad" or "grads" or "gradient" or "is" or "was", "clipped"]) return new SeriesRole(RoleKind.ClipActive);
        if (bare[0] == "clip" && bare.Count == 2 && bare[1] == "active") return new SeriesRole(RoleKind.ClipActive);
        if (bare[0] == "clip" && bare.Count == 2 && bare[1] is "threshold" or "value") return new SeriesRole(RoleKind.ClipThreshold);
        if (bare is ["amp" or "scaler" or "grad" or "loss" or "fp16", "scale"] or ["grad" or "amp", "scaler", "scale"] or ["amp", "loss", "scale"] or ["grad" or "amp", "scaler"]) return new SeriesRole(RoleKind.LossScale);
        return bare is ["logit" or "logits", "max"] or ["max", "logit" or "logits"] or ["attention" or "attn" or "output", "logit" or "logits", "max"] or ["max", "attention" or "attn", "logit" or "logits"] ? new SeriesRole(RoleKind.LogitMax) : null;
    }

    /// <summary><c>grad_norm</c>, <c>l2_grad_norm</c>, <c>norm/grads</c>: a norm and what it is of, in any order.</summary>
    private static bool IsNormOf(List<string> bare, string[] what) =>
        bare.Count is 2 or 3 && bare.TrueForAll(w => w is "norm" or "l2" || what.Contains(w)) && bare.Exists(what.Contains) && (bare.Contains("norm") || (bare.Contains("l2") && bare[0] != "g"));

    /// <summary>
    /// Series of evaluators that do not say so: <c>metrics/mAP50(B)</c> of YOLO, <c>bbox/AP</c> of detectron2, <c>mean_fg_dice</c> of nnU-Net.
    /// </summary>
    private static bool IsEvaluators(List<string> text) =>
        (text[0] is "metrics" or "bbox" or "segm" or "keypoints" && text.Count > 1 && !text.Contains("loss") && text.Exists(w => Rising.Contains(w) || Falling.Contains(w)))
        || (text.Contains("fg") && text.Contains("dice") && !text.Contains("ema"));

    /// <summary><c>total_norm</c>, as PyTorch calls what its clipping returns.</summary>
    private static SeriesRole? Clipped(List<string> text) => text is ["total", "norm"] or ["train" or "training" or "grad", "total", "norm"] ? new SeriesRole(RoleKind.GradNorm) : null;

    private static SeriesRole? Loss(List<string> bare, bool validation)
    {
        var at = bare.IndexOf("loss");
        if (at < 0)
        {
            // Of the losses that need no word "loss" only this one is not also a metric beside another loss.
            if (bare is ["cross", "entropy"] or ["crossentropy"] or ["xent"]) return new SeriesRole(validation ? RoleKind.ValLoss : RoleKind.TrainLoss);
            if (bare.Count == 1 && LossWords.Contains(bare[0])) return new SeriesRole(validation ? RoleKind.ValLoss : RoleKind.TrainLoss);
            if (bare is ["err", var player] && !validation) return new SeriesRole(RoleKind.PartLoss, player);
            return bare is ["reconstruction" or "recon" or "kl" or "kld" or "elbo"] && !validation ? new SeriesRole(RoleKind.PartLoss, bare[0]) : null;
        }
        // A weight of a loss is no loss, nor is the best one so far.
        if (bare.Exists(NotALoss.Contains)) return null;
        var of = bare.FindAll(w => w is not ("loss" or "per"));
        var scope = string.Join('_', of);
        if (scope.Length == 0 || PlainLosses.Contains(scope)) return new SeriesRole(validation ? RoleKind.ValLoss : RoleKind.TrainLoss);
        if (!validation) return new SeriesRole(RoleKind.PartLoss, scope);
        return of.Exists(Parts.Contains) && !of.Exists(TaskWords.Contains) ? null : new SeriesRole(RoleKind.TaskLoss, scope);
    }

    private static SeriesRole? Accuracy(List<string> bare, bool validation, bool training)
    {
        if (PerClass(bare) is { } label) return training ? null : new SeriesRole(RoleKind.ClassAccuracy, label);
        var at = bare.FindIndex(AccuracyWords.Contains);
        if (at < 0) return null;
        var scope = bare.Where(w => !AccuracyWords.Contains(w) && w is not ("categorical" or "sparse" or "binary" or "multiclass")).ToList();
        if (scope is [] or ["1"]) return new SeriesRole(validation ? RoleKind.ValAccuracy : RoleKind.TrainAccuracy);
        return scope.Exists(TaskWords.Contains) && (validation || !training) ? new SeriesRole(RoleKind.TaskAccuracy, string.Join('_', scope)) : null;
    }

    private static SeriesRole? Other(List<string> bare, List<string> text, bool validation) => bare switch
    {
        ["ece"] or ["calibration", "error"] or ["expected", "calibration", "error"] => new SeriesRole(RoleKind.CalibrationError),
        [.., "reward" or "return" or "rewards" or "returns"] or ["reward" or "return", ..] or ["rollout", "ep", "rew"] or ["ep", "ret" or "rew"] => new SeriesRole(RoleKind.Reward),
        ["time"] when text is ["step" or "iter" or "iteration" or "batch", "time"] => new SeriesRole(RoleKind.StepTime),
        ["time"] when text is ["train" or "training" or "perf" or "time", "step" or "iter" or "iteration" or "batch", "time"] => new SeriesRole(RoleKind.StepTime),
        ["time"] when text is ["time", "step" or "iter" or "iteration" or "batch"] => new SeriesRole(RoleKind.StepTime),
        ["time" or "seconds" or "sec", "per"] when text[^1] is "step" or "iter" or "iteration" or "batch" => new SeriesRole(RoleKind.StepTime),
        ["data" or "dataloader" or "loader", "time"] or ["data", "loading" or "load" or "wait", "time"] or ["time", "data"] => new SeriesRole(RoleKind.DataTime),
        ["input" or "inputs" or "data" or "x", "std" or "stdev"] => new SeriesRole(RoleKind.InputStd),
        ["input" or "inputs"] when text[^1] == "mean" => new SeriesRole(RoleKind.InputMean),
        [] when text is ["batch" or "x", "mean"] => new SeriesRole(RoleKind.InputMean),
        ["current"] when text[^1] == "epoch" => new SeriesRole(RoleKind.Epoch),
        [] when text[^1] == "epoch" && !validation => new SeriesRole(RoleKind.Epoch),
        _ => null,
    };

    private static bool Starts(List<Word> words, int at, string[] family)
    {
        if (words.Count < at + family.Length) return false;
        for (var i = 0; i < family.Length; i++)
        {
            if (words[at + i].Text != family[i]) return false;
        }
        return true;
    }

    private readonly record struct Word(string Text, int Start, int End);

    /// <summary>Runs of letters and digits, split at a change from lower to upper case.</summary>
    private static List<Word> Words(string name)
    {
        var words = new List<Word>();
        for (var i = 0; i < name.Length;)
        {
            if (!char.IsLetterOrDigit(name[i]))
            {
                i++;
                continue;
            }
            var start = i++;
            while (i < name.Length && char.IsLetterOrDigit(name[i]) && !(char.IsUpper(name[i]) && char.IsLower(name[i - 1]))) i++;
            var text = name[start..i].ToLowerInvariant();
            words.Add(new Word(Spellings.GetValueOrDefault(text, text), start, i));
        }
        return words;
    }
}
