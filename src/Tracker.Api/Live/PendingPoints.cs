using Tracker.Core.Series;

namespace Tracker.Api.Live;

/// <summary>
/// What waits to be sent to one browser of one run. Batches merge into longer columns while the browser is busy, so that it gets fewer, larger messages;
/// beyond the limit they are dropped, and the browser is told to read again. Not safe for threads: its watch locks.
/// </summary>
internal sealed class PendingPoints(string run, IReadOnlyList<string> names)
{
    private readonly HashSet<string>? wanted = names.Count == 0 ? null : [.. names];
    private readonly Dictionary<string, long> lastSteps = new(StringComparer.Ordinal);
    private Dictionary<string, Columns> series = new(StringComparer.Ordinal);
    private HashSet<string> histograms = new(StringComparer.Ordinal);
    private int points;
    private long after;
    private bool late;
    private bool events;
    private bool reset;

    /// <summary>Sequence of the last batch that was merged.</summary>
    public long Position { get; private set; }

    /// <summary>Notes the last steps of the series that the browser has.</summary>
    public void Know(IEnumerable<KeyValuePair<string, long>> known)
    {
        foreach (var (name, step) in known) lastSteps[name] = step;
    }

    /// <summary>Begins, with nothing waiting, after a sequence that the browser has or is going to read.</summary>
    public void Begin(long sequence)
    {
        Clear();
        after = Position = sequence;
    }

    /// <summary>Adds a batch, once: one that is not after <see cref="Position"/> changes nothing.</summary>
    public void Merge(StoredBatch batch)
    {
        if (batch.Sequence <= Position) return;
        Position = batch.Sequence;
        foreach (var column in batch.Batch.Scalars)
        {
            if (column.Count > 0 && IsWanted(column.Name)) Add(column);
        }
        foreach (var histogram in batch.Batch.Histograms)
        {
            if (IsWanted(histogram.Name)) histograms.Add(histogram.Name);
        }
        if (batch.Batch.Events.Count > 0) events = true;
        if (points > LiveLimits.WaitingPoints) Reset(Position);
    }

    /// <summary>The batches up to this sequence held nothing.</summary>
    public void Advance(long sequence) => Position = Math.Max(Position, sequence);

    /// <summary>Drops what waits; the browser will be told to read again and gets what comes after the sequence.</summary>
    public void Reset(long sequence)
    {
        Clear();
        after = Position = Math.Max(Position, sequence);
        reset = true;
    }

    /// <summary>Takes what waits as messages, in the order in which they must be sent.</summary>
    public void TakeInto(List<(string Method, object Message)> messages)
    {
        if (reset) messages.Add(("reset", new ResetMessage(run, after)));
        reset = false;
        if (Position == after) return;
        LiveColumns[] columns = [.. series.Select(one => new LiveColumns(one.Key, one.Value.Steps, one.Value.Times, one.Value.Values))];
        messages.Add(("points", new PointsMessage(run, after, Position, columns, late, events)));
        if (histograms.Count > 0) messages.Add(("histograms", new HistogramsMessage(run, Position, [.. histograms])));
        Clear();
        after = Position;
    }

    private bool IsWanted(string name) => wanted is null || wanted.Contains(name);

    private void Add(ScalarColumn column)
    {
        if (!series.TryGetValue(column.Name, out var columns)) series[column.Name] = columns = new Columns([], [], []);
        columns.Steps.AddRange(column.Steps);
        columns.Times.AddRange(column.Times);
        columns.Values.AddRange(column.Values);
        points += column.Count;
        foreach (var step in column.Steps)
        {
            if (lastSteps.TryGetValue(column.Name, out var last) && step <= last) late = true;
            else lastSteps[column.Name] = step;
        }
    }

    // The collections went out with a message: new ones, not cleared ones.
    private void Clear()
    {
        series = new(StringComparer.Ordinal);
        histograms = new(StringComparer.Ordinal);
        points = 0;
        late = false;
        events = false;
    }

    private sealed record Columns(List<long> Steps, List<long> Times, List<double> Values);
}
