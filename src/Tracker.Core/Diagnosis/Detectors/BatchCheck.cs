using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>nan-input</c>, <c>nan-target</c> and <c>extreme-input</c>.</summary>
public sealed record BatchCheckOptions
{
    /// <summary>An input beyond this in size is extreme. Default 100 (the usual check of a batch before the forward pass).</summary>
    public double Extreme { get; init; } = 100;
}

/// <summary>What the check of a batch before its forward pass found: inputs or targets that are not finite, or inputs far out of range.</summary>
internal sealed class BatchCheck : ProbeDetector
{
    public const string NanInput = "nan-input";
    public const string NanTarget = "nan-target";
    public const string ExtremeInput = "extreme-input";

    private readonly BatchCheckOptions _options;

    public BatchCheck(BatchCheckOptions options)
    {
        _options = options;
        Checks =
        [
            new(NanInput, "batch-check", (run, e) => Count(e, "nan_inputs", "inf_inputs", "inputs")),
            new(NanTarget, "batch-check", (run, e) => Count(e, "nan_targets", "inf_targets", "targets")),
            new(ExtremeInput, "batch-check", JudgeExtreme),
        ];
    }

    public override IReadOnlyList<ProbeCheck> Checks { get; }

    private static ProbeVerdict? Count(Happening e, string nan, string infinite, string what)
    {
        if (e.Number(nan) is null && e.Number(infinite) is null) return null;
        var (nans, infinities) = (e.Number(nan) ?? 0, e.Number(infinite) ?? 0);
        return !(nans + infinities > 0)
            ? ProbeVerdict.Fine
            : new(Severity.Crit, $"NaN or infinity in the {what} of {Batch(e)}", $"{Batch(e, true)}, step {e.Step}, has {Numbers.Text(nans)} NaN and {Numbers.Text(infinities)} infinite {what}: the fault is in the data pipeline.",
                $"{what} not finite", nans + infinities, 0);
    }

    private ProbeVerdict? JudgeExtreme(RunContext run, Happening e)
    {
        if (e.Number("max_abs_input") is not { } most) return null;
        return !(most > _options.Extreme) || double.IsInfinity(most)
            ? ProbeVerdict.Fine
            : new(Severity.Warn, $"Inputs as large as {Numbers.Text(most)} in {Batch(e)}", $"The largest input of {Batch(e)}, step {e.Step}, is {Numbers.Text(most)} in size; scaled inputs stay below {Numbers.Text(_options.Extreme)}.",
                "largest input in size", most, _options.Extreme);
    }

    private static string Batch(Happening e, bool first = false) => (first ? "B" : "b") + "atch" + (e.Text("batch") is { Length: > 0 } id ? " " + id : " of step " + e.Step);
}
