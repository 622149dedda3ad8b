using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>What other series say of the same run; detectors and causes both ask.</summary>
internal static class Observations
{
    /// <summary>Median over all layers of the recent update ratios, or null where none is logged.</summary>
    public static double? UpdateRatio(RunContext run) => run.UpdateRatio.Get(run, MeasureUpdateRatio);

    /// <summary>First layer's gradient over the last layer's, or null where fewer than three layers are logged.</summary>
    public static double? DepthRatio(RunContext run) => run.DepthRatio.Get(run, MeasureDepthRatio);

    private static double? MeasureUpdateRatio(RunContext run)
    {
        var layers = run.All(RoleKind.UpdateRatio);
        if (layers.Count == 0) return null;
        Span<double> medians = layers.Count <= 256 ? stackalloc double[layers.Count] : new double[layers.Count];
        for (var i = 0; i < medians.Length; i++) medians[i] = layers[i].Recent is { Count: > 0 } recent ? recent.Median(run.Window(layers[i], 50)) : 0;
        return layers.Any(l => l.Finite > 0) ? Statistics.Median(medians) : null;
    }

    /// <summary>The parameters do not move, or move by less than a hundred-thousandth of their size a step.</summary>
    public static bool UpdatesAreTiny(RunContext run) =>
        UpdateRatio(run) is { } ratio ? ratio < 1e-5 : run.LearningRate is <= 1e-6 and var rate && (run.Rate.IsLogged ? run.Rate.Peak <= 1e-6 : rate > 0);

    /// <summary>Something besides the loss says that nothing is learned.</summary>
    public static bool NothingMoves(RunContext run) =>
        UpdatesAreTiny(run)
        || run.Gradient is { Finite: > 0, LastFinite: 0 }
        || DeadShare(run) >= 0.5
        || DepthRatio(run) < 1e-3
        || AccuracyIsChance(run);

    public static double DeadShare(RunContext run)
    {
        var most = 0.0;
        foreach (var layer in run.All(RoleKind.DeadFraction)) most = Math.Max(most, layer.Recent is { Count: > 0 } recent ? recent.Median(5) : 0);
        return most;
    }

    private static double? MeasureDepthRatio(RunContext run)
    {
        if (GradVanishingDepth.Ends(run) is not var (first, last)) return null;
        var (early, late) = (first.Recent!.Median(50), last.Recent!.Median(50));
        return early > 0 && late > 0 ? early / late : null;
    }

    public static bool AccuracyIsChance(RunContext run) =>
        run.Hints.Classes is { } classes && run.First(RoleKind.ValAccuracy) is { Finite: >= 3 } accuracy && accuracy.Max < 1 / classes + 0.1;

    /// <summary>
    /// The loss is not low by its own measure: it never fell by more than its noise, or has lost more than half of what it had gained.
    /// False where it is not logged.
    /// </summary>
    public static bool LossIsHigh(RunContext run)
    {
        if (run.IsAdversarial || run.Loss?.Trend is not { Fine.Count: >= 6 } trend) return false;
        var descent = trend.Start - trend.Best;
        return descent < 3 * trend.Noise || trend.Fine.Median(3) > trend.Best + Math.Max(0.5 * descent, 3 * trend.Noise);
    }

    /// <summary>Whether a layer has a scalar series of a kind, which says more than its histogram.</summary>
    public static bool IsLogged(RunContext run, RoleKind kind, string layer)
    {
        foreach (var series in run.All(kind))
        {
            if (series.Finite > 0 && series.Role!.Scope == layer) return true;
        }
        return false;
    }

    /// <summary>At least half of a layer's units were dead when it was last looked at.</summary>
    public static bool IsDead(RunContext run, string layer)
    {
        foreach (var series in run.All(RoleKind.DeadFraction))
        {
            if (series.Role!.Scope == layer && series.LastFinite >= 0.5) return true;
        }
        return false;
    }
}
