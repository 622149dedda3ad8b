namespace Tracker.Core.Series;

/// <summary>What a series holds: decided by its first point, never changed.</summary>
public enum SeriesKind : byte
{
    Scalar = 1,
    Histogram = 2,
}

/// <summary>
/// What a writer sends at once, columnar: the one message that every protocol decodes to and that the journal stores.
/// A series name stands at most once among <see cref="Scalars"/>; series stand in order of first appearance.
/// </summary>
public sealed class LogBatch
{
    public List<ScalarColumn> Scalars { get; init; } = [];

    public List<HistogramPoint> Histograms { get; init; } = [];

    public List<RunEvent> Events { get; init; } = [];

    /// <summary>Scalar points and histogram points together; events are not points.</summary>
    public int PointCount
    {
        get
        {
            var count = Histograms.Count;
            foreach (var column in Scalars) count += column.Count;
            return count;
        }
    }

    /// <summary>What the batch takes in memory, roughly, in bytes: columns of steps and times are mostly shared by its series.</summary>
    public int MemoryBytes
    {
        get
        {
            var bytes = 256;
            foreach (var column in Scalars) bytes += 128 + (column.Count * 8);
            if (Scalars.Count > 0) bytes += Scalars[0].Count * 16;
            foreach (var histogram in Histograms) bytes += 160 + ((histogram.Edges.Length + histogram.Counts.Length) * 8);
            foreach (var happened in Events) bytes += 160 + (2 * (happened.Name.Length + (happened.Data?.Length ?? 0)));
            return bytes;
        }
    }

    /// <summary>What it takes while it waits to be stored, roughly, in bytes: itself, and its record, which is smaller.</summary>
    public long WaitingBytes => 2L * MemoryBytes;

    public bool IsEmpty => Events.Count == 0 && PointCount == 0;

    /// <summary>Puts series in the order of their numbers, which is that of their first appearance in the run; histograms of one series keep theirs.</summary>
    public void OrderByNumber()
    {
        OrderByNumber(Scalars, column => column.SeriesId);
        OrderByNumber(Histograms, histogram => histogram.SeriesId);
    }

    private static void OrderByNumber<T>(List<T> items, Func<T, int> numberOf)
    {
        for (var i = 1; i < items.Count; i++)
        {
            if (numberOf(items[i]) >= numberOf(items[i - 1])) continue;
            var ordered = items.OrderBy(numberOf).ToList();
            items.Clear();
            items.AddRange(ordered);
            return;
        }
    }
}

/// <summary>
/// The points of one scalar series in one batch, three columns of equal length, ordered by step;
/// equal steps stay in the order in which they were sent.
/// </summary>
public sealed class ScalarColumn(string name, long[] steps, long[] times, double[] values)
{
    /// <summary>Name of the series, or empty when decoded from the journal without a catalogue.</summary>
    public string Name { get; init; } = name;

    /// <summary>Number of the series in its run, from 0 by first appearance; -1 until the run's catalogue gave it one.</summary>
    public int SeriesId { get; set; } = -1;

    public long[] Steps { get; } = steps;

    /// <summary>Unix milliseconds.</summary>
    public long[] Times { get; } = times;

    /// <summary>Any double: NaN payloads and infinities are kept bit for bit.</summary>
    public double[] Values { get; } = values;

    public int Count => Steps.Length;
}

/// <summary>One histogram of one step: <c>Edges</c> rise strictly and are one more than <c>Counts</c>.</summary>
public sealed class HistogramPoint
{
    public required string Name { get; init; }

    /// <summary>Number of the series in its run; -1 until the run's catalogue gave it one.</summary>
    public int SeriesId { get; set; } = -1;

    public required long Step { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long Time { get; init; }

    public required double[] Edges { get; init; }

    public required double[] Counts { get; init; }
}

/// <summary>
/// Anything else that a run logs. Kinds of users: <c>probe alert console batch env note resume</c>;
/// kinds that only the server writes: <c>config finish lost returned</c>.
/// </summary>
public sealed class RunEvent
{
    public required string Kind { get; init; }

    public string Name { get; init; } = "";

    public long? Step { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long Time { get; init; }

    public string? Level { get; init; }

    /// <summary>A JSON object as text, or null.</summary>
    public string? Data { get; init; }
}

/// <summary>A batch as the journal holds it: its sequence in the run, its writer's number in the run, its content.</summary>
public sealed record StoredBatch(long Sequence, int Writer, LogBatch Batch);
