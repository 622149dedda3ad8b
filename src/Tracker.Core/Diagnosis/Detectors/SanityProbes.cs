using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>overfit-one-batch</c> and <c>first-step-decrease</c>.</summary>
public sealed record SanityProbesOptions
{
    /// <summary>One batch is learnt by heart when its loss ends below this… Default 0.01.</summary>
    public double Learnt { get; init; } = 0.01;

    /// <summary>…or below this part of the loss that it began with. Default 0.05.</summary>
    public double LearntShare { get; init; } = 0.05;

    /// <summary>Fewest steps that the probe must have had. Default 100.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Steps within which a sound model has learnt the batch; with fewer, one that was on its way is a warning. Default 500 (S2).</summary>
    public int EnoughSteps { get; init; } = 500;

    /// <summary>On its way: the loss came below this part of where it began. Default 0.5.</summary>
    public double OnItsWay { get; init; } = 0.5;

    /// <summary>The same batch's loss after one step may be higher by this part of it, for dropout. Default 0.001.</summary>
    public double Slack { get; init; } = 1e-3;
}

/// <summary>Can it learn at all: one batch by heart, one step downhill, a gradient for every parameter.</summary>
internal sealed class SanityProbes : ProbeDetector
{
    public const string OverfitOneBatch = "overfit-one-batch";
    public const string FirstStep = "first-step-decrease";
    public const string GradsReach = "grads-reach-all-params";

    private readonly SanityProbesOptions _options;

    public SanityProbes(SanityProbesOptions options)
    {
        _options = options;
        Checks =
        [
            new(OverfitOneBatch, OverfitOneBatch, JudgeOverfit),
            new(FirstStep, "first-step", JudgeFirstStep),
            new(GradsReach, GradsReach, JudgeGradients),
        ];
    }

    public override IReadOnlyList<ProbeCheck> Checks { get; }

    private ProbeVerdict? JudgeOverfit(RunContext run, Happening e)
    {
        if (e.Number("end") is not { } end) return null;
        var (start, steps) = (e.Number("start"), e.Number("steps"));
        // Too few steps prove nothing, unless the loss is not finite.
        if (steps < _options.Steps && double.IsFinite(end)) return end <= Limit(start) ? ProbeVerdict.Fine : null;
        if (e.Flag("passed") == true || end <= Limit(start)) return ProbeVerdict.Fine;
        var from = start is { } s ? $" from {Numbers.Text(s)}" : "";
        if (steps < _options.EnoughSteps && end < _options.OnItsWay * start)
        {
            return new(Severity.Warn, $"One batch is not learnt by heart in {Numbers.Text(steps!.Value)} steps",
                $"Trained on one batch alone for {Numbers.Text(steps.Value)} steps, the loss went{from} to {Numbers.Text(end)} and not below {Numbers.Text(Limit(start))}. It learns, but slowly: give the probe {_options.EnoughSteps} steps, or the model a higher rate or more units.",
                "loss on one batch", end, Numbers.Round6(Limit(start)));
        }
        return new(Severity.Crit, "One batch cannot be learnt by heart",
            $"Trained on one batch alone{(steps is { } n ? $" for {Numbers.Text(n)} steps" : "")}, the loss went{from} to {Numbers.Text(end)}; it must fall below {Numbers.Text(Limit(start))}. The loop, the loss or the graph is broken, not the data set.",
            "loss on one batch", end, Numbers.Round6(Limit(start)));
    }

    private double Limit(double? start) => Math.Max(_options.Learnt, _options.LearntShare * (start ?? 0));

    private ProbeVerdict? JudgeFirstStep(RunContext run, Happening e)
    {
        if (e.Number("before") is not { } before || e.Number("after") is not { } after) return null;
        if (after <= before + _options.Slack * Math.Abs(before) && after != before) return ProbeVerdict.Fine;
        return new(Severity.Warn, after == before ? "The first step changed nothing" : "The first step made the loss worse",
            $"The loss of one batch was {Numbers.Text(before)} before one optimizer step and {Numbers.Text(after)} after it"
                + (after == before ? ": the optimizer holds no parameters, the gradient is cut off, or the rate is 0." : ": the rate is too high, or the gradient has the wrong sign."),
            "loss after one step", after, Numbers.Round6(before));
    }

    private static ProbeVerdict? JudgeGradients(RunContext run, Happening e)
    {
        var (none, zero) = (e.Texts("none"), e.Texts("zero"));
        if (none.Count + zero.Count == 0) return e.Number("checked") is > 0 ? ProbeVerdict.Fine : null;
        var total = e.Number("checked") is { } n ? $" of {Numbers.Text(n)}" : "";
        var parts = new List<string>();
        if (none.Count > 0) parts.Add($"no gradient at all: {List(none)}");
        if (zero.Count > 0) parts.Add($"a gradient of exactly 0: {List(zero)}");
        return new(Severity.High, $"{none.Count + zero.Count}{total} parameters get no gradient", $"After the backward pass of step {e.Step}: {string.Join("; ", parts)}.",
            "parameters without gradient", none.Count + zero.Count, 0);
    }
}
