using System.Runtime.InteropServices;
using Tracker.Core.Series;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>One item of a batch in canonical order: a point of a series, or an event.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Item(long Step, SeriesState? Series, double Value, RunEvent? Event);

/// <summary>
/// The items of one batch by step, and within a step by the order in which the series appeared in the run. Events come before the points
/// of their step, events without a step before everything.
/// </summary>
internal sealed class CanonicalOrder(LogBatch batch, Func<string, SeriesState> admit)
{
    public IEnumerator<Item> GetEnumerator()
    {
        // Series new to the run are numbered by their first step, then by their column: as single-step batches would have numbered them.
        var columns = batch.Scalars.FindAll(c => c.Count > 0);
        foreach (var column in columns.OrderBy(c => c.Steps[0])) admit(column.Name);
        var cursors = columns.ConvertAll(c => new Cursor(c, admit(c.Name)));
        cursors.Sort((a, b) => a.Series.Order.CompareTo(b.Series.Order));

        var events = batch.Events.FindAll(e => e.Step is not null).OrderBy(e => e.Step).ToList();
        foreach (var e in batch.Events)
        {
            if (e.Step is null) yield return new Item(long.MinValue, null, 0, e);
        }
        var next = 0;
        while (cursors.Count > 0)
        {
            var step = long.MaxValue;
            foreach (var cursor in cursors) step = Math.Min(step, cursor.Step);
            while (next < events.Count && events[next].Step <= step) yield return new Item(events[next].Step!.Value, null, 0, events[next++]);
            var ended = false;
            foreach (var cursor in cursors)
            {
                while (!cursor.IsAtEnd && cursor.Step == step)
                {
                    yield return new Item(step, cursor.Series, cursor.Value, null);
                    cursor.Move();
                }
                ended |= cursor.IsAtEnd;
            }
            if (ended) cursors.RemoveAll(c => c.IsAtEnd);
        }
        while (next < events.Count) yield return new Item(events[next].Step!.Value, null, 0, events[next++]);
    }

    private sealed class Cursor(ScalarColumn column, SeriesState series)
    {
        private int _at;

        public SeriesState Series => series;

        public bool IsAtEnd => _at == column.Count;

        public long Step => column.Steps[_at];

        public double Value => column.Values[_at];

        public void Move() => _at++;
    }
}
