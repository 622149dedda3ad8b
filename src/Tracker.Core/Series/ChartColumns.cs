using System.Buffers;
using System.Numerics;

namespace Tracker.Core.Series;

/// <summary>
/// The pixel columns of one curve while it is read, in memory that depends on their number alone. The range need not be known before: the grid
/// begins fine and widens as it grows, and ends as <see cref="ChartGrid.Over"/> gives it for the whole range.
/// </summary>
internal sealed class ChartColumns : IDisposable
{
    private readonly int _columns;
    private readonly AxisScale _scale;
    private readonly double? _from;
    private readonly double? _to;
    private readonly double _lowest;
    private readonly double _highest;
    private readonly Dictionary<(long Column, int Kind), (double X, double Value, long Order)> _marks = [];

    /// <summary>By number of the column modulo the length: the columns that a range touches are neighbours, so none share a place.</summary>
    private ChartColumn[] _ring = [];
    private readonly int _mask;
    private double _low = double.PositiveInfinity;
    private double _high = double.NegativeInfinity;
    private ChartGrid? _grid;

    public ChartColumns(int columns, AxisScale scale, double? from, double? to)
    {
        (_columns, _scale, _from, _to) = (columns, scale, from, to);
        _lowest = scale == AxisScale.Log ? Math.Max(from ?? 0, double.Epsilon) : from ?? double.NegativeInfinity;
        _highest = to ?? double.PositiveInfinity;
        if (scale == AxisScale.Log && from <= 0) _from = null;
        _mask = (int)BitOperations.RoundUpToPowerOf2((uint)columns) - 1;
    }

    /// <summary>The grid so far; null before the first point.</summary>
    public ChartGrid? Grid => _grid;

    /// <summary>Makes sure that the range covers these x, as far as they are shown.</summary>
    public void Expand(ReadOnlySpan<double> x)
    {
        if (x.IsEmpty) return;
        if (Extremes.AreRising(x))
        {
            var first = _scale == AxisScale.Log ? FirstNotBelow(x, double.Epsilon) : 0;
            if (first < x.Length) Expand(x[first], x[^1]);
        }
        else if (_scale == AxisScale.Linear)
        {
            var (least, greatest) = Extremes.Range(x);
            Expand(least, greatest);
        }
        else
        {
            foreach (var one in x)
            {
                if (one > 0) Expand(one, one);
            }
        }
    }

    /// <summary>Makes sure that the range covers what lies between two x, as far as it is shown.</summary>
    /// <param name="low">Above 0 on a logarithmic axis.</param>
    /// <param name="high">Not below <paramref name="low"/>.</param>
    public void Expand(double low, double high)
    {
        if (high < _lowest || (_to is null && high < _from)) return;
        low = _from ?? Math.Min(_low, low);
        high = _to ?? Math.Max(_high, high);
        if (low > high || (low >= _low && high <= _high)) return;
        (_low, _high) = (Math.Min(_low, low), Math.Max(_high, high));
        var grid = ChartGrid.Over(_low, _high, _columns, _scale);
        if (_grid is { } old && grid != old) Widen(grid);
        _grid = grid;
    }

