namespace Tracker.Core.Diagnosis;

/// <summary>Metrics with a direction, classes, machines and histograms: the families that are found by words anywhere in the name.</summary>
public static partial class SeriesRoles
{
    private static readonly HashSet<string> Rising =
        ["f1", "fbeta", "auc", "auroc", "auprc", "bleu", "sacrebleu", "chrf", "meteor", "rouge", "rouge1", "rouge2", "rougel", "rougelsum", "recall", "precision", "r2", "map", "map50", "ap", "ap50", "ap75", "iou", "miou",
            "dice", "jaccard", "ndcg", "mrr", "em", "match", "spearman", "spearmanr", "pearson", "pearsonr", "correlation", "mcc", "kappa", "psnr", "ssim", "success", "solved", "winrate", "specificity", "sensitivity",
            "acc", "accuracy", "top1", "top5", "acc1", "acc5", "hit", "pass"];

    private static readonly HashSet<string> Falling =
        ["perplexity", "ppl", "wer", "cer", "ter", "mae", "mse", "rmse", "mape", "smape", "error", "fid", "bpb", "bpc", "brier", "nll", "eer", "msle", "hallucination", "toxicity"];

    private static readonly HashSet<string> ClassMeasures = ["acc", "accuracy", "recall", "f1", "sensitivity", "iou", "ap", "precision"];

    private static readonly HashSet<string> Devices = ["gpu", "cuda", "vram", "device", "npu", "tpu"];
    private static readonly HashSet<string> Memory = ["mem", "memory", "vram", "allocated", "reserved", "rss", "ram"];
    private static readonly HashSet<string> Busy = ["util", "utilization", "utilisation", "load", "usage", "busy", "percent", "gpu"];

    /// <summary>The role of a series of histograms: <c>activations/fc1</c>, <c>weights/…</c>, <c>grads/…</c> and the habits of W&amp;B, TensorBoard and Keras; else null.</summary>
    public static SeriesRole? RecognizeHistogram(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var rank = TakeRank(ref name);
        var words = Words(name);
        if (words.Count == 0) return null;
        var skip = words.Count > 2 && (Training.Contains(words[0].Text) || words[0].Text is "histograms" or "histogram" or "hist" or "distributions" or "debug" or "model") ? 1 : 0;
        if (words.Count > skip + 1 && HistogramOf(words[skip].Text, bias: false) is { } first && name[words[skip].End] is '/' or '.' or '_')
        {
            return new SeriesRole(first, name[words[skip + 1].Start..], rank);
        }
        // TensorBoard's "dense_1/kernel_0" and PyTorch's "fc1.weight.grad" end with what it is.
        var last = words.Count - 1;
        while (last > 0 && (words[last].Text is "histogram" or "hist" or "0" || int.TryParse(words[last].Text, out _))) last--;
        return last > skip && HistogramOf(words[last].Text, bias: true) is { } kind ? new SeriesRole(kind, name[words[skip].Start..words[last - 1].End], rank) : null;
    }

    internal static bool RisesWhenBetter(string scope) => Array.Exists(scope.Split('_'), Rising.Contains) && !Array.Exists(scope.Split('_'), w => w is "error" or "loss");

    private static RoleKind? HistogramOf(string word, bool bias) => word switch
    {
        "activations" or "activation" or "acts" or "act" or "outputs" => RoleKind.ActivationHistogram,
        "weights" or "weight" or "parameters" or "params" or "param" or "kernel" => RoleKind.WeightHistogram,
        "bias" when bias => RoleKind.WeightHistogram,
        "grads" or "grad" or "gradients" or "gradient" => RoleKind.GradHistogram,
        _ => null,
    };

    /// <summary>The class of <c>acc_class_7</c>, <c>recall/class_cat</c>, <c>class_7_accuracy</c> or <c>per_class_acc/7</c>; null where there is none.</summary>
    private static string? PerClass(List<string> bare)
    {
        if (!bare.Exists(ClassMeasures.Contains)) return null;
        if (bare.Find(w => w.StartsWith("class", StringComparison.Ordinal) && int.TryParse(w.AsSpan(5), out _)) is { } numbered) return numbered[5..];
        var at = bare.FindIndex(w => w is "class" or "cls" or "label");
        // cls_accuracy is the accuracy of a classification head.
        if (at < 0 || (bare[at] == "cls" && at + 1 < bare.Count && ClassMeasures.Contains(bare[at + 1]))) return null;
        var label = bare.Where((w, i) => i != at && w is not "per" && !ClassMeasures.Contains(w)).ToList();
        return label.Count is 1 or 2 ? string.Join('_', label) : null;
    }

    private static SeriesRole? Machine(List<string> text)
    {
        var system = text[0] is "sys" or "system" or "devicestatsmonitor" or "hardware" or "process" or "proc" && text.Count > 1;
        var device = text.FindIndex(Devices.Contains);
        var scope = string.Join('_', text.Skip(system ? 1 : 0));
        if (device >= 0 && device <= 2 && text.Count > 1 && !text.Exists(w => Training.Contains(w) && w != text[0]))
        {
            // W&B's gpu.0.memory is how busy the memory is, not how full.
            if (text.Exists(Memory.Contains) && !(text[^1] == "memory" && text.Exists(w => int.TryParse(w, out _)) && text[^2] != "used")) return new SeriesRole(RoleKind.GpuMemory, scope);
            if (text.FindIndex(device + 1, Busy.Contains) >= 0 && !text.Contains("memory")) return new SeriesRole(RoleKind.GpuUtilization, scope);
        }
        if (!system) return null;
        if (device < 0 && text.Exists(w => w is "mem" or "memory" or "rss" or "ram") && !text.Exists(w => w is "available" or "free")) return new SeriesRole(RoleKind.HostMemory, scope);
        return new SeriesRole(RoleKind.System, scope);
    }

    /// <summary>A measure of validation whose name says which way is better.</summary>
    private static SeriesRole? Measure(List<string> rest, bool validation)
    {
        if (!validation || rest.Count is 0 or > 7 || !rest.Exists(w => Rising.Contains(w) || Falling.Contains(w))) return null;
        if (rest.Exists(w => w is "time" or "runtime" or "samples" or "second" or "loss" or "steps" or "class" or "threshold")) return null;
        return new SeriesRole(RoleKind.Metric, string.Join('_', rest));
    }
}
