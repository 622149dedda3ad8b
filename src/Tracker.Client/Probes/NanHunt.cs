namespace Tracker.Client.Probes;

/// <summary>Finds where numbers cease to be finite: which parameter, which module first, which operation.</summary>
/// <param name="run">Gets the findings; null: they are only given back.</param>
public sealed class NanHunt(TrackerRun? run)
{
    private long? _foundAt;

    /// <summary>The first module whose result was not finite in this step; null: none so far.</summary>
    public string? First { get; private set; }

    /// <summary>Searches parameters and buffers for NaN and infinity and logs <c>nonfinite-params</c>, also when all are clean: then the batch is to blame.</summary>
    /// <returns>Names of those that are not finite.</returns>
    public IReadOnlyList<string> SearchTensors(long step, IEnumerable<NamedTensor> parameters, IEnumerable<NamedTensor>? buffers = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var searched = 0;
        List<string> Bad(IEnumerable<NamedTensor> tensors)
        {
            var bad = new List<string>();
            foreach (var tensor in tensors)
            {
                searched++;
                if (Numbers.HasNonFinite(tensor.Values.Span)) bad.Add(tensor.Name);
            }

            return bad;
        }

        var (inParameters, inBuffers) = (Bad(parameters), Bad(buffers ?? []));
        run.LogProbe(
            "nonfinite-params", step, ("tensors", inParameters.Take(ProbeLog.MostNames).ToArray()), ("buffers", inBuffers.Take(ProbeLog.MostNames).ToArray()), ("checked", searched),
            ("count", inParameters.Count + inBuffers.Count));
        return [.. inParameters, .. inBuffers];
    }

    /// <summary>Call with the output of each module of the forward pass, in order; the first that is not finite in a step is logged as <c>nan-first-module</c>.</summary>
    /// <returns>True when this one is not finite.</returns>
    public bool Forward(long step, string module, ReadOnlySpan<float> inputs, ReadOnlySpan<float> output) => Look(step, module, "forward", inputs, output);

    /// <summary>As <see cref="Forward"/>, of the backward pass: the gradient that came in from above, and the one that goes on below.</summary>
    /// <returns>True when this one is not finite.</returns>
    public bool Backward(long step, string module, ReadOnlySpan<float> incoming, ReadOnlySpan<float> outgoing) => Look(step, module, "backward", incoming, outgoing);

    /// <summary>Checks one operation that is known to be delicate (log, div, sqrt, exp…) and logs <c>numeric-op</c> when its result is not finite.</summary>
    /// <returns>True when the result is not finite.</returns>
    public bool Operation(long step, string operation, string module, ReadOnlySpan<float> inputs, ReadOnlySpan<float> output)
    {
        var (nan, infinite, _, _) = Numbers.Range(output);
        if (nan + infinite == 0) return false;
        var range = Numbers.Range(inputs);
        run.LogProbe("numeric-op", step, ("op", operation), ("module", module), ("input_min", range.Least), ("input_max", range.Greatest), ("count", nan + infinite));
        return true;
    }

    private bool Look(long step, string module, string pass, ReadOnlySpan<float> inputs, ReadOnlySpan<float> output)
    {
        if (!Numbers.HasNonFinite(output)) return false;
        if (_foundAt == step) return true;
        (_foundAt, First) = (step, module);
        run.LogProbe("nan-first-module", step, ("module", module), ("pass", pass), ("inputs_nonfinite", Numbers.HasNonFinite(inputs)));
        return true;
    }
}
