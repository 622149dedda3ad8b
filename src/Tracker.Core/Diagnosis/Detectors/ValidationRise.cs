using System.Runtime.InteropServices;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>How far the validation loss has risen above its best level, and whether that is more than chance.</summary>
/// <param name="Level">Median of the last three evaluations.</param>
/// <param name="Amount">That, less the best level.</param>
/// <param name="Needed">The least amount that counts.</param>
/// <param name="Trend">Mann-Kendall's z since the best evaluation.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ValidationRise(double Level, double Amount, double Needed, double Trend)
{
    /// <summary>A rise twice as large as needed may be less steady.</summary>
    public bool Holds => Amount >= Needed && Trend >= (Amount >= 2 * Needed ? 1.64 : 2.33);

    /// <param name="pairs">The evaluations.</param>
    /// <param name="share">Least rise as a part of the best loss (Prechelt's generalization loss), and half of it as a part of the descent.</param>
    public static ValidationRise Of(Evaluations pairs, double share)
    {
        var level = pairs.Level;
        var needed = Math.Max(Math.Max(share * Math.Abs(pairs.Best), share / 2 * pairs.Descent), 2 * pairs.Noise);
        return new ValidationRise(level, level - pairs.BestLevel, needed, pairs.TrendSinceBest());
    }

    /// <summary>Accuracy now, less accuracy at the best validation loss; NaN where it is not logged.</summary>
    public static double AccuracySinceBest(RunContext run, long step)
    {
        var accuracy = run.First(RoleKind.ValAccuracy);
        return Evaluations.LevelAt(accuracy, step) - Evaluations.LevelAt(accuracy, run.Evaluations.BestStep);
    }

    /// <summary>The fall of accuracy that is more than its own noise, at least <paramref name="least"/>.</summary>
    public static double AccuracyFall(RunContext run, double least)
    {
        if (run.First(RoleKind.ValAccuracy)?.Points is not { } tail) return least;
        Span<double> last = stackalloc double[24];
        return Math.Max(least, 2 * Statistics.CurveNoise(tail.CopyLast(last)));
    }
}
