using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>scaling-mismatch</c>.</summary>
public sealed record ScalingMismatchOptions
{
    /// <summary>Ratio of the batch sizes, one way or the other. Default 2.</summary>
    public double Batch { get; init; } = 2;

    /// <summary>Relative difference up to which two rates are the same. Default 0.05.</summary>
    public double SameRate { get; init; } = 0.05;
}

/// <summary>
/// A sibling run has another batch size and the same learning rate: under SGD the rate should go with the batch (Goyal et al., 2017).
/// The sibling comes as an event of kind <c>sibling</c> that the server writes: <c>{"run", "batch_size", "lr"}</c>.
/// </summary>
internal sealed class ScalingMismatch(ScalingMismatchOptions options) : Detector
{
    public const string Id = "scaling-mismatch";
    public const string Event = "sibling";

    public override void Notice(RunContext run, Happening happening)
    {
        var hints = run.Hints;
        if (hints.IsAdaptive || hints.BatchSize is not { } batch || hints.LearningRate is not { } rate) return;
        if (happening.Number("lr") is not (> 0 and var otherRate) || happening.Number("batch_size") is not (> 0 and var otherBatch)) return;
        var ratio = batch / otherBatch;
        if (ratio < options.Batch && ratio > 1 / options.Batch) return;
        if (Math.Abs(rate / otherRate - 1) > options.SameRate) return;
        var name = happening.Text("run") ?? "a sibling run";
        var series = run.First(RoleKind.LearningRate)?.Name ?? "lr";
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series,
            Step = happening.Step,
            OnsetStep = 0,
            Title = $"{Numbers.Text(ratio)} times the batch size of {name}, at the same learning rate",
            Summary = $"Batch size {Numbers.Text(batch)} against {Numbers.Text(otherBatch)} of {name}, both at rate {Numbers.Text(rate)}: under SGD the rate goes with the batch, {Numbers.Text(rate)} → try {Numbers.Text(rate * ratio)}.",
            Evidence = [new Evidence(series, 0, happening.Step, $"batch size over that of {name}", Numbers.Round6(ratio), options.Batch)],
        });
    }
}
