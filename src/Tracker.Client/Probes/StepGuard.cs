namespace Tracker.Client.Probes;

/// <summary>
/// Says which steps to skip: loss or gradient norm not finite, or the norm far above what is usual (its median over the last 50 steps).
/// Batches whose steps were skipped more than once are put on a black list.
/// </summary>
/// <param name="run">Gets an event for each skipped step; null: nothing is logged.</param>
/// <param name="factor">A norm above this many times the median is skipped. Default: 20.</param>
/// <param name="strikes">Skipped so often, a batch is listed. Default: 2.</param>
public sealed class StepGuard(TrackerRun? run, double factor = 20, int strikes = 2)
{
    private const int Window = 50;
    private const int Least = 10;

    private readonly Queue<double> _norms = new();
    private readonly Dictionary<string, int> _skips = [];
    private readonly HashSet<string> _listed = [];

    /// <summary>Steps that were to be skipped.</summary>
    public int Skipped { get; private set; }

    /// <summary>Ids of batches that are not worth trying again.</summary>
    public IReadOnlyCollection<string> BlackList => _listed;

    /// <summary>Puts ids on the black list, such as those of an earlier run.</summary>
    public void Add(IEnumerable<string> ids) => _listed.UnionWith(ids);

    /// <summary>Whether a batch is on the black list.</summary>
    public bool IsListed(string id) => _listed.Contains(id);

    /// <summary>True: do the optimizer step. False: leave it out, and clear the gradients.</summary>
    public bool Allows(long step, double loss, double gradientNorm, params ReadOnlySpan<string> ids)
    {
        var median = Median();
        var reason = !double.IsFinite(loss) ? "the loss is not finite"
            : !double.IsFinite(gradientNorm) ? "the gradient is not finite"
            : _norms.Count >= Least && gradientNorm > factor * median ? $"the gradient norm is {gradientNorm / median:0.#} times its median"
            : null;
        if (reason is null)
        {
            _norms.Enqueue(gradientNorm);
            if (_norms.Count > Window) _norms.Dequeue();
            return true;
        }

        Skipped++;
        foreach (var id in ids)
        {
            _skips[id] = _skips.GetValueOrDefault(id) + 1;
            if (_skips[id] >= strikes) _listed.Add(id);
        }

        run.LogProbe("skipped-step", step, ("because", reason), ("loss", loss), ("grad_norm", gradientNorm), ("batch", ids.ToArray()), ("skipped", Skipped));
        return false;
    }

    private double Median()
    {
        var sorted = _norms.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : sorted[sorted.Length / 2];
    }
}
