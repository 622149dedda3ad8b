using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>splits</c>.</summary>
public sealed record ChecklistOptions
{
    /// <summary>Fewest validation samples by which anything can be judged. Default 50.</summary>
    public double FewestSamples { get; init; } = 50;
}

/// <summary>The checklist before training, as the client ticked it off: shapes, modes, checkpoint, splits, augmentation.</summary>
internal sealed class Checklist : ProbeDetector
{
    public const string OutputShape = "output-shape";
    public const string TrainMode = "train-mode";
    public const string Scheduler = "scheduler-in-checkpoint";
    public const string Splits = "splits";
    public const string SplitLeak = "split-leak";
    public const string Augmentation = "augmentation";
    public const string AugOnVal = "aug-on-val";

    private readonly ChecklistOptions _options;

    public Checklist(ChecklistOptions options)
    {
        _options = options;
        Checks =
        [
            new(OutputShape, "output-shape", JudgeShape),
            new(TrainMode, "mode", JudgeMode),
            new(Scheduler, "checkpoint", JudgeCheckpoint),
            new(Splits, "splits", JudgeSplits),
            new(SplitLeak, "splits", JudgeLeak),
            new(Augmentation, "augmentation", (run, e) => JudgeAugmentation(e, "train")),
            new(AugOnVal, "augmentation", (run, e) => JudgeAugmentation(e, "val")),
        ];
    }

    public override IReadOnlyList<ProbeCheck> Checks { get; }

    private static ProbeVerdict? JudgeShape(RunContext run, Happening e)
    {
        var (output, target) = (e.Numbers("output"), e.Numbers("expected"));
        if (output.Length == 0 || target.Length == 0) return null;
        var fits = output.Length == target.Length && output.Zip(target).All(p => p.First == p.Second || p.Second < 0);
        var (got, wanted) = (Shape(output), Shape(target));
        return fits ? ProbeVerdict.Fine : new(Severity.Warn, $"The model gives {got}, expected is {wanted}",
            $"The output has the shape {got} where {wanted} is expected. Losses broadcast such shapes without a word, and then every output is compared with every target.", "dimensions that differ", Differing(output, target), 0);
    }

    private static double Differing(double[] a, double[] b) => Math.Abs(a.Length - b.Length) + a.Zip(b).Count(p => p.First != p.Second && p.Second >= 0);

    private static string Shape(double[] sizes) => "(" + string.Join(", ", sizes.Select(s => s < 0 ? "any" : Numbers.Text(s))) + ")";

    private static ProbeVerdict? JudgeMode(RunContext run, Happening e)
    {
        if (e.Text("during") is not { } during || e.Flag("training") is not { } training) return null;
        var expected = during is "train";
        if (training == expected) return ProbeVerdict.Fine;
        return expected
            ? new(Severity.Warn, "The model is in evaluation mode while it trains", $"At step {e.Step} the model was in evaluation mode: dropout is off and batch normalisation does not learn its statistics. Call train() at the start of every epoch.", "modules in the wrong mode", e.Number("modules") ?? 1, 0)
            : new(Severity.Warn, "The model is in training mode while it is evaluated", $"At step {e.Step} the model was evaluated in training mode: dropout falsifies the result and batch normalisation learns from validation data. Call eval() before every evaluation.", "modules in the wrong mode", e.Number("modules") ?? 1, 0);
    }

    private static ProbeVerdict? JudgeCheckpoint(RunContext run, Happening e)
    {
        var (keys, missing) = (e.Texts("keys"), e.Texts("missing"));
        if (keys.Count == 0 && missing.Count == 0) return null;
        if (!missing.Exists(IsScheduler)) return keys.Exists(IsScheduler) || e.Flag("scheduler") is not true ? ProbeVerdict.Fine : Lost(keys);
        return Lost(keys);

        ProbeVerdict Lost(List<string> held) => new(Severity.Warn, "The scheduler is not in the checkpoint",
            $"The checkpoint of step {e.Step} holds {(held.Count > 0 ? List(held) : "no scheduler")}: a resumed run starts its schedule anew, warm-up and all.", "parts missing from the checkpoint", Math.Max(1, missing.Count), 0);
    }

    private static bool IsScheduler(string key) => key.Contains("sched", StringComparison.OrdinalIgnoreCase);

    private ProbeVerdict? JudgeSplits(RunContext run, Happening e)
    {
        if (e.Number("train") is not { } train || e.Number("val") is not { } val) return null;
        if (val <= 0) return new(Severity.Warn, "The validation set is empty", $"The training set has {Numbers.Text(train)} samples, the validation set none.", "validation samples", val, 1);
        if (val < _options.FewestSamples)
        {
            return new(Severity.Warn, $"The validation set has only {Numbers.Text(val)} samples", $"By {Numbers.Text(val)} samples an accuracy is known to ±{Numbers.Percent(1 / Math.Sqrt(val))} at best; validation will be erratic.", "validation samples", val, _options.FewestSamples);
        }
        return val > train
            ? new(Severity.Warn, "The validation set is larger than the training set", $"The training set has {Numbers.Text(train)} samples, the validation set {Numbers.Text(val)}: they may have been swapped.", "validation samples over training samples", val / Math.Max(1, train), 1)
            : ProbeVerdict.Fine;
    }

    private static ProbeVerdict? JudgeLeak(RunContext run, Happening e)
    {
        if (e.Number("overlap") is not { } overlap) return null;
        var val = e.Number("val");
        var share = val is > 0 and var n ? $" ({Numbers.Percent(overlap / n)} of it)" : "";
        return !(overlap > 0) ? ProbeVerdict.Fine : new(Severity.High, $"{Numbers.Text(overlap)} validation samples are in the training set",
            $"{Numbers.Text(overlap)} samples of the validation set{share} are in the training set too: validation is better than the truth.", "samples in both sets", overlap, 0);
    }

    private static ProbeVerdict? JudgeAugmentation(Happening e, string split)
    {
        // The client loads one sample twice: augmentation is what makes the two differ.
        if (e.Text("split") is not { } of || e.Flag("differs") is not { } differs || (of == "train") != (split == "train")) return null;
        if (split == "val")
        {
            return !differs ? ProbeVerdict.Fine : new(Severity.High, "Validation data are augmented", "The same validation sample, loaded twice, came out different: random augmentation is on, and validation measures another task each time.", "samples that differ", e.Number("count") ?? 1, 0);
        }
        return differs || e.Flag("expected") is not true ? ProbeVerdict.Fine : new(Severity.Warn, "Augmentation has no effect", "The config asks for augmentation, but the same training sample, loaded twice, came out the same.", "samples that differ", 0, 1);
    }
}
