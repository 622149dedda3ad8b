namespace Tracker.Core.Diagnosis.Causes;

/// <summary>
/// Which condition silences which: what it silences joins its diagnosis and says nothing about causes. The signal itself stays.
/// </summary>
internal static class Inhibition
{
    private static readonly string[] Validation = ["overfitting", "generalization-gap", "val-loss-up-acc-flat", "val-stall", "val-erratic", "val-much-higher", "train-above-val", "early-stop-point", "stale-validation", "acc-up-loss-stall", "loss-down-acc-stall", "downstream-regression"];
    private static readonly string[] Flat = ["plateau-from-start", "chance-level-plateau", "stuck-after-drop", "low-lr-plateau", "underfitting"];
    private static readonly string[] Memorised = ["overfitting", "generalization-gap", "zero-train-loss", "val-loss-up-acc-flat", "early-stop-point", "val-stall"];
    private static readonly string[] NeverLearnt = ["stuck-after-drop", "underfitting", "val-stall", "early-stop-point", "metric-implementation", "loss-down-acc-stall", "acc-up-loss-stall"];
    private static readonly string[] Poisoned = [.. Validation, .. Flat, "loss-divergence", "oscillating-loss", "late-oscillation", "dead-relu", "dead-layer", "masked-dead-part", "zero-gradient", "constant-loss", "class-collapse", "class-regression", "miscalibration", "calibration-drift", "update-too-small", "attention-collapse", "saturated-activation", "grad-vanishing-global", "grad-uniformly-low", "activation-collapse", "activation-drift", "weight-dist-collapse", "logit-blowup"];

    private static readonly Dictionary<string, string[]> All = new(StringComparer.Ordinal)
    {
        ["nan-immediately"] = Poisoned,
        ["nan-after-n"] = Poisoned,
        ["consecutive-nan"] = Poisoned,
        ["zero-gradient"] = [.. Flat, "grad-vanishing-depth", "grad-vanishing-global", "grad-uniformly-low", "val-stall", "early-stop-point", "update-too-small"],
        ["lr-decayed-early"] = ["stuck-after-drop", "underfitting", "update-too-small", "low-lr-plateau", "grad-uniformly-low"],
        ["loss-divergence"] = Validation,
        ["grokking-candidate"] = Memorised,
        ["double-descent"] = Memorised,
        ["plateau-from-start"] = NeverLearnt,
        ["chance-level-plateau"] = NeverLearnt,
        ["constant-loss"] = [.. NeverLearnt, "plateau-from-start", "chance-level-plateau"],
        ["epoch-boundary-jump"] = ["oscillating-loss", "late-oscillation", "excess-wiggle", "smoothed-input"],
        ["underfitting"] = ["stuck-after-drop"],
    };

    /// <summary>Whether an active signal silences another: it was there when the other was raised.</summary>
    public static bool Silences(Signal by, Signal signal) =>
        by.Active && by.OnsetStep <= signal.Step && All.TryGetValue(by.Id, out var list) && Array.IndexOf(list, signal.Id) >= 0;

    public static bool IsSilenced(Signal signal, IReadOnlyList<Signal> members)
    {
        foreach (var member in members)
        {
            if (Silences(member, signal)) return true;
        }
        return false;
    }
}
