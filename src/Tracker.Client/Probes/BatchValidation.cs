namespace Tracker.Client.Probes;

/// <summary>What was found in a batch.</summary>
public sealed record BatchFindings(int NanInputs, int InfiniteInputs, int NanTargets, int InfiniteTargets, double MaxAbsInput, bool IsClean);

/// <summary>Looks at batches before they are trained on.</summary>
/// <param name="run">Gets the findings; null: they are only given back.</param>
/// <param name="extreme">Inputs beyond this size are not clean. Default: 100.</param>
public sealed class BatchValidation(TrackerRun? run, double extreme = 100)
{
    private bool? _lastWasClean;

    /// <summary>
    /// Checks inputs and targets for NaN, infinity and extreme values. Logs <c>batch-check</c> for a batch that is not clean, for the first one and for
    /// the first clean one after; with the first also <c>input-stats</c>.
    /// </summary>
    /// <param name="step">That would train on it.</param>
    /// <param name="inputs">All of them, in any order.</param>
    /// <param name="targets">Empty: none, or class numbers.</param>
    /// <param name="batch">Its id, for the diagnosis; null: none.</param>
    public BatchFindings Check(long step, ReadOnlySpan<float> inputs, ReadOnlySpan<float> targets = default, string? batch = null)
    {
        var (nan, infinite, least, greatest) = Numbers.Range(inputs);
        var (nanTargets, infiniteTargets, _, _) = Numbers.Range(targets);
        var size = inputs.IsEmpty || nan == inputs.Length ? 0 : Math.Max(Math.Abs(least), Math.Abs(greatest));
        var findings = new BatchFindings(nan, infinite, nanTargets, infiniteTargets, size, nan + infinite + nanTargets + infiniteTargets == 0 && size <= extreme);
        if (_lastWasClean is null && findings.IsClean)
        {
            var (mean, deviation) = Numbers.Spread(inputs);
            run.LogProbe("input-stats", step, ("mean", mean), ("std", deviation));
        }

        if (!findings.IsClean || _lastWasClean != true)
        {
            run.LogProbe(
                "batch-check", step, ("batch", batch), ("nan_inputs", nan), ("inf_inputs", infinite), ("nan_targets", nanTargets), ("inf_targets", infiniteTargets),
                ("max_abs_input", size));
        }

        _lastWasClean = findings.IsClean;
        return findings;
    }
}
