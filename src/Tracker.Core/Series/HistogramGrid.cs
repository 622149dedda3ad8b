namespace Tracker.Core.Series;

/// <summary>One histogram on the common grid.</summary>
public readonly record struct HistogramColumn(long Step, long Time, double[] Counts);

/// <summary>Many histograms with edges of their own brought onto one grid, for a heat map.</summary>
/// <param name="Edges">Rising, one more than the counts of each column.</param>
/// <param name="Columns">In the order of the input.</param>
public sealed record HistogramGrid(double[] Edges, List<HistogramColumn> Columns)
{
    /// <summary>
    /// Spreads every histogram over a grid from the lowest to the highest edge of all. A bin that several bins of the grid cover is split
    /// in proportion to their widths. No mass is lost: the counts of a column add up to exactly the sum of the counts given.
    /// Histograms that all have the same edges, and not too many, are returned on these.
    /// </summary>
    /// <param name="histograms">Edges rise and are one more than counts; counts are not negative.</param>
    /// <param name="bins">Bins of the grid, at least 1.</param>
    public static HistogramGrid Rebin(IReadOnlyList<HistogramPoint> histograms, int bins = HistogramBins.Default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 1);
        if (histograms.Count == 0) return new HistogramGrid([], []);

        var edges = EdgesFor(histograms, bins);
        var columns = new List<HistogramColumn>(histograms.Count);
        foreach (var histogram in histograms)
        {
            var counts = HistogramBins.SameBits(histogram.Edges, edges) ? histogram.Counts : Spread(histogram, edges);
            columns.Add(new HistogramColumn(histogram.Step, histogram.Time, counts));
        }

        return new HistogramGrid(edges, columns);
    }

    private static double[] EdgesFor(IReadOnlyList<HistogramPoint> histograms, int bins)
    {
        var first = histograms[0].Edges;
        var (low, high, same) = (first[0], first[^1], first.Length <= bins + 1);
        foreach (var histogram in histograms)
        {
            low = Math.Min(low, histogram.Edges[0]);
            high = Math.Max(high, histogram.Edges[^1]);
            same = same && HistogramBins.SameBits(histogram.Edges, first);
        }

        if (same) return first;
        var edges = new double[bins + 1];
        for (var i = 0; i < bins; i++) edges[i] = Between(low, high, (double)i / bins);
        edges[bins] = high;
        return edges;
    }

    /// <summary>
    /// The mass below each edge of the grid, by linear interpolation within bins, rounded to the last place of the total:
    /// so rounded, neighbouring differences and their sums are exact.
    /// </summary>
    private static double[] Spread(HistogramPoint histogram, double[] edges)
    {
        var total = 0.0;
        foreach (var count in histogram.Counts) total += count;
        var place = Math.BitIncrement(total) - total;
        var counts = new double[edges.Length - 1];
        double below = 0, done = 0;
        var bin = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            var edge = edges[i + 1];
            while (bin < histogram.Counts.Length && histogram.Edges[bin + 1] <= edge) done += histogram.Counts[bin++];
            var mass = done;
            if (bin < histogram.Counts.Length && histogram.Edges[bin] < edge) mass += histogram.Counts[bin] * ShareBelow(histogram, bin, edge);
            mass = i == counts.Length - 1 ? total : Math.Clamp(Math.Round(mass / place) * place, below, total);
            counts[i] = mass - below;
            below = mass;
        }

        return counts;
    }

    private static double ShareBelow(HistogramPoint histogram, int bin, double edge)
    {
        // Halves, because the width of a bin can be beyond the doubles.
        var (low, high) = (histogram.Edges[bin] / 2, histogram.Edges[bin + 1] / 2);
        return Math.Clamp(((edge / 2) - low) / (high - low), 0, 1);
    }

    private static double Between(double low, double high, double share) => (low * (1 - share)) + (high * share);
}
