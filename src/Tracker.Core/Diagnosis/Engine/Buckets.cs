namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// The shape of the whole run in bounded memory: medians of tumbling buckets. When <paramref name="capacity"/> buckets (an even number) are full,
/// neighbours are merged and the width doubles. A bucket wider than 16 points is the mean of the medians of its parts.
/// </summary>
internal sealed class Buckets(int capacity)
{
    private const int Exact = 16;

    private double[] _medians = new double[8];
    private long[] _starts = new long[8];
    private double[] _open = new double[1];
    private int _count;
    private int _openCount;
    private long _openStart;
    private double _partsSum;
    private int _parts;
    private long _width = 1;

    public int Count => _count;

    /// <summary>Points in a bucket.</summary>
    public long Width => _width;

    public ReadOnlySpan<double> Medians => _medians.AsSpan(0, _count);

    /// <summary>Median of the buckets between two shares of what was logged, each in 0 to 1; NaN when there are none.</summary>
    public double Median(double fromShare, double toShare)
    {
        var (from, to) = ((int)(fromShare * _count), (int)Math.Ceiling(toShare * _count));
        Span<double> scratch = stackalloc double[Math.Clamp(to - from, 0, _count)];
        Medians.Slice(from, scratch.Length).CopyTo(scratch);
        return Statistics.MiddleOf(scratch);
    }

    /// <summary>First step of a bucket.</summary>
    public long Start(int bucket) => _starts[bucket];

    public void Add(long step, double value)
    {
        if (_openCount == 0 && _parts == 0) _openStart = step;
        if (_openCount == _open.Length) Array.Resize(ref _open, Exact);
        _open[_openCount++] = value;
        if (_openCount < Math.Min(_width, Exact)) return;
        _partsSum += Statistics.MiddleOf(_open.AsSpan(0, _openCount));
        _parts++;
        _openCount = 0;
        if ((long)_parts * Exact < _width) return;
        Append(_openStart, _partsSum / _parts);
        (_partsSum, _parts) = (0, 0);
    }

    /// <summary>Forgets the buckets that begin at <paramref name="step"/> or after it, and the open one.</summary>
    public void RewindTo(long step)
    {
        while (_count > 0 && _starts[_count - 1] >= step) _count--;
        (_openCount, _parts, _partsSum) = (0, 0, 0);
    }

    public void Sync(StateStream s)
    {
        s.Sync(ref _count);
        s.Sync(ref _medians, _count);
        s.SyncRising(ref _starts, _count);
        s.Sync(ref _openCount);
        s.Sync(ref _open, _openCount);
        s.Sync(ref _openStart);
        s.Sync(ref _partsSum);
        s.Sync(ref _parts);
        s.Sync(ref _width);
    }

    private void Append(long start, double median)
    {
        if (_count == _medians.Length)
        {
            Array.Resize(ref _medians, _count * 2);
            Array.Resize(ref _starts, _count * 2);
        }
        _medians[_count] = median;
        _starts[_count++] = start;
        if (_count < capacity) return;
        for (var i = 0; i < capacity / 2; i++)
        {
            _medians[i] = _medians[2 * i] / 2 + _medians[2 * i + 1] / 2;
            _starts[i] = _starts[2 * i];
        }
        _count = capacity / 2;
        _width *= 2;
    }
}
