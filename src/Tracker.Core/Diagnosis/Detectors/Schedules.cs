using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>What the name of a schedule promises, as configs write it.</summary>
internal static class Schedules
{
    private static readonly string[] Cyclic = ["cycl", "restart", "sgdr", "triang", "snapshot", "swa"];

    /// <summary>The rate is meant to stay as it is, a warm-up aside.</summary>
    public static bool IsConstant(ConfigHints hints) => hints.Schedule is "none" or "off" or "fixed" or "flat" or "no" || hints.Schedule.StartsWith("constant", StringComparison.Ordinal);

    /// <summary>The rate is meant to rise again, or to rise for long (one-cycle).</summary>
    public static bool Cycles(ConfigHints hints) => Array.Exists(Cyclic, word => hints.Schedule.Contains(word, StringComparison.Ordinal));

    /// <summary>The rate is meant to fall by the same factor every step or epoch.</summary>
    public static bool DecaysByFactor(ConfigHints hints) => hints.Schedule.StartsWith("exp", StringComparison.Ordinal) || hints.Schedule.Contains("_exp", StringComparison.Ordinal) || hints.Schedule.Contains("exponential", StringComparison.Ordinal);

    public static bool Warms(ConfigHints hints) => hints.Schedule.Contains("warm", StringComparison.Ordinal);
}
