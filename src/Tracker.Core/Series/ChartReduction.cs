using System.Buffers;

namespace Tracker.Core.Series;

/// <summary>A NaN or an infinity, marked on a chart at its x.</summary>
public readonly record struct NonFinitePoint(double X, double Value);

/// <summary>What is left of a series for a chart.</summary>
public sealed record ReducedSeries
{
    /// <summary>In rising order.</summary>
    public required double[] X { get; init; }

    /// <summary>Finite values, one for each of <see cref="X"/>.</summary>
    public required double[] Y { get; init; }

    /// <summary>Smoothed values, one for each of <see cref="X"/>; null without smoothing.</summary>
    public double[]? Smoothed { get; init; }

    /// <summary>Where the debiased EMA stands after the last point; null for any other smoothing.</summary>
    public EmaState? SmoothState { get; init; }

    /// <summary>The first point of each kind (NaN, +∞, −∞) in each column, in order of x.</summary>
    public required List<NonFinitePoint> NonFinite { get; init; }

    /// <summary>The pixel columns; null when nothing lies in the range.</summary>
    public ChartGrid? Grid { get; init; }
}

/// <summary>What a chart shows of a series.</summary>
/// <param name="Columns">Pixel columns, at least 1; at most 4 points a column come back.</param>
/// <param name="From">Least x shown; null: the least there is.</param>
/// <param name="To">Greatest x shown; null: the greatest there is.</param>
/// <param name="Scale">How x is laid out.</param>
/// <param name="Smoothing">How the curve is smoothed, over all points and before the reduction.</param>
public sealed record ChartShape(int Columns, double? From = null, double? To = null, AxisScale Scale = AxisScale.Linear, Smoothing? Smoothing = null);

/// <summary>
/// M4 reduction (Jugel et al., VLDB 2014): first, last, least and greatest point of every pixel column, which draws the same line as all points
/// do. Nothing is averaged, so no spike is hidden. Points come block by block and need not be kept: memory depends on the columns alone.
/// </summary>
public sealed class ChartReduction : IDisposable
{
    private readonly ChartColumns _columns;
    private readonly Smoother? _smoother;
    private readonly ColumnWindow? _window;
    private double[] _x = [];
    private double[] _y = [];
    private long _order;

    /// <param name="shape">What is shown.</param>
    /// <param name="rangeOfX">Length of the axis over all points, which the time-weighted average needs.</param>
    public ChartReduction(ChartShape shape, double rangeOfX = 0)
    {
        _columns = new ChartColumns(shape.Columns, shape.Scale, shape.From, shape.To);
        _smoother = shape.Smoothing?.Start(rangeOfX);
        if (_smoother is { Behind: > 0 } or { Ahead: > 0 }) _window = new ColumnWindow(_smoother.Behind, _smoother.Ahead);
    }

    /// <summary>The grid so far: it can only widen.</summary>
    public ChartGrid? Grid => _columns.Grid;

    /// <summary>Says before it is read how far the series reaches.</summary>
    public void Expand(double low, double high) => _columns.Expand(low, high);

    /// <summary>The next points of the series, in the order of their steps.</summary>
    /// <param name="x">No NaN; on most axes rising.</param>
    /// <param name="y">As many as <paramref name="x"/>; any double.</param>
    public void Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        if (x.Length != y.Length) throw new ArgumentException($"{x.Length} x and {y.Length} y.", nameof(y));
        if (x.IsEmpty) return;
        _columns.Expand(x);
        if (Extremes.AreFinite(y)) AddFinite(x, y);
        else SplitAndAdd(x, y);
    }

    /// <summary>
    /// Adds what is kept of points of which every one lies in the column of <paramref name="first"/>. The order of the four in their series is that
    /// of <paramref name="places"/>; equal places are one point.
    /// </summary>
    public void AddColumn((double X, double Y) first, (double X, double Y) least, (double X, double Y) greatest, (double X, double Y) last, (int Least, int Greatest, int Last) places)
    {
        if (_smoother is not null) throw new InvalidOperationException("A curve that is smoothed needs all points.");
        ChartPoint Point((double X, double Y) at, int place) => new(at.X, at.Y, double.NaN, _order + place);
        _columns.Expand(first.X, last.X);
        _columns.Add(Point(first, 0), Point(least, places.Least), Point(greatest, places.Greatest), Point(last, places.Last));
        _order += places.Last + 1;
    }

    /// <summary>Ends the series.</summary>
    public ReducedSeries Finish()
    {
        if (_window is { } window) Emit(window, window.Finish());
        var (points, nonFinite) = _columns.Finish();
        var reduced = new ReducedSeries
        {
            X = new double[points.Count],
            Y = new double[points.Count],
            Smoothed = _smoother is null ? null : new double[points.Count],
            SmoothState = _smoother?.State,
            NonFinite = nonFinite,
            Grid = _columns.Grid,
        };
        for (var i = 0; i < points.Count; i++)
        {
            (reduced.X[i], reduced.Y[i]) = (points[i].X, points[i].Y);
            if (reduced.Smoothed is { } smoothed) smoothed[i] = points[i].Smoothed;
        }

        return reduced;
    }

    /// <summary>The reduction of a series that is in memory.</summary>
    public static ReducedSeries Of(ReadOnlySpan<double> x, ReadOnlySpan<double> y, ChartShape shape, double rangeOfX = 0)
    {
        using var reduction = new ChartReduction(shape, rangeOfX);
        reduction.Add(x, y);
        return reduction.Finish();
    }

    public void Dispose()
    {
        _columns.Dispose();
        _smoother?.Dispose();
        _window?.Dispose();
        Return(ref _x);
        Return(ref _y);
    }

    private void SplitAndAdd(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Rent(ref _x, x.Length);
        Rent(ref _y, x.Length);
        var finite = 0;
        for (var i = 0; i < x.Length; i++)
        {
            if (double.IsFinite(y[i])) (_x[finite], _y[finite++]) = (x[i], y[i]);
            else _columns.Mark(x[i], y[i], _order + i);
        }

        if (finite > 0) AddFinite(_x.AsSpan(0, finite), _y.AsSpan(0, finite));
        _order += x.Length - finite;
    }

    private void AddFinite(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        _smoother?.Feed(x, y);
        if (_window is { } window) Emit(window, window.Add(x, y));
        else _columns.Add(x, y, _order, new Sampler(_smoother, y, 0));
        _order += x.Length;
    }

    /// <summary>Points go on when all neighbours that their smoothed values need are there.</summary>
    private void Emit(ColumnWindow window, Range ready)
    {
        var (start, count) = ready.GetOffsetAndLength(window.X.Length);
        if (count == 0) return;
        _columns.Add(window.X[ready], window.Y[ready], window.First + start, new Sampler(_smoother, window.Y, start));
    }

    private static void Rent(ref double[] scratch, int count)
    {
        if (scratch.Length >= count) return;
        Return(ref scratch);
        scratch = ArrayPool<double>.Shared.Rent(count);
    }

    private static void Return(ref double[] scratch)
    {
        if (scratch.Length > 0) ArrayPool<double>.Shared.Return(scratch);
        scratch = [];
    }
}
