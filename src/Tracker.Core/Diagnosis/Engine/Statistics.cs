namespace Tracker.Core.Diagnosis.Engine;

/// <summary>The few statistics that all detectors are built from. Sums run in index order, so that a replay gives the same bits.</summary>
internal static class Statistics
{
    /// <summary>Most values that Mann-Kendall and Theil-Sen look at: 24² / 2 = 276 comparisons.</summary>
    public const int TrendPoints = 24;

    /// <summary>Median; sorts its argument. NaN when empty.</summary>
    public static double Median(Span<double> values)
    {
        if (values.Length == 0) return double.NaN;
        values.Sort();
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : values[middle - 1] / 2 + values[middle] / 2;
    }

    /// <summary>The same median without sorting: the order of its argument is lost, about a third of the time is spent. NaN when empty.</summary>
    public static double MiddleOf(Span<double> values)
    {
        if (values.Length < 3) return Median(values);
        // Differences of numbers near the end of their range may be NaN, which no comparison puts in order.
        foreach (var value in values)
        {
            if (double.IsNaN(value)) return Median(values);
        }
        var middle = values.Length / 2;
        var upper = Select(values, middle);
        if (values.Length % 2 == 1) return upper;
        var lower = values[0];
        for (var i = 1; i < middle; i++) lower = Math.Max(lower, values[i]);
        return lower / 2 + upper / 2;
    }

    /// <summary>Quantile by nearest rank, <paramref name="q"/> in 0 to 1; sorts its argument. NaN when empty.</summary>
    public static double Quantile(Span<double> values, double q)
    {
        if (values.Length == 0) return double.NaN;
        values.Sort();
        return values[(int)Math.Round(q * (values.Length - 1))];
    }

    /// <summary>Spread around a centre that outliers do not move: 1.4826 · median |x − centre|; overwrites its argument. NaN when empty.</summary>
    public static double Spread(Span<double> values, double centre)
    {
        for (var i = 0; i < values.Length; i++) values[i] = Math.Abs(values[i] - centre);
        return 1.4826 * MiddleOf(values);
    }

    /// <summary>Whether a value, as a decimal, needs no more than so many digits: small changes of it were rounded away.</summary>
    public static bool IsRounded(double value, int digits)
    {
        if (value == 0 || !double.IsFinite(value)) return true;
        var whole = Math.Abs(value) / Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - digits + 1);
        return Math.Abs(whole - Math.Round(whole)) < 1e-9 * whole;
    }

    /// <summary>
    /// Standard deviation of the noise around a slow trend: 1.4826 · median |x_t − x_{t−1}| / √2.
    /// The first differences make it blind to the trend, the median to outliers.
    /// </summary>
    public static double Noise(ReadOnlySpan<double> values)
    {
        if (values.Length < 3) return 0;
        Span<double> steps = values.Length <= 513 ? stackalloc double[values.Length - 1] : new double[values.Length - 1];
        for (var i = 1; i < values.Length; i++) steps[i - 1] = Math.Abs(values[i] - values[i - 1]);
        return 1.4826 * MiddleOf(steps) / Math.Sqrt(2);
    }

    /// <summary>
    /// The same from second differences, for values such as bucket medians whose steps are mostly trend:
    /// 1.4826 · median |x_t − 2 x_{t−1} + x_{t−2}| / √6.
    /// </summary>
    public static double CurveNoise(ReadOnlySpan<double> values)
    {
        if (values.Length < 4) return Noise(values);
        Span<double> bends = values.Length <= 514 ? stackalloc double[values.Length - 2] : new double[values.Length - 2];
        for (var i = 2; i < values.Length; i++) bends[i - 2] = Math.Abs(values[i] - 2 * values[i - 1] + values[i - 2]);
        return 1.4826 * MiddleOf(bends) / Math.Sqrt(6);
    }

    /// <summary>
    /// Mann-Kendall's z: how far the count of rises over falls, over all pairs, is from what chance gives. Negative falls.
    /// Longer input is first thinned to <see cref="TrendPoints"/> medians of neighbours, which also takes out autocorrelation.
    /// </summary>
    public static double MannKendall(ReadOnlySpan<double> values)
    {
        Span<double> thinned = stackalloc double[TrendPoints];
        var v = Thin(values, thinned);
        var n = v.Length;
        if (n < 4) return 0;
        var s = 0;
        for (var i = 1; i < n; i++)
        {
            for (var j = 0; j < i; j++) s += v[i].CompareTo(v[j]);
        }
        var variance = n * (n - 1) * (2 * n + 5) / 18.0 - TieCorrection(v);
        return s == 0 || variance <= 0 ? 0 : (s - Math.Sign(s)) / Math.Sqrt(variance);
    }

    /// <summary>Theil-Sen's slope, in units of the values per index of the (thinned) input.</summary>
    public static double TheilSen(ReadOnlySpan<double> values)
    {
        Span<double> thinned = stackalloc double[TrendPoints];
        var v = Thin(values, thinned);
        if (v.Length < 2) return 0;
        Span<double> slopes = stackalloc double[TrendPoints * (TrendPoints - 1) / 2];
        var count = 0;
        for (var i = 1; i < v.Length; i++)
        {
            for (var j = 0; j < i; j++) slopes[count++] = (v[i] - v[j]) / (i - j);
        }
        return MiddleOf(slopes[..count]);
    }

    /// <summary>At most as many values as <paramref name="into"/> holds: medians of equal groups of neighbours.</summary>
    public static ReadOnlySpan<double> Thin(ReadOnlySpan<double> values, Span<double> into)
    {
        if (values.Length <= into.Length) return values;
        Span<double> group = stackalloc double[64];
        for (var g = 0; g < into.Length; g++)
        {
            var from = (int)((long)g * values.Length / into.Length);
            var to = (int)((long)(g + 1) * values.Length / into.Length);
            var length = Math.Min(to - from, group.Length);
            values.Slice(from, length).CopyTo(group);
            into[g] = MiddleOf(group[..length]);
        }
        return into;
    }

    /// <summary>Hoare's selection: the value that sorting would put at an index; smaller ones are left before it.</summary>
    private static double Select(Span<double> values, int index)
    {
        var (low, high) = (0, values.Length - 1);
        while (low < high)
        {
            var pivot = values[index];
            var (i, j) = (low, high);
            while (i <= j)
            {
                while (values[i] < pivot) i++;
                while (values[j] > pivot) j--;
                if (i > j) break;
                (values[i], values[j]) = (values[j], values[i]);
                i++;
                j--;
            }
            if (j < index) low = i;
            if (i > index) high = j;
        }
        return values[index];
    }

    private static double TieCorrection(ReadOnlySpan<double> values)
    {
        Span<double> sorted = stackalloc double[TrendPoints];
        values.CopyTo(sorted);
        sorted = sorted[..values.Length];
        sorted.Sort();
        var correction = 0.0;
        for (var i = 0; i < sorted.Length;)
        {
            var end = i + 1;
            while (end < sorted.Length && sorted[end] == sorted[i]) end++;
            double t = end - i;
            if (t > 1) correction += t * (t - 1) * (2 * t + 5) / 18;
            i = end;
        }
        return correction;
    }
}
