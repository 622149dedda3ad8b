using System.Runtime.InteropServices;

namespace Tracker.Client;

/// <summary>One scalar as it was logged. <c>Time</c> is in Unix milliseconds.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScalarPoint(int Series, long Step, long Time, double Value);

internal sealed record HistogramEntry(string Name, long Step, long Time, Histogram Histogram);

/// <summary>As <see cref="TrackerEvent"/>, with <c>Data</c> as a JSON object or null.</summary>
internal sealed record EventEntry(TrackerEventKind Kind, string Name, long? Step, long Time, TrackerLevel? Level, byte[]? Data);

/// <summary>What is logged between two batches, in the order of the calls. Filled under the lock of <see cref="LogBuffer"/>; then owned by one reader.</summary>
internal sealed class LogSegment
{
    /// <summary>About 800 KB of JSON: under every limit on the way, also behind a proxy.</summary>
    public const int MaxPoints = 16_384;
    private const long MaxExtraBytes = 512 * 1024;
    private const int PointBytes = 32;
    private const int UsualNameLength = 64;

    private ScalarPoint[] _points = new ScalarPoint[1_024];
    private int _count;
    private long _extraBytes;

    public ReadOnlySpan<ScalarPoint> Points => _points.AsSpan(0, _count);

    public List<HistogramEntry> Histograms { get; } = [];

    public List<EventEntry> Events { get; } = [];

    /// <summary>Points, histograms and events.</summary>
    public int Count => _count + Histograms.Count + Events.Count;

    public bool IsFull => _count == MaxPoints || _extraBytes >= MaxExtraBytes;

    public long Bytes => (_count * PointBytes) + _extraBytes;

    public void Add(in ScalarPoint point, int nameLength)
    {
        // Long names count as well: a batch of thousands of them must not pass the server's limit.
        if (nameLength > UsualNameLength) _extraBytes += nameLength;
        if (_count == _points.Length) Array.Resize(ref _points, _count * 2);
        _points[_count++] = point;
    }

    public void Add(HistogramEntry entry)
    {
        Histograms.Add(entry);
        _extraBytes += entry.Histogram.Bytes + 64 + (2 * entry.Name.Length);
    }

    public void Add(EventEntry entry)
    {
        Events.Add(entry);
        _extraBytes += (entry.Data?.Length ?? 0) + 96 + (2 * entry.Name.Length);
    }

    public void Clear()
    {
        _count = 0;
        _extraBytes = 0;
        Histograms.Clear();
        Events.Clear();
    }
}
