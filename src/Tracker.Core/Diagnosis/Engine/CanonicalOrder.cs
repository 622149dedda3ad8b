using System.Runtime.InteropServices;
using Tracker.Core.Series;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>One item of a batch in canonical order: a point of a series, a histogram of a series, or an event.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Item(long Step, SeriesState? Series, double Value, long Time, HistogramPoint? Histogram, RunEvent? Event)
{
    public static Item Of(RunEvent e) => new(e.Step ?? long.MinValue, null, 0, e.Time, null, e);

    public static Item Of(SeriesState series, HistogramPoint histogram) => new(histogram.Step, series, 0, histogram.Time, histogram, null);
}

/// <summary>
/// The items of one batch by step, and within a step by the order in which the series appeared in the run. Events come before the points
/// of their step, events without a step before everything; histograms after the points of their step.
/// </summary>
internal sealed class CanonicalOrder(LogBatch batch, Func<string, bool, SeriesState> admit)
{
    public IEnumerator<Item> GetEnumerator()
    {
        // Series new to the run are numbered by their first step, then by their column: as single-step batches would have numbered them.
        var columns = batch.Scalars.FindAll(c => c.Count > 0);
        foreach (var column in columns.OrderBy(c => c.Steps[0])) admit(column.Name, false);
        var cursors = columns.ConvertAll(c => new Cursor(c, admit(c.Name, false)));
        cursors.Sort((a, b) => a.Series.Order.CompareTo(b.Series.Order));

        var histograms = Histograms();
        var events = batch.Events.FindAll(e => e.Step is not null).OrderBy(e => e.Step).ToList();
        foreach (var e in batch.Events)
        {
            if (e.Step is null) yield return Item.Of(e);
        }
        var (next, drawn) = (0, 0);
        while (cursors.Count > 0 || drawn < histograms.Count)
        {
            var step = drawn < histograms.Count ? histograms[drawn].Step : long.MaxValue;
            foreach (var cursor in cursors) step = Math.Min(step, cursor.Step);
            while (next < events.Count && events[next].Step <= step) yield return Item.Of(events[next++]);
            var ended = false;
            foreach (var cursor in cursors)
            {
                while (!cursor.IsAtEnd && cursor.Step == step)
                {
                    yield return new Item(step, cursor.Series, cursor.Value, cursor.Time, null, null);
                    cursor.Move();
                }
                ended |= cursor.IsAtEnd;
            }
            if (ended) cursors.RemoveAll(c => c.IsAtEnd);
            while (drawn < histograms.Count && histograms[drawn].Step == step) yield return histograms[drawn++];
        }
        while (next < events.Count) yield return Item.Of(events[next++]);
    }

    /// <summary>The histograms by step, and within a step by the order of their series.</summary>
    private List<Item> Histograms()
    {
        if (batch.Histograms.Count == 0) return [];
        return [.. batch.Histograms.OrderBy(h => h.Step).Select(h => Item.Of(admit(h.Name, true), h)).ToList().OrderBy(i => i.Step).ThenBy(i => i.Series!.Order)];
    }

    private sealed class Cursor(ScalarColumn column, SeriesState series)
    {
        private int _at;

        public SeriesState Series => series;

        public bool IsAtEnd => _at == column.Count;

        public long Step => column.Steps[_at];

        public double Value => column.Values[_at];

        public long Time => column.Times[_at];

        public void Move() => _at++;
    }
}
