using System.Runtime.InteropServices;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>The last finite points of a series: a ring that grows up to its capacity, so that short series stay small.</summary>
internal sealed class Tail(int capacity)
{
    // Step and value of a point lie side by side: a point that is added touches one line of the cache.
    private Entry[] _ring = new Entry[Math.Min(capacity, 8)];
    private int _start;
    private int _count;

    public int Count => _count;

    /// <summary>The value <paramref name="back"/> points before the last one (0 is the last).</summary>
    public double Value(int back) => _ring[Slot(back)].Value;

    /// <summary>The step <paramref name="back"/> points before the last one (0 is the last).</summary>
    public long Step(int back) => _ring[Slot(back)].Step;

    public void Add(long step, double value)
    {
        if (_count == _ring.Length && _count < capacity) Grow();
        var ring = _ring;
        if (_count < ring.Length)
        {
            var slot = _start + _count++;
            ring[slot < ring.Length ? slot : slot - ring.Length] = new Entry(step, value);
            return;
        }
        ring[_start] = new Entry(step, value);
        if (++_start == ring.Length) _start = 0;
    }

    /// <summary>Copies the last points, oldest first, leaving out the newest <paramref name="skip"/>; as many as fit and exist.</summary>
    public Span<double> CopyLast(Span<double> into, int skip = 0)
    {
        var n = Math.Max(0, Math.Min(into.Length, _count - skip));
        into = into[..n];
        if (n == 0) return into;
        var from = Slot(skip + n - 1);
        var first = _ring.AsSpan(from, Math.Min(n, _ring.Length - from));
        for (var i = 0; i < first.Length; i++) into[i] = first[i].Value;
        var second = _ring.AsSpan(0, n - first.Length);
        for (var i = 0; i < second.Length; i++) into[first.Length + i] = second[i].Value;
        return into;
    }

    /// <summary>Median of the last <paramref name="points"/> points, leaving out the newest <paramref name="skip"/>; NaN when there are none.</summary>
    public double Median(int points, int skip = 0)
    {
        Span<double> scratch = stackalloc double[Math.Min(Math.Max(points, 0), _count)];
        return Statistics.MiddleOf(CopyLast(scratch, skip));
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
        // Where a ring starts does not matter to anything that reads it: a loaded one is laid out straight.
        s.Sync(ref _count);
        var values = new double[_count];
        var steps = new long[_count];
        if (!s.IsLoading)
        {
            CopyLast(values);
            for (var i = 0; i < _count; i++) steps[i] = Step(_count - 1 - i);
        }
        s.Sync(ref values, _count);
        s.SyncRising(ref steps, _count);
        if (!s.IsLoading) return;
        _start = 0;
        if (_ring.Length < _count) _ring = new Entry[_count];
        for (var i = 0; i < _count; i++) _ring[i] = new Entry(steps[i], values[i]);
    }

    private int Slot(int back)
    {
        var slot = _start + _count - 1 - back;
        return slot < _ring.Length ? slot : slot - _ring.Length;
    }

    private void Grow()
    {
        var grown = new Entry[Math.Min(capacity, _ring.Length * 2)];
        for (var i = 0; i < _count; i++) grown[i] = _ring[Slot(_count - 1 - i)];
        (_ring, _start) = (grown, 0);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Entry(long Step, double Value);
}