    /// <summary>Adds points that stand next to each other in the series.</summary>
    /// <param name="x">As many as <paramref name="y"/>, in any order.</param>
    /// <param name="y">Finite.</param>
    /// <param name="order">Place of the first one in the series.</param>
    /// <param name="smoothed">Their smoothed values.</param>
    public void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y, long order, Sampler smoothed)
    {
        for (var start = 0; start < x.Length;)
        {
            var end = x.Length;
            if (!Extremes.AreRising(x[start..]))
            {
                end = start + 1;
                while (end < x.Length && x[end] >= x[end - 1]) end++;
            }

            AddRising(x[start..end], y[start..end], order + start, smoothed.From(start));
            start = end;
        }
    }

    /// <summary>Adds what was kept of points that all lie in one column.</summary>
    public void Add(in ChartPoint first, in ChartPoint least, in ChartPoint greatest, in ChartPoint last) => At(first.X).Add(first, least, greatest, last);

    /// <summary>Notes a NaN or an infinity; the first of each kind in a column stays.</summary>
    public void Mark(double x, double value, long order)
    {
        if (x < _lowest || x > _highest) return;
        Mark((_grid!.Value.ColumnOf(x), KindOf(value)), (x, value, order));
    }

    /// <summary>What is kept, in order of x; the points of one x in their order.</summary>
    public (List<ChartPoint> Points, List<NonFinitePoint> NonFinite) Finish()
    {
        var points = new List<ChartPoint>();
        if (_grid is { } grid && _ring.Length > 0)
        {
            var last = grid.ColumnOf(_high);
            for (var number = grid.ColumnOf(_low); number <= last; number++)
            {
                ref readonly var column = ref _ring[number & _mask];
                if (column.HasPoints) column.AppendTo(points);
            }
        }

        return (points, [.. _marks.Values.OrderBy(mark => mark.X).ThenBy(mark => mark.Order).Select(mark => new NonFinitePoint(mark.X, mark.Value))]);
    }

    public void Dispose()
    {
        var ring = _ring;
        _ring = [];
        if (ring.Length > 0) ArrayPool<ChartColumn>.Shared.Return(ring);
    }

    private void AddRising(ReadOnlySpan<double> x, ReadOnlySpan<double> y, long order, Sampler smoothed)
    {
        for (var i = FirstNotBelow(x, _lowest); i < x.Length && x[i] <= _highest;)
        {
            var end = i + _grid!.Value.CountInFirstColumn(x[i..]);
            while (x[end - 1] > _highest) end--;
            var (least, greatest) = Extremes.Of(y[i..end]);
            var (first, last) = (Point(x, y, i, order, smoothed), Point(x, y, end - 1, order, smoothed));
            At(x[i]).Add(first, Point(x, y, i + least, order, smoothed), Point(x, y, i + greatest, order, smoothed), last);
            i = end;
        }
    }

    private static ChartPoint Point(ReadOnlySpan<double> x, ReadOnlySpan<double> y, int i, long order, Sampler smoothed) => new(x[i], y[i], smoothed.At(i), order + i);

    private ref ChartColumn At(double x)
    {
        if (_ring.Length == 0) _ring = Rent(_mask + 1);
        return ref _ring[_grid!.Value.ColumnOf(x) & _mask];
    }

    /// <summary>Joins columns: each of the old ones lies within one of the new.</summary>
    private void Widen(ChartGrid grid)
    {
        _grid = grid;
        if (_ring.Length > 0)
        {
            var old = _ring;
            _ring = Rent(_mask + 1);
            foreach (ref readonly var column in old.AsSpan(0, _mask + 1))
            {
                if (column.HasPoints) At(column.First.X).Add(column.First, column.Least, column.Greatest, column.Last);
            }

            ArrayPool<ChartColumn>.Shared.Return(old);
        }

        if (_marks.Count == 0) return;
        var marks = _marks.ToArray();
        _marks.Clear();
        foreach (var (key, mark) in marks) Mark((grid.ColumnOf(mark.X), key.Kind), mark);
    }

    private void Mark((long Column, int Kind) key, (double X, double Value, long Order) mark)
    {
        if (!_marks.TryGetValue(key, out var first) || mark.X < first.X || (mark.X == first.X && mark.Order < first.Order)) _marks[key] = mark;
    }

    private static int KindOf(double value) => double.IsNaN(value) ? 0 : Math.Sign(value);

    private static ChartColumn[] Rent(int length)
    {
        var ring = ArrayPool<ChartColumn>.Shared.Rent(length);
        ring.AsSpan(0, length).Clear();
        return ring;
    }

    private static int FirstNotBelow(ReadOnlySpan<double> x, double from)
    {
        if (x[0] >= from) return 0;
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
