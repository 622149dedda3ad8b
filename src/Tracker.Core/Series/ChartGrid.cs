namespace Tracker.Core.Series;

/// <summary>How x is laid out on a chart.</summary>
public enum AxisScale
{
    /// <summary>By x itself.</summary>
    Linear = 0,

    /// <summary>By the logarithm of x; what is not above 0 has no place.</summary>
    Log = 1,
}

/// <summary>
/// The pixel columns of a chart: as wide as a power of two, with edges at multiples of that width, in units of x or, on a logarithmic axis, of
/// log2 x. While the range grows at its end, a point stays in its column and only the last column changes, until the width doubles. Each column
/// of a wider grid is made of whole columns of a narrower one.
/// </summary>
public readonly record struct ChartGrid
{
    private ChartGrid(double width, AxisScale scale) => (Width, Scale) = (width, scale);

    /// <summary>Width of a column in units of x (linear) or log2 x (logarithmic): a power of two, or infinity when one column holds everything.</summary>
    public double Width { get; }

    public AxisScale Scale { get; }

    /// <summary>The finest grid on which the range from <paramref name="from"/> to <paramref name="to"/> touches at most <paramref name="columns"/> columns.</summary>
    /// <param name="from">Least x shown, finite; above 0 on a logarithmic axis.</param>
    /// <param name="to">Greatest x shown, finite, not below <paramref name="from"/>.</param>
    /// <param name="columns">At least 1.</param>
    /// <param name="scale">How x is laid out.</param>
    public static ChartGrid Over(double from, double to, int columns, AxisScale scale = AxisScale.Linear)
    {
        if (!double.IsFinite(from) || !double.IsFinite(to) || to < from || (scale == AxisScale.Log && from <= 0))
            throw new ArgumentOutOfRangeException(nameof(to), to, $"The range from {from} to {to} is none.");
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);

        var (low, high) = scale == AxisScale.Log ? (Math.Log2(from), Math.Log2(to)) : (from, to);
        // Columns finer than the spacing of doubles at this place would have edges that are no doubles.
        var greatest = Math.Max(Math.Abs(low), Math.Abs(high));
        var finest = Math.Max(greatest == 0 ? -1022 : Math.ILogB(greatest) - 52, -1022);
        var half = (high / 2) - (low / 2);
        var exponent = half == 0 ? finest : Math.Max(finest, Math.ILogB(half / columns));
        for (; exponent <= 1023; exponent++)
        {
            var grid = new ChartGrid(Math.ScaleB(1, exponent), scale);
            if (grid.ColumnOf(to) - grid.ColumnOf(from) < columns) return grid;
        }

        return new ChartGrid(double.PositiveInfinity, scale);
    }

    /// <summary>Number of the column that holds x: a whole number within ±2^53, negative ones included.</summary>
    public long ColumnOf(double x) => double.IsInfinity(Width) ? 0 : (long)Math.Floor((Scale == AxisScale.Log ? Math.Log2(x) : x) / Width);

    /// <summary>How many of the leading, rising <paramref name="x"/> lie in the column of the first one; at least 1.</summary>
    internal int CountInFirstColumn(ReadOnlySpan<double> x)
    {
        var column = ColumnOf(x[0]);
        // Steps outward first: most columns hold few of the points that are left.
        int low = 0, step = 8;
        while (low + step < x.Length && Holds(column, x[low + step]))
        {
            low += step;
            step *= 2;
        }

        var high = Math.Min(low + step, x.Length);
        while (high - low > 1)
        {
            var middle = (low + high) >>> 1;
            if (Holds(column, x[middle])) low = middle;
            else high = middle;
        }

        return high;
    }

    private bool Holds(long column, double x) => ColumnOf(x) == column;
}
