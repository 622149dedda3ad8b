using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>
/// What a root cause brings with it once it is at work. A consequence weighs one for its cause, and only after a signal that decides
/// for the cause; by itself it never makes a cause stand for choice.
/// </summary>
internal static class Consequences
{
    /// <summary>Onsets are estimates: a consequence may seem to begin this share of the run before its cause.</summary>
    private const double SlackShare = 0.1;

    private static readonly string[] Stalls = ["val-stall", "early-stop-point", "stuck-after-drop", "underfitting"];
    private static readonly string[] Calibration = ["miscalibration", "calibration-drift", "acc-up-loss-stall", "loss-down-acc-stall", "val-loss-up-acc-flat"];
    private static readonly string[] Gap = ["overfitting", "generalization-gap", "early-stop-point", "downstream-regression"];
    private static readonly string[] Spikes = ["loss-spike", "recurrent-spikes", "slow-spike-recovery", "grad-spike", "grad-explosion"];
    private static readonly string[] Swings = ["oscillating-loss", "late-oscillation", "excess-wiggle"];
    private static readonly string[] DeadParts = ["dead-relu", "dead-layer", "masked-dead-part", "zero-gradient", "grad-vanishing-depth", "grad-vanishing-global", "grad-uniformly-low", "activation-collapse"];

    private static readonly Dictionary<string, string[]> All = new(StringComparer.Ordinal)
    {
        ["lr-too-high"] = [.. Stalls, .. Calibration, .. DeadParts, "constant-loss", "stale-validation", "val-erratic", "class-collapse", "class-regression", "downstream-regression"],
        ["lr-too-low"] = Stalls,
        // What the first steps have damaged may not be repaired before the rate runs out.
        ["warmup-missing-or-short"] = [.. Stalls, "lr-decayed-early"],
        ["lr-schedule-exhausted"] = [.. Stalls, "low-lr-plateau", "stale-validation"],
        ["bad-init-or-scale"] = [.. Stalls, .. Calibration, .. DeadParts, "startup-spike", "warmup-missing", "loss-spike", "update-too-small", "low-lr-plateau"],
        ["vanishing-architecture"] = [.. Stalls, "dead-layer", "masked-dead-part", "update-too-small", "class-collapse"],
        ["dead-units"] = [.. Stalls, "constant-loss", "stale-validation", "grad-vanishing-depth", "zero-gradient", "update-too-small", "class-collapse"],
        ["attention-logits-too-large"] = Stalls,
        ["disconnected-or-frozen"] = [.. Stalls, "update-too-small", "class-collapse"],
        ["data-or-label-bug"] = [.. Stalls, "class-collapse", "miscalibration"],
        ["class-imbalance"] = [.. Stalls, .. Calibration, .. Gap, "zero-train-loss", "class-regression"],
        ["ordering-or-shuffle"] = [.. Stalls, .. Swings, .. Spikes, "smoothed-input", "val-erratic", "class-regression", "miscalibration"],
        ["clip-threshold-too-low"] = [.. Stalls, "update-too-small", "low-lr-plateau"],
        ["weight-decay-too-high"] = [.. Stalls, "update-too-small", "miscalibration", "class-collapse"],
        ["weight-decay-too-low"] = [.. Stalls, .. Calibration, .. Gap, .. Spikes, .. Swings, .. DeadParts, "loss-divergence", "nan-after-n", "consecutive-nan", "zero-train-loss", "val-erratic", "update-too-small"],
        ["capacity-too-small"] = Stalls,
        ["overfitting"] = ["val-stall", "stuck-after-drop", "stale-validation", "update-too-small", "class-regression", "val-erratic"],
        ["catastrophic-forgetting"] = [.. Stalls, .. Calibration, .. Gap, .. Spikes, .. Swings, "val-erratic", "val-much-higher"],
        ["eval-bug"] = [.. Calibration, .. Gap, "class-collapse", "class-regression"],
    };

    /// <summary>Steps by which the onset of a consequence may lie before that of its cause.</summary>
    public static long Slack(RunContext run) => (long)(SlackShare * run.Step);

    /// <summary>The first signal of each condition that follows from a cause, given what decides for it; none where nothing does.</summary>
    public static IEnumerable<Signal> Of(string cause, List<Signal> evidence, long slack)
    {
        if (!All.TryGetValue(cause, out var list)) yield break;
        Signal? decider = null;
        foreach (var signal in evidence)
        {
            if (CauseTable.Weight(cause, signal.Id) >= CauseRanking.Decides && (decider is null || signal.OnsetStep < decider.OnsetStep)) decider = signal;
        }
        if (decider is null) yield break;
        for (var i = 0; i < evidence.Count; i++)
        {
            var signal = evidence[i];
            if (signal.OnsetStep < decider.OnsetStep - slack || Array.IndexOf(list, signal.Id) < 0 || CauseTable.Weight(cause, signal.Id) > 0) continue;
            if (evidence.FindIndex(m => m.Id == signal.Id) == i) yield return signal;
        }
    }
}
