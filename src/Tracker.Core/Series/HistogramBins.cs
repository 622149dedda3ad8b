using System.Runtime.InteropServices;

namespace Tracker.Core.Series;

/// <summary>Bins of equal width: how raw values become a histogram, and how such edges are written down.</summary>
public static class HistogramBins
{
    /// <summary>Bins that raw values are counted into.</summary>
    public const int Default = 64;

    /// <summary>
    /// Counts raw values into bins of equal width from the least to the greatest finite value. The last bin includes its upper edge.
    /// Values that are all equal get bins around them: half of the value to each side, or 0.5 around zero.
    /// </summary>
    /// <param name="values">Any doubles; NaN and infinities are in no bin.</param>
    /// <param name="nonFinite">How many values are in no bin.</param>
    /// <param name="bins">1 to <see cref="SeriesLimits.MaxBins"/>.</param>
    /// <returns>Null when no value is finite.</returns>
    public static (double[] Edges, double[] Counts)? FromValues(ReadOnlySpan<double> values, out int nonFinite, int bins = Default)
    {
        double least = double.PositiveInfinity, greatest = double.NegativeInfinity;
        nonFinite = 0;
        foreach (var value in values)
        {
            if (!double.IsFinite(value))
            {
                nonFinite++;
                continue;
            }

            least = Math.Min(least, value);
            greatest = Math.Max(greatest, value);
        }

        if (least > greatest) return null;
        Widen(ref least, ref greatest, bins);
        var edges = new double[bins + 1];
        FillEqualWidth(least, greatest, edges);
        var counts = new double[bins];
        foreach (var value in values)
        {
            if (double.IsFinite(value)) counts[BinOf(value, edges)]++;
        }

        return (edges, counts);
    }

    /// <summary>
    /// Edges of equal width: edge i is <c>low + i · ((high − low) / n)</c> in float64, the last one <c>high</c> (numpy's linspace).
    /// </summary>
    public static void FillEqualWidth(double low, double high, Span<double> edges)
    {
        var width = (high - low) / (edges.Length - 1);
        for (var i = 0; i < edges.Length - 1; i++) edges[i] = low + (i * width);
        edges[^1] = high;
    }

    internal static bool IsEqualWidth(ReadOnlySpan<double> edges)
    {
        Span<double> candidate = stackalloc double[edges.Length];
        FillEqualWidth(edges[0], edges[^1], candidate);
        return SameBits(edges, candidate);
    }

    internal static bool SameBits(ReadOnlySpan<double> a, ReadOnlySpan<double> b) =>
        MemoryMarshal.Cast<double, long>(a).SequenceEqual(MemoryMarshal.Cast<double, long>(b));

    /// <summary>Makes the range wide enough that every edge rises, within the doubles.</summary>
    private static void Widen(ref double least, ref double greatest, int bins)
    {
        const double Most = double.MaxValue / 4;
        least = Math.Clamp(least, -Most, Most);
        greatest = Math.Clamp(greatest, -Most, Most);
        var magnitude = Math.Max(Math.Abs(least), Math.Abs(greatest));
        var enough = (Math.BitIncrement(magnitude) - magnitude) * bins * 4;
        if (greatest - least >= enough) return;
        var half = magnitude == 0 ? 0.5 : Math.Max(magnitude / 2, enough);
        least -= half;
        greatest += half;
    }

    private static int BinOf(double value, double[] edges)
    {
        var bins = edges.Length - 1;
        var guess = (int)Math.Clamp((value - edges[0]) / (edges[^1] - edges[0]) * bins, 0, bins - 1);
        // Rounding can put the guess one bin beside the edges as they are written.
        while (guess > 0 && value < edges[guess]) guess--;
        while (guess < bins - 1 && value >= edges[guess + 1]) guess++;
        return guess;
    }
}
