namespace Tracker.Client;

/// <summary>
/// Takes what the training loop logs: a short lock, no allocation once warm, no waiting. Full segments queue up for the packer;
/// when memory is used up the newest points are dropped and counted, and the oldest kept.
/// </summary>
internal sealed class LogBuffer(MemoryBudget budget, Action segmentFull, string prefix = "")
{
    private const int LongestName = 512;
    private const int MostSeries = 100_000;
    private const int MostDataBytes = 1024 * 1024;
    private const int MostSpares = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _ids = [];
    private readonly Queue<LogSegment> _full = [];
    private readonly Stack<LogSegment> _spares = [];
    private string[] _names = new string[64];
    private LogSegment _open = new();
    private bool _closed;
    private long _logged;
    private long _dropped;
    private long _lastStep = long.MinValue;

    /// <summary>Everything handed in, and what of it was dropped here.</summary>
    public (long Logged, long Dropped) Counts
    {
        get
        {
            lock (_gate) return (_logged, _dropped);
        }
    }

    /// <summary>Names of series by their number; safe to read for numbers that stand in a segment that was taken.</summary>
    public string[] Names
    {
        get
        {
            lock (_gate) return _names;
        }
    }

    /// <summary>The last step that scalars were logged for; null before.</summary>
    public long? LastStep
    {
        get
        {
            lock (_gate) return _lastStep == long.MinValue ? null : _lastStep;
        }
    }

    public void Add(long step, long time, ReadOnlySpan<(string Name, double Value)> values)
    {
        lock (_gate)
        {
            _logged += values.Length;
            _lastStep = step;
            foreach (ref readonly var item in values)
            {
                if (HasRoom() && SeriesOf(item.Name) is >= 0 and var series) _open.Add(new ScalarPoint(series, step, time, item.Value), item.Name.Length);
                else _dropped++;
            }
        }
    }

    public void Add(HistogramEntry entry)
    {
        lock (_gate)
        {
            _logged++;
            if (HasRoom() && IsName(entry.Name) && entry.Histogram.HasShape) _open.Add(prefix.Length == 0 ? entry : entry with { Name = prefix + entry.Name });
            else _dropped++;
        }
    }

    public void Add(EventEntry entry)
    {
        lock (_gate)
        {
            _logged++;
            if (HasRoom() && IsName(entry.Name) && (entry.Data?.Length ?? 0) <= MostDataBytes) _open.Add(entry);
            else _dropped++;
        }
    }

    /// <summary>The oldest full segment, else (when asked for) the open one if it holds anything; null when there is nothing to take.</summary>
    public LogSegment? Take(bool open)
    {
        lock (_gate)
        {
            if (_full.TryDequeue(out var segment)) return segment;
            if (!open || _open.Count == 0) return null;
            segment = _open;
            // The caller frees what it takes, so the open segment is charged when it is taken too, whatever the budget says.
            budget.Charge(segment.Bytes);
            _open = Spare();
            return segment;
        }
    }

    /// <summary>Gives a taken segment back, encoded or not.</summary>
    public void Return(LogSegment segment)
    {
        budget.Release(segment.Bytes);
        segment.Clear();
        lock (_gate)
        {
            if (_spares.Count < MostSpares) _spares.Push(segment);
        }
    }

    /// <summary>Whatever is logged from here on is dropped.</summary>
    public void Close()
    {
        lock (_gate) _closed = true;
    }

    private bool HasRoom()
    {
        if (_closed) return false;
        if (!_open.IsFull) return true;
        if (!budget.TryCharge(_open.Bytes)) return false;
        _full.Enqueue(_open);
        _open = Spare();
        segmentFull();
        return true;
    }

    private LogSegment Spare() => _spares.TryPop(out var spare) ? spare : new LogSegment();

    private int SeriesOf(string name)
    {
        if (name is not null && _ids.TryGetValue(name, out var id)) return id;
        if (!IsName(name) || prefix.Length + name!.Length > LongestName || _ids.Count == MostSeries) return -1;
        id = _ids.Count;
        // A grown copy: the packer may be reading the array that it was given.
        if (id == _names.Length) Array.Resize(ref _names, id * 2);
        _names[id] = prefix + name;
        _ids.Add(name, id);
        return id;
    }

    private static bool IsName(string? name) => name is { Length: > 0 and <= LongestName };
}

/// <summary>Bytes of memory that a run may hold for what is not acknowledged.</summary>
internal sealed class MemoryBudget(long limit)
{
    private long _used;

    public long Used => Interlocked.Read(ref _used);

    public bool IsSpent => Used >= limit;

    public bool TryCharge(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit) return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void Charge(long bytes) => Interlocked.Add(ref _used, bytes);

    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);
}
