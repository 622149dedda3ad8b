using System.Runtime.InteropServices;
using Tracker.Core.Series;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>What takes the items of a batch in canonical order.</summary>
internal interface IItemSink
{
    /// <summary>The series of a name, or null before its first point.</summary>
    SeriesState? Find(string name);

    /// <summary>The series of a name, which gets the next number where it is new.</summary>
    SeriesState Admit(string name, bool histogram);

    void Take(RunEvent happening);

    void Take(SeriesState series, in Point point);

    void Take(SeriesState series, HistogramPoint histogram);
}

/// <summary>
/// The items of one batch by step, and within a step by the order in which the series appeared in the run. Events come before the points
/// of their step, events without a step before everything; histograms after the points of their step. One a run: a batch with the series
/// of the batch before it is walked without a look-up and without an allocation.
/// </summary>
internal sealed class CanonicalOrder
{
    private SeriesState[] _known = [];
    private Cursor[] _cursors = [];
    private int _count;

    public void Walk(LogBatch batch, IItemSink sink)
    {
        foreach (var happening in batch.Events)
        {
            if (happening.Step is null) sink.Take(happening);
        }
        Collect(batch.Scalars, sink);
        var histograms = Histograms(batch, sink);
        List<RunEvent> events = batch.Events.Exists(e => e.Step is not null) ? [.. batch.Events.Where(e => e.Step is not null).OrderBy(e => e.Step)] : [];
        var (next, drawn) = (0, 0);
        while (_count > 0 || drawn < histograms.Count)
        {
            var step = drawn < histograms.Count ? histograms[drawn].Histogram.Step : long.MaxValue;
            for (var i = 0; i < _count; i++) step = Math.Min(step, _cursors[i].Step);
            while (next < events.Count && events[next].Step <= step) sink.Take(events[next++]);
            if (TakePoints(step, sink)) Shorten();
            while (drawn < histograms.Count && histograms[drawn].Histogram.Step == step)
            {
                var (series, histogram) = histograms[drawn++];
                sink.Take(series, histogram);
            }
        }
        while (next < events.Count) sink.Take(events[next++]);
    }

    /// <summary>Series were replaced by others of the same name: what was known of them is looked up again.</summary>
    public void Forget(IItemSink sink)
    {
        _known = [];
        for (var i = 0; i < _count; i++) _cursors[i].Series = sink.Find(_cursors[i].Column.Name)!;
    }

    /// <summary>A cursor for each column, by the order of their series.</summary>
    private void Collect(List<ScalarColumn> columns, IItemSink sink)
    {
        if (_known.Length < columns.Count)
        {
            Array.Resize(ref _known, columns.Count);
            Array.Resize(ref _cursors, columns.Count);
        }
        _count = 0;
        if (!Resolve(columns, sink))
        {
            // Series new to the run are numbered by their first step, then by their column: as single-step batches would have numbered them.
            foreach (var column in columns.FindAll(c => c.Count > 0).OrderBy(c => c.Steps[0])) sink.Admit(column.Name, false);
            Resolve(columns, sink);
        }
        for (var i = 0; i < columns.Count; i++)
        {
            if (columns[i].Count == 0) continue;
            var cursor = new Cursor { Series = _known[i], Column = columns[i] };
            var at = _count++;
            for (; at > 0 && _cursors[at - 1].Series.Order > cursor.Series.Order; at--) _cursors[at] = _cursors[at - 1];
            _cursors[at] = cursor;
        }
    }

    /// <summary>Mostly each column is of the same series as in the batch before. False where one is of a series not seen yet.</summary>
    private bool Resolve(List<ScalarColumn> columns, IItemSink sink)
    {
        for (var i = 0; i < columns.Count; i++)
        {
            var column = columns[i];
            if (column.Count == 0 || (_known[i] is { } before && before.Name == column.Name)) continue;
            if (sink.Find(column.Name) is not { } series) return false;
            _known[i] = series;
        }
        return true;
    }

    /// <summary>Takes the points of a step; whether a column has come to its end.</summary>
    private bool TakePoints(long step, IItemSink sink)
    {
        var ended = false;
        for (var i = 0; i < _count; i++)
        {
            ref var cursor = ref _cursors[i];
            var (column, at) = (cursor.Column, cursor.At);
            for (; at < column.Count && column.Steps[at] == step; at++) sink.Take(cursor.Series, new Point(step, column.Values[at], column.Times[at]));
            cursor.At = at;
            ended |= at == column.Count;
        }
        return ended;
    }

    private void Shorten()
    {
        var left = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_cursors[i].At < _cursors[i].Column.Count) _cursors[left++] = _cursors[i];
        }
        // The batch is not kept.
        Array.Clear(_cursors, left, _count - left);
        _count = left;
    }

    /// <summary>The histograms by step, and within a step by the order of their series.</summary>
    private static List<(SeriesState Series, HistogramPoint Histogram)> Histograms(LogBatch batch, IItemSink sink)
    {
        if (batch.Histograms.Count == 0) return [];
        return [.. batch.Histograms.OrderBy(h => h.Step).Select(h => (Series: sink.Admit(h.Name, true), Histogram: h)).ToList().OrderBy(i => i.Histogram.Step).ThenBy(i => i.Series.Order)];
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Cursor
    {
        public SeriesState Series;
        public ScalarColumn Column;
        public int At;

        public readonly long Step => Column.Steps[At];
    }
}
