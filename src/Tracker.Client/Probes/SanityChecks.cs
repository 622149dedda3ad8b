namespace Tracker.Client.Probes;

/// <summary>Loss of an untrained network against the loss of a guess.</summary>
/// <param name="Loss">Of the first batch, before any step.</param>
/// <param name="Expected">log K.</param>
/// <param name="Ratio">Near 1 when all is well.</param>
/// <param name="IsPlausible">The ratio lies between 0.85 and 1.5.</param>
public sealed record StartLoss(double Loss, double Expected, double Ratio, bool IsPlausible);

/// <summary>What one batch, learnt by heart, came to.</summary>
public sealed record OverfitResult(double Start, double End, int Steps, bool Passed, IReadOnlyList<double> Losses);

/// <summary>Checks that cost a minute before a run that costs days.</summary>
public static class SanityChecks
{
    /// <summary>A batch is learnt by heart, too, when its loss ends at or below this part of where it began.</summary>
    private const double LearntShare = 0.05;

    /// <summary>The loss at the start of a classifier must be about log K: anything else is a fault of the output layer, the loss or its reduction.</summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="loss">Mean cross-entropy of a batch before the first step.</param>
    /// <param name="classes">K; at least 2.</param>
    public static StartLoss LossAtStart(TrackerRun? run, double loss, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        var expected = Math.Log(classes);
        var result = new StartLoss(loss, expected, loss / expected, loss / expected is >= 0.85 and <= 1.5);
        run.LogProbe("loss-at-start", null, ("loss", loss), ("expected", expected), ("ratio", result.Ratio), ("classes", classes));
        return result;
    }

    /// <summary>One step on a batch must lower that batch's loss. Logs <c>first-step</c>.</summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="loss">Loss of the batch, without training on it.</param>
    /// <param name="train">One optimizer step on the same batch.</param>
    /// <returns>True when the loss fell.</returns>
    public static bool FirstStep(TrackerRun? run, Func<double> loss, Action train)
    {
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentNullException.ThrowIfNull(train);
        var before = loss();
        train();
        var after = loss();
        run.LogProbe("first-step", null, ("before", before), ("after", after));
        return after < before;
    }

    /// <summary>
    /// A model that cannot learn one batch by heart is broken, whatever the data. Logs <c>overfit-one-batch</c>. Model and optimizer are put back
    /// by <paramref name="restore"/>.
    /// </summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="train">One optimizer step on the batch; gives the loss before it.</param>
    /// <param name="restore">Puts model and optimizer back as they were; null: they stay as they are.</param>
    /// <param name="steps">At most. Default: 500.</param>
    /// <param name="target">It stops once the loss is below. Default: 0.01. Learnt is also what ends below 5 % of where it began.</param>
    /// <param name="samples">In the batch, for the report; 0: not known.</param>
    public static OverfitResult OverfitOneBatch(TrackerRun? run, Func<double> train, Action? restore, int steps = 500, double target = 0.01, int samples = 0)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        var losses = new List<double>();
        try
        {
            while (losses.Count < steps)
            {
                losses.Add(train());
                if (!double.IsFinite(losses[^1]) || losses[^1] < target) break;
            }
        }
        finally
        {
            restore?.Invoke();
        }

        var result = new OverfitResult(losses[0], losses[^1], losses.Count, losses[^1] < target || losses[^1] <= LearntShare * losses[0], losses);
        run.LogProbe("overfit-one-batch", null, ("start", result.Start), ("end", result.End), ("steps", result.Steps), ("samples", samples > 0 ? samples : null), ("passed", result.Passed), ("losses", losses.ToArray()));
        return result;
    }

    /// <summary>After one backward pass: does every trainable parameter have a gradient? Logs <c>grads-reach-all-params</c>.</summary>
    /// <returns>Names of those without one, or with one that is exactly 0.</returns>
    public static IReadOnlyList<string> GradientsReachAll(TrackerRun? run, long step, IEnumerable<NamedGradient> gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        var (count, none, zero) = (0, new List<string>(), new List<string>());
        foreach (var gradient in gradients)
        {
            count++;
            if (gradient.Values is not { } values) none.Add(gradient.Name);
            else if (values.Span.IndexOfAnyExcept(0f) < 0) zero.Add(gradient.Name);
        }

        run.LogProbe("grads-reach-all-params", step, ("checked", count), ("none", none.ToArray()), ("zero", zero.ToArray()));
        return [.. none, .. zero];
    }

    /// <summary>Compares the sizes of an output. Logs <c>output-shape</c>.</summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="output">As it came.</param>
    /// <param name="expected">As it should be; −1 is any size.</param>
    public static bool OutputShape(TrackerRun? run, ReadOnlySpan<long> output, ReadOnlySpan<long> expected)
    {
        run.LogProbe("output-shape", null, ("output", output.ToArray()), ("expected", expected.ToArray()));
        if (output.Length != expected.Length) return false;
        for (var i = 0; i < output.Length; i++)
        {
            if (expected[i] >= 0 && output[i] != expected[i]) return false;
        }

        return true;
    }
}
