namespace Tracker.Core.Series;

/// <summary>
/// The pixel columns of a chart: as wide as a power of two, with edges at multiples of that width. While the range grows at its end,
/// a point stays in its column and only the last column changes, until the width doubles.
/// </summary>
public readonly record struct ChartGrid
{
    private ChartGrid(double width) => Width = width;

    /// <summary>Width of a column in units of x: a power of two, or infinity when one column holds everything.</summary>
    public double Width { get; }

    /// <summary>The finest grid on which the range from <paramref name="from"/> to <paramref name="to"/> touches at most <paramref name="columns"/> columns.</summary>
    /// <param name="from">Least x shown, finite.</param>
    /// <param name="to">Greatest x shown, finite, not below <paramref name="from"/>.</param>
    /// <param name="columns">At least 1.</param>
    public static ChartGrid Over(double from, double to, int columns)
    {
        if (!double.IsFinite(from) || !double.IsFinite(to) || to < from) throw new ArgumentOutOfRangeException(nameof(to), to, $"The range from {from} to {to} is none.");
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);

        // Columns finer than the spacing of doubles at this place would have edges that are no doubles.
        var greatest = Math.Max(Math.Abs(from), Math.Abs(to));
        var finest = Math.Max(greatest == 0 ? -1022 : Math.ILogB(greatest) - 52, -1022);
        var half = (to / 2) - (from / 2);
        var exponent = half == 0 ? finest : Math.Max(finest, Math.ILogB(half / columns));
        for (; exponent <= 1023; exponent++)
        {
            var grid = new ChartGrid(Math.ScaleB(1, exponent));
            if (grid.ColumnOf(to) - grid.ColumnOf(from) < columns) return grid;
        }

        return new ChartGrid(double.PositiveInfinity);
    }

    /// <summary>Number of the column that holds x, a whole number that may be negative or very large.</summary>
    public double ColumnOf(double x) => double.IsInfinity(Width) ? 0 : Math.Floor(x / Width);

    /// <summary>Where the column after the one that holds x begins.</summary>
    public double EndOf(double x) => double.IsInfinity(Width) ? Width : (Math.Floor(x / Width) + 1) * Width;
}
