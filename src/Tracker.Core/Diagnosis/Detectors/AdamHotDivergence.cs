using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>adam-hot-divergence</c>.</summary>
public sealed record AdamHotDivergenceOptions
{
    /// <summary>Points of the loss after the end of the warm-up before which a divergence belongs to the warm-up. Default 0.</summary>
    public int PointsAfterWarmup { get; init; }
}

/// <summary>A divergence under Adam in half precision after the warm-up: the second moments underflow, so that steps become too long.</summary>
internal sealed class AdamHotDivergence(AdamHotDivergenceOptions options) : Detector
{
    public const string Id = "adam-hot-divergence";

    public override void Review(RunContext run)
    {
        if (run.Loss is not { } loss) return;
        Signal? divergence = null;
        foreach (var signal in run.Signals.Signals)
        {
            if (signal.Active && signal.Id == LossDivergence.Id && signal.Series == loss.Name) divergence = signal;
        }
        if (divergence is null)
        {
            run.Signals.Clear(Id, loss.Name);
            return;
        }
        var hints = run.Hints;
        if (run.Signals.IsActive(Id, loss.Name) || !hints.Optimizer.Contains("adam", StringComparison.Ordinal) || !IsHalf(hints.Precision)) return;
        var warmed = run.Rate.IsLogged && run.Rate.First < 0.5 * run.Rate.Peak ? run.Rate.RiseEnd : (long)(hints.WarmupSteps ?? 0);
        if (divergence.OnsetStep < warmed + options.PointsAfterWarmup * loss.Stride) return;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Crit,
            Series = loss.Name,
            Step = run.Step,
            OnsetStep = divergence.OnsetStep,
            Title = $"Adam diverges in {hints.Precision} since step {divergence.OnsetStep}",
            Summary = $"{loss.Name} diverges since step {divergence.OnsetStep}{(warmed > 0 ? $", after the warm-up of {warmed} steps" : "")}, under {hints.Optimizer} in {hints.Precision}: squared gradients below 6e-8 are zero there, and a step divided by √v̂ + ε grows without bound.",
            Evidence = [.. divergence.Evidence],
        });
    }

    private static bool IsHalf(string precision) => precision is "half" or "16" || (precision.Contains("16", StringComparison.Ordinal) && !precision.Contains("bf", StringComparison.Ordinal));
}
