namespace Tracker.Core.Diagnosis.Engine;

/// <summary>The last finite points of a series: a ring that grows up to its capacity, so that short series stay small.</summary>
internal sealed class Tail(int capacity)
{
    private double[] _values = new double[Math.Min(capacity, 8)];
    private long[] _steps = new long[Math.Min(capacity, 8)];
    private int _start;
    private int _count;

    public int Count => _count;

    /// <summary>The value <paramref name="back"/> points before the last one (0 is the last).</summary>
    public double Value(int back) => _values[Slot(back)];

    /// <summary>The step <paramref name="back"/> points before the last one (0 is the last).</summary>
    public long Step(int back) => _steps[Slot(back)];

    public void Add(long step, double value)
    {
        if (_count == _values.Length && _count < capacity) Grow();
        if (_count < _values.Length)
        {
            var slot = (_start + _count) % _values.Length;
            _values[slot] = value;
            _steps[slot] = step;
            _count++;
            return;
        }
        _values[_start] = value;
        _steps[_start] = step;
        _start = (_start + 1) % _values.Length;
    }

    /// <summary>Copies the last points, oldest first, leaving out the newest <paramref name="skip"/>; as many as fit and exist.</summary>
    public Span<double> CopyLast(Span<double> into, int skip = 0)
    {
        var n = Math.Max(0, Math.Min(into.Length, _count - skip));
        for (var i = 0; i < n; i++) into[i] = Value(skip + n - 1 - i);
        return into[..n];
    }

    /// <summary>Median of the last <paramref name="points"/> points, leaving out the newest <paramref name="skip"/>; NaN when there are none.</summary>
    public double Median(int points, int skip = 0)
    {
        Span<double> scratch = stackalloc double[Math.Min(Math.Max(points, 0), _count)];
        return Statistics.Median(CopyLast(scratch, skip));
    }

    /// <summary>Greatest of the last points; −∞ when there are none.</summary>
    public double Max(int points)
    {
        var max = double.NegativeInfinity;
        for (var i = Math.Min(points, _count) - 1; i >= 0; i--) max = Math.Max(max, Value(i));
        return max;
    }

    /// <summary>The value at a step, or null where it is not among the points; the points' steps must rise.</summary>
    public double? Find(long step)
    {
        var (low, high) = (0, _count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var found = Step(middle);
            if (found == step) return Value(middle);
            if (found > step) low = middle + 1;
            else high = middle - 1;
        }
        return null;
    }

    /// <summary>Forgets the points at <paramref name="step"/> and after it.</summary>
    public void RewindTo(long step)
    {
        while (_count > 0 && Step(0) >= step) _count--;
    }

    public void Sync(StateStream s)
    {
        // A saved ring is laid out straight; where it starts does not matter to anything that reads it.
        if (!s.IsLoading) Straighten();
        else _start = 0;
        s.Sync(ref _count);
        s.Sync(ref _values, _count);
        s.SyncRising(ref _steps, _count);
    }

    private int Slot(int back) => (_start + _count - 1 - back) % _values.Length;

    private void Grow()
    {
        var size = Math.Min(capacity, _values.Length * 2);
        Straighten();
        Array.Resize(ref _values, size);
        Array.Resize(ref _steps, size);
    }

    private void Straighten()
    {
        if (_start == 0) return;
        var values = new double[_values.Length];
        var steps = new long[_values.Length];
        for (var i = 0; i < _count; i++)
        {
            values[i] = _values[(_start + i) % _values.Length];
            steps[i] = _steps[(_start + i) % _values.Length];
        }
        (_values, _steps, _start) = (values, steps, 0);
    }
}
