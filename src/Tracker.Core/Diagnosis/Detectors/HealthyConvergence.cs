using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>healthy-convergence</c>.</summary>
public sealed record HealthyConvergenceOptions
{
    /// <summary>Points of the loss (fewer in a sparse series) before a run can be called healthy. Default 200.</summary>
    public int Points { get; init; } = 200;

    /// <summary>Descent so far, in units of the fine buckets' noise. Default 5.</summary>
    public double Descent { get; init; } = 5;

    /// <summary>Level as a part of the start below which a flat loss has converged. Default 0.05.</summary>
    public double Converged { get; init; } = 0.05;
}

/// <summary>The badge: the loss falls, or has converged, and nothing is wrong. An annotation, never an alert.</summary>
internal sealed class HealthyConvergence(HealthyConvergenceOptions options) : Detector
{
    public const string Id = "healthy-convergence";

    /// <summary>Notes that take nothing from a run's health.</summary>
    private static readonly string[] Harmless = [Id, ScheduleKick.Id, RateSchedule.Cyclic, SmoothedInput.Id];

    public override void Review(RunContext run)
    {
        if (run.Loss is not { Trend: { } trend } loss) return;
        var (alarmed, noted) = (false, false);
        foreach (var signal in run.Signals.Signals)
        {
            alarmed |= signal.Active && signal.Severity >= Severity.Warn;
            noted |= signal.Active && !Harmless.Contains(signal.Id) && !LoggingHygiene.Ids.Contains(signal.Id);
        }
        if (alarmed)
        {
            run.Signals.Clear(Id, loss.Name);
            return;
        }
        if (noted || run.Signals.IsActive(Id, loss.Name) || run.IsAdversarial || run.JustResumed || run.IsPoisoned) return;
        if (loss.Finite < run.Window(loss, options.Points) || trend.Fine.Count < 8) return;
        var descent = trend.Start - trend.Best;
        if (descent < options.Descent * trend.FineNoise || trend.Fine.Value(0) - trend.Best > 0.25 * descent) return;
        var falls = trend.MannKendall(24) <= -2.33;
        if (!falls && !(loss.IsPositive && trend.Best < options.Converged * trend.Start) && !run.IsNearEnd) return;
        var validation = run.First(RoleKind.ValLoss) is { Finite: > 0, Trend: { } evaluations } ? $", validation is at {Numbers.Text(evaluations.Tail.Median(3))}" : "";
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = loss.Name,
            Step = run.Step,
            OnsetStep = loss.FirstStep,
            Title = "The run looks healthy",
            Summary = $"{loss.Name} has come down from {Numbers.Text(trend.Start)} to {Numbers.Text(trend.Fine.Value(0))}{(falls ? " and still falls" : "")}{validation}, and nothing speaks of a fault.",
            Evidence = [new Evidence(loss.Name, loss.FirstStep, run.Step, "descent, in units of the noise", Numbers.Round6(trend.FineNoise > 0 ? descent / trend.FineNoise : descent), options.Descent)],
        });
    }
}
