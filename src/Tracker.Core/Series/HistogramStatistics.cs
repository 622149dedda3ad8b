namespace Tracker.Core.Series;

/// <summary>
/// Moments and percentiles of a histogram, worked out from its bins with the mass of each bin spread evenly between its edges. A histogram without
/// mass has none: all are NaN but <see cref="Count"/>, which is 0.
/// </summary>
/// <param name="Count">The mass of all bins.</param>
/// <param name="Mean">Mean.</param>
/// <param name="Std">Standard deviation of the whole mass (divided by its count): what lies within bins included, width² / 12 of each.</param>
/// <param name="Min">Lower edge of the first bin with mass.</param>
/// <param name="Max">Upper edge of the last bin with mass.</param>
/// <param name="P5">5 % of the mass lie below; within a bin by linear interpolation. The others likewise.</param>
/// <param name="P25">Lower quartile.</param>
/// <param name="P50">Median.</param>
/// <param name="P75">Upper quartile.</param>
/// <param name="P95">95 % lie below.</param>
public readonly record struct HistogramStatistics(double Count, double Mean, double Std, double Min, double Max, double P5, double P25, double P50, double P75, double P95)
{
    /// <param name="edges">Rising, one more than <paramref name="counts"/>.</param>
    /// <param name="counts">Not negative.</param>
    public static HistogramStatistics Of(ReadOnlySpan<double> edges, ReadOnlySpan<double> counts)
    {
        double total = 0, mean = 0;
        int first = -1, last = -1;
        for (var i = 0; i < counts.Length; i++)
        {
            if (!(counts[i] > 0)) continue;
            if (first < 0) first = i;
            last = i;
            total += counts[i];
            // Welford's way, so that large values far from 0 lose nothing.
            mean += (Middle(edges, i) - mean) * (counts[i] / total);
        }

        if (first < 0) return new HistogramStatistics(0, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);
        var variance = 0.0;
        for (var i = first; i <= last; i++)
        {
            var (distance, width) = (Middle(edges, i) - mean, edges[i + 1] - edges[i]);
            variance += counts[i] / total * ((distance * distance) + (width * width / 12));
        }

        Span<double> shares = [0.05, 0.25, 0.5, 0.75, 0.95];
        var below = 0.0;
        var bin = first;
        foreach (ref var share in shares)
        {
            var wanted = share * total;
            while (bin < last && below + counts[bin] < wanted) below += counts[bin++];
            var within = counts[bin] > 0 ? Math.Clamp((wanted - below) / counts[bin], 0, 1) : 0;
            share = (edges[bin] * (1 - within)) + (edges[bin + 1] * within);
        }

        return new HistogramStatistics(total, mean, Math.Sqrt(variance), edges[first], edges[last + 1], shares[0], shares[1], shares[2], shares[3], shares[4]);
    }

    private static double Middle(ReadOnlySpan<double> edges, int bin) => (edges[bin] / 2) + (edges[bin + 1] / 2);
}
