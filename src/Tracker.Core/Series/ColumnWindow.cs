using System.Buffers;

namespace Tracker.Core.Series;

/// <summary>The points around those that are being smoothed: what came lately, held back until enough has come after it.</summary>
internal sealed class ColumnWindow(int behind, int ahead) : IDisposable
{
    private double[] _x = ArrayPool<double>.Shared.Rent(4_096);
    private double[] _y = ArrayPool<double>.Shared.Rent(4_096);
    private int _count;
    private int _done;

    public ReadOnlySpan<double> X => _x.AsSpan(0, _count);

    public ReadOnlySpan<double> Y => _y.AsSpan(0, _count);

    /// <summary>Place in the series of the first point held.</summary>
    public long First { get; private set; }

    /// <summary>Adds points; gives the ones, by position in <see cref="X"/>, that have all their neighbours now.</summary>
    public Range Add(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        Forget();
        if (_x.Length < _count + x.Length)
        {
            Grow(ref _x, _count + x.Length);
            Grow(ref _y, _count + x.Length);
        }

        x.CopyTo(_x.AsSpan(_count));
        y.CopyTo(_y.AsSpan(_count));
        _count += x.Length;
        return Until(Math.Max(_done, _count - ahead));
    }

    /// <summary>Nothing comes after: the rest.</summary>
    public Range Finish() => Until(_count);

    public void Dispose()
    {
        Return(ref _x);
        Return(ref _y);
        _count = 0;
    }

    private Range Until(int end)
    {
        var ready = _done..end;
        _done = end;
        return ready;
    }

    /// <summary>Drops what is behind every point still to come; rarely, for it moves the others.</summary>
    private void Forget()
    {
        var useless = _done - behind;
        if (useless < Math.Max(_count / 2, 1)) return;
        X[useless..].CopyTo(_x);
        Y[useless..].CopyTo(_y);
        First += useless;
        (_count, _done) = (_count - useless, _done - useless);
    }

    private void Grow(ref double[] column, int needed)
    {
        var larger = ArrayPool<double>.Shared.Rent(Math.Max(needed, column.Length * 2));
        column.AsSpan(0, _count).CopyTo(larger);
        ArrayPool<double>.Shared.Return(column);
        column = larger;
    }

    private static void Return(ref double[] column)
    {
        if (column.Length > 0) ArrayPool<double>.Shared.Return(column);
        column = [];
    }
}
