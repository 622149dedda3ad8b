namespace Tracker.Client.Probes;

/// <summary>Learning rates as functions of the step, from 0: to train by, or to compare a run's <c>lr</c> against.</summary>
public static class Schedules
{
    /// <summary>Rises in a straight line to <paramref name="peak"/> over <paramref name="warmup"/> steps, then stays. The first step has <c>peak / warmup</c>, not 0.</summary>
    public static double Warmup(long step, long warmup, double peak) => step >= warmup ? peak : peak * (step + 1) / warmup;

    /// <summary>
    /// Warm-up, then half a cosine down to <paramref name="floor"/> at <paramref name="total"/> steps, where it stays
    /// (Loshchilov and Hutter, "SGDR", 2017, without restarts).
    /// </summary>
    public static double Cosine(long step, long total, double peak, long warmup = 0, double floor = 0)
    {
        if (step < warmup) return Warmup(step, warmup, peak);
        var share = Math.Clamp((double)(step - warmup) / Math.Max(1, total - warmup), 0, 1);
        return floor + ((peak - floor) * (1 + Math.Cos(Math.PI * share)) / 2);
    }

    /// <summary>Up and down in straight lines between two rates, <paramref name="halfCycle"/> steps each way (L. Smith 2015, "triangular").</summary>
    public static double Cyclical(long step, long halfCycle, double low, double high)
    {
        var place = (double)(step % (2 * halfCycle)) / halfCycle;
        return low + ((high - low) * (place <= 1 ? place : 2 - place));
    }

    /// <summary>
    /// One rise and one fall, both along cosines, and the momentum against it: high where the rate is low (L. Smith 2019; PyTorch's OneCycleLR
    /// with its defaults gives the same numbers).
    /// </summary>
    /// <param name="step">From 0 to <paramref name="total"/> − 1.</param>
    /// <param name="total">Steps of the whole cycle.</param>
    /// <param name="peak">The greatest rate.</param>
    /// <param name="rise">Share of the steps that go up. Default: 0.3.</param>
    /// <param name="startDivisor">The first rate is the peak over this. Default: 25.</param>
    /// <param name="endDivisor">The last rate is the first over this. Default: 1e4.</param>
    /// <param name="lowMomentum">At the peak. Default: 0.85.</param>
    /// <param name="highMomentum">At both ends. Default: 0.95.</param>
    public static (double Rate, double Momentum) OneCycle(
        long step, long total, double peak, double rise = 0.3, double startDivisor = 25, double endDivisor = 1e4, double lowMomentum = 0.85, double highMomentum = 0.95)
    {
        var (top, end, first) = ((rise * total) - 1, (double)total - 1, peak / startDivisor);
        return step <= top
            ? (Between(first, peak, step / top), Between(highMomentum, lowMomentum, step / top))
            : (Between(peak, first / endDivisor, Math.Min(1, (step - top) / (end - top))), Between(lowMomentum, highMomentum, Math.Min(1, (step - top) / (end - top))));
    }

    private static double Between(double from, double to, double share) => to + ((from - to) * (1 + Math.Cos(Math.PI * share)) / 2);
}
