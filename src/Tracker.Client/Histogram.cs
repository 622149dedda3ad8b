namespace Tracker.Client;

/// <summary>Counts between strictly rising edges; one more edge than counts.</summary>
internal sealed record Histogram(double[] Edges, double[] Counts)
{
    public const int Bins = 64;
    private const int MostBins = 1_024;

    public long Bytes => (Edges.Length + Counts.Length) * sizeof(double);

    /// <summary>What would make the server refuse a whole batch; edges that do not rise it names and leaves out.</summary>
    public bool HasShape => Counts.Length is > 0 and <= MostBins && Edges.Length == Counts.Length + 1;

    /// <summary>64 bins of equal width over the finite values, or null when there is none.</summary>
    public static Histogram? Of(ReadOnlySpan<float> values)
    {
        float least = float.PositiveInfinity, greatest = float.NegativeInfinity;
        foreach (var value in values)
        {
            if (!float.IsFinite(value)) continue;
            if (value < least) least = value;
            if (value > greatest) greatest = value;
        }

        if (least > greatest) return null;
        var (histogram, scale) = Empty(least, greatest);
        var (from, counts) = (histogram.Edges[0], histogram.Counts);
        foreach (var value in values)
        {
            if (float.IsFinite(value)) counts[BinOf(value, from, scale)]++;
        }

        return histogram;
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{float})"/>
    public static Histogram? Of(ReadOnlySpan<double> values)
    {
        double least = double.PositiveInfinity, greatest = double.NegativeInfinity;
        foreach (var value in values)
        {
            if (!double.IsFinite(value)) continue;
            if (value < least) least = value;
            if (value > greatest) greatest = value;
        }

        if (least > greatest) return null;
        var (histogram, scale) = Empty(least, greatest);
        var (from, counts) = (histogram.Edges[0], histogram.Counts);
        foreach (var value in values)
        {
            if (double.IsFinite(value)) counts[BinOf(value, from, scale)]++;
        }

        return histogram;
    }

    // Halves, because the difference of two doubles can be infinite.
    private static int BinOf(double value, double from, double scale) => Math.Clamp((int)(((value / 2) - (from / 2)) * scale), 0, Bins - 1);

    private static (Histogram Histogram, double Scale) Empty(double least, double greatest)
    {
        // Edges have to rise strictly: equal values get a bin range around them, and so do values only a few roundings apart.
        var narrowest = Math.Max(Math.Abs(least), Math.Abs(greatest)) * 1e-13;
        if ((greatest / 2) - (least / 2) <= narrowest * Bins)
        {
            var around = Math.Max(0.5, 4 * narrowest * Bins);
            (least, greatest) = (Math.Max(least - around, -double.MaxValue), Math.Min(greatest + around, double.MaxValue));
        }

        var edges = new double[Bins + 1];
        for (var i = 0; i <= Bins; i++)
        {
            var share = (double)i / Bins;
            edges[i] = (least * (1 - share)) + (greatest * share);
        }

        return (new Histogram(edges, new double[Bins]), Bins / ((greatest / 2) - (least / 2)));
    }
}
