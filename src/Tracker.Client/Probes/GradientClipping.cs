namespace Tracker.Client.Probes;

/// <summary>Clips gradients in place, logs what it did, and counts how often.</summary>
/// <param name="run">Gets the norm before clipping, the threshold and whether it was active; null: nothing is logged.</param>
public sealed class GradientClipping(TrackerRun? run)
{
    /// <summary>Steps so far.</summary>
    public long Steps { get; private set; }

    /// <summary>Steps in which something was clipped.</summary>
    public long Clipped { get; private set; }

    /// <summary>Share of the steps in which something was clipped; 0 before the first. Above 0.5 the rate is too high or the threshold too low.</summary>
    public double Share => Steps == 0 ? 0 : (double)Clipped / Steps;

    /// <summary>
    /// Scales all gradients by one factor so that their common L2 norm is at most <paramref name="maxNorm"/>; their direction stays.
    /// Logs <c>grad_norm/total</c>, <c>clip/threshold</c>, <c>clip/active</c>. A norm that is not finite leaves them as they are: skip that step.
    /// </summary>
    /// <returns>The norm before clipping.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxNorm"/> is not above 0.</exception>
    public double ByNorm(long step, IEnumerable<Memory<float>> gradients, double maxNorm)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxNorm);
        var all = gradients as IReadOnlyCollection<Memory<float>> ?? [.. gradients];
        var norm = Math.Sqrt(all.Sum(values => Numbers.SquareSum(values.Span)));
        var isActive = norm > maxNorm && double.IsFinite(norm);
        if (isActive)
        {
            var factor = (float)(maxNorm / norm);
            foreach (var values in all)
            {
                foreach (ref var value in values.Span) value *= factor;
            }
        }

        Count(isActive);
        run?.Log(step, ("grad_norm/total", norm), ("clip/threshold", maxNorm), ("clip/active", isActive ? 1 : 0));
        return norm;
    }

    /// <summary>
    /// Limits each number to ±<paramref name="limit"/>; the direction changes. Logs <c>grad_norm/total</c> before, <c>clip/value</c> (the limit),
    /// <c>clip/active</c> and <c>clip/share</c> (of the numbers).
    /// </summary>
    /// <returns>The norm before clipping.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="limit"/> is not above 0.</exception>
    public double ByValue(long step, IEnumerable<Memory<float>> gradients, double limit)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        var (squares, clipped, count, bound) = (0.0, 0L, 0L, (float)limit);
        foreach (var values in gradients)
        {
            squares += Numbers.SquareSum(values.Span);
            count += values.Length;
            foreach (ref var value in values.Span)
            {
                if (Math.Abs(value) <= bound || float.IsNaN(value)) continue;
                value = value > 0 ? bound : -bound;
                clipped++;
            }
        }

        Count(clipped > 0);
        var norm = Math.Sqrt(squares);
        run?.Log(step, ("grad_norm/total", norm), ("clip/value", limit), ("clip/active", clipped > 0 ? 1 : 0), ("clip/share", count == 0 ? 0 : (double)clipped / count));
        return norm;
    }

    private void Count(bool isActive)
    {
        Steps++;
        if (isActive) Clipped++;
    }
}
