using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>low-lr-plateau</c>.</summary>
public sealed record LowLrPlateauOptions
{
    /// <summary>Share of the run, or 1,000 points where its length is unknown, before anything is said. Default 0.4.</summary>
    public double AfterProgress { get; init; } = 0.4;

    /// <summary>Median update ratio below which the rate is low. Default 2e-4; about 1e-3 is usual.</summary>
    public double Updates { get; init; } = 2e-4;

    /// <summary>Level as a part of the start below which there is little left to gain. Default 0.2.</summary>
    public double Level { get; init; } = 0.2;

    /// <summary>Descent of the last third over that of the first below which progress has decayed. Default 0.15.</summary>
    public double Decayed { get; init; } = 0.15;
}

/// <summary>A low, constant learning rate that helped at first and now creeps: the loss still falls, hardly.</summary>
internal sealed class LowLrPlateau(LowLrPlateauOptions options) : Detector
{
    public const string Id = "low-lr-plateau";
    private const int FewestBuckets = 24;

    public override void Review(RunContext run)
    {
        if (run.Loss is not { Trend: { } trend } loss || run.IsAdversarial || run.JustResumed || trend.Buckets.Count < FewestBuckets) return;
        var open = run.Signals.IsActive(Id, loss.Name);
        if (open && run.Rate.IsLogged && run.Rate.Last > 2 * run.Rate.First)
        {
            run.Signals.Clear(Id, loss.Name);
            return;
        }
        if (open || !IsConstant(run) || (run.Progress is { } progress ? progress < options.AfterProgress : loss.Finite < 1000)) return;
        // What is above a usual update is no low rate; without update ratios only a rate that is low for anything counts.
        if (Observations.UpdateRatio(run) is { } ratio ? ratio >= options.Updates || ratio <= 0 || !WasLow(run) : run.LearningRate is not (> 0 and <= 1e-5)) return;
        if (trend.Fine.Value(0) < options.Level * Math.Abs(trend.Start)) return;
        var medians = trend.Buckets.Medians;
        var third = medians.Length / 3;
        var (early, late) = (Fall(medians[..third]), Fall(medians[^third..]));
        if (early <= 3 * trend.FineNoise || late >= options.Decayed * early || late <= 0 || trend.MannKendall(24) > -2.33) return;
        var rate = run.LearningRate is { } value ? $" {Numbers.Text(value)}" : "";
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = loss.Name,
            Step = run.Step,
            OnsetStep = trend.Buckets.Start(medians.Length - third),
            Title = "A low constant learning rate makes little progress now",
            Summary = $"{loss.Name} fell by {Numbers.Text(early)} in the first third of the run and by {Numbers.Text(late)} in the last one, at the constant rate{rate}.",
            Evidence = [new Evidence(loss.Name, loss.FirstStep, run.Step, "descent of the last third over that of the first", Numbers.Round6(late / early), options.Decayed)],
        });
    }

    /// <summary>Updates also become small because the loss does; of a low rate they were small from the first.</summary>
    private bool WasLow(RunContext run)
    {
        var layers = run.All(RoleKind.UpdateRatio);
        Span<double> early = stackalloc double[Math.Min(layers.Count, 64)];
        for (var i = 0; i < early.Length; i++) early[i] = layers[i].Shape is { Count: > 0 } shape ? shape.Median(0, 0.2) : double.NaN;
        return Statistics.Median(early) < options.Updates;
    }

    private static bool IsConstant(RunContext run) => run.Rate.IsLogged ? run.Rate.Least >= 0.98 * run.Rate.Peak : Schedules.IsConstant(run.Hints);

    /// <summary>Median of the first quarter less that of the last.</summary>
    private static double Fall(ReadOnlySpan<double> values)
    {
        var quarter = Math.Max(1, values.Length / 4);
        Span<double> scratch = stackalloc double[quarter];
        values[..quarter].CopyTo(scratch);
        var from = Statistics.Median(scratch);
        values[^quarter..].CopyTo(scratch);
        return from - Statistics.Median(scratch);
    }
}
