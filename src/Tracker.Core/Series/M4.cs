using System.Buffers;

namespace Tracker.Core.Series;

/// <summary>A NaN or an infinity, marked on a chart at its x.</summary>
public readonly record struct NonFinitePoint(double X, double Value);

/// <summary>What is left of a series for a chart.</summary>
public sealed class ReducedSeries
{
    /// <summary>In rising order.</summary>
    public required double[] X { get; init; }

    /// <summary>Finite values, one for each of <see cref="X"/>.</summary>
    public required double[] Y { get; init; }

    /// <summary>Where each point stood in the input, to take other columns (a smoothed one) at the same points.</summary>
    public required int[] Indexes { get; init; }

    /// <summary>The first point of each kind (NaN, +∞, −∞) in each column, in order of x.</summary>
    public required List<NonFinitePoint> NonFinite { get; init; }
}

/// <summary>
/// M4 reduction (Jugel et al., VLDB 2014): first, last, least and greatest point of every pixel column, which draws the same line
/// as all points do. Nothing is averaged, so no spike is hidden.
/// </summary>
public static class M4
{
    /// <param name="x">Finite; when not in rising order it is sorted first, points of equal x staying in their order.</param>
    /// <param name="y">As many as <paramref name="x"/>; any double.</param>
    /// <param name="from">Least x shown, inclusive.</param>
    /// <param name="to">Greatest x shown, inclusive.</param>
    /// <param name="columns">Pixel columns, at least 1; at most 4 points a column come back.</param>
    public static ReducedSeries Reduce(ReadOnlySpan<double> x, ReadOnlySpan<double> y, double from, double to, int columns)
    {
        if (x.Length != y.Length) throw new ArgumentException($"{x.Length} x and {y.Length} y.", nameof(y));
        var grid = ChartGrid.Over(from, to, columns);
        if (StepColumns.IsRising(x, strictly: false)) return new Reduction(x, y, columns).Run(grid, from, to);

        var order = StepColumns.StableOrder(x);
        var (sortedX, sortedY) = (new double[x.Length], new double[x.Length]);
        for (var i = 0; i < order.Length; i++) (sortedX[i], sortedY[i]) = (x[order[i]], y[order[i]]);
        var reduced = new Reduction(sortedX, sortedY, columns).Run(grid, from, to);
        foreach (ref var index in reduced.Indexes.AsSpan()) index = order[index];
        return reduced;
    }

    /// <summary>The same over an axis of whole numbers: steps within ±2^53, or Unix milliseconds.</summary>
    public static ReducedSeries Reduce(ReadOnlySpan<long> x, ReadOnlySpan<double> y, double from, double to, int columns)
    {
        var converted = ArrayPool<double>.Shared.Rent(x.Length);
        try
        {
            for (var i = 0; i < x.Length; i++) converted[i] = x[i];
            return Reduce(converted.AsSpan(0, x.Length), y, from, to, columns);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(converted);
        }
    }

    private ref struct Reduction(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int columns)
    {
        private readonly ReadOnlySpan<double> _x = x;
        private readonly ReadOnlySpan<double> _y = y;
        private readonly List<NonFinitePoint> _nonFinite = [];
        private int[] _kept = new int[(int)Math.Min(4L * columns, x.Length)];
        private int _count;

        public ReducedSeries Run(ChartGrid grid, double from, double to)
        {
            for (var i = FirstNotBelow(_x, from); i < _x.Length && _x[i] <= to;)
            {
                var end = grid.EndOf(_x[i]);
                i = ReduceColumn(i, end, to);
            }

            var indexes = _kept.AsSpan(0, _count).ToArray();
            var (keptX, keptY) = (new double[_count], new double[_count]);
            for (var i = 0; i < indexes.Length; i++) (keptX[i], keptY[i]) = (_x[indexes[i]], _y[indexes[i]]);
            return new ReducedSeries { X = keptX, Y = keptY, Indexes = indexes, NonFinite = _nonFinite };
        }

        /// <summary>Reduces the points from <paramref name="start"/> that lie below <paramref name="end"/>; where the next column begins.</summary>
        private int ReduceColumn(int start, double end, double to)
        {
            int first = -1, last = -1, least = -1, greatest = -1;
            double min = double.PositiveInfinity, max = double.NegativeInfinity;
            int marked = 0, i = start;
            for (; i < _x.Length && _x[i] < end && _x[i] <= to; i++)
            {
                var value = _y[i];
                if (!double.IsFinite(value))
                {
                    Mark(i, value, ref marked);
                    continue;
                }

                if (first < 0) first = i;
                last = i;
                if (value < min) (min, least) = (value, i);
                if (value > max) (max, greatest) = (value, i);
            }

            if (first < 0) return i;
            Keep(first);
            Keep(Math.Min(least, greatest));
            Keep(Math.Max(least, greatest));
            Keep(last);
            return i;
        }

        private void Keep(int index)
        {
            if (_count > 0 && _kept[_count - 1] == index) return;
            if (_count == _kept.Length) Array.Resize(ref _kept, Math.Max(4, _count * 2));
            _kept[_count++] = index;
        }

        private readonly void Mark(int index, double value, ref int marked)
        {
            var kind = double.IsNaN(value) ? 1 : value > 0 ? 2 : 4;
            if ((marked & kind) != 0) return;
            marked |= kind;
            _nonFinite.Add(new NonFinitePoint(_x[index], value));
        }

        private static int FirstNotBelow(ReadOnlySpan<double> x, double from)
        {
            int low = 0, high = x.Length;
            while (low < high)
            {
                var middle = (low + high) >>> 1;
                if (x[middle] < from) low = middle + 1;
                else high = middle;
            }

            return low;
        }
    }
}
