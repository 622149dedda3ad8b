using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Live;

/// <summary>
/// One browser that watches one run's points. It is registered with the run's pump first and holds back what the pump gives, then reads by itself
/// what lies between its browser's sequence and the pump's, and opens: nothing is missed between the two, and what both gave counts once.
/// </summary>
internal sealed class RunWatch(LiveConnection connection, RunRef run, IReadOnlyList<string> names)
{
    private const int MostHeld = 256;

    private readonly Lock gate = new();
    private readonly PendingPoints pending = new(run.Id, names);
    private List<StoredBatch>? held = [];
    private long resetTo = -1;

    public RunRef Run => run;

    /// <summary>The same browser's wish for the run's changes and diagnoses.</summary>
    public ProjectWatch Changes { get; } = new(connection, run.ProjectKey, run.Id);

    /// <summary>The browser's series are at these steps.</summary>
    public void Know(IEnumerable<KeyValuePair<string, long>> lastSteps)
    {
        lock (gate) pending.Know(lastSteps);
    }

    /// <summary>The browser has everything up to this sequence.</summary>
    public void Begin(long sequence)
    {
        lock (gate) pending.Begin(sequence);
    }

    /// <summary>Takes batches from the pump.</summary>
    public void Offer(IReadOnlyList<StoredBatch> batches)
    {
        lock (gate)
        {
            if (held is null)
            {
                foreach (var batch in batches) pending.Merge(batch);
            }
            else if (held.Count + batches.Count <= MostHeld)
            {
                held.AddRange(batches);
            }
            else
            {
                // The catch-up takes too long to hold all that comes meanwhile.
                held.Clear();
                resetTo = batches[^1].Sequence;
            }
        }
        connection.Wake();
    }

    /// <summary>Takes what the catch-up read: all batches up to a sequence, those left out that held nothing.</summary>
    public void CatchUp(IReadOnlyList<StoredBatch> batches, long through)
    {
        lock (gate)
        {
            foreach (var batch in batches) pending.Merge(batch);
            pending.Advance(through);
        }
    }

    /// <summary>The pump has lost the thread: what lies before the sequence can no longer be pushed.</summary>
    public void Reset(long sequence)
    {
        lock (gate)
        {
            if (held is null)
            {
                if (sequence > pending.Position) pending.Reset(sequence);
            }
            else
            {
                held.Clear();
                resetTo = sequence;
            }
        }
        connection.Wake();
    }

    /// <summary>Ends the catch-up: what was held is merged, and pushes begin.</summary>
    public void Open()
    {
        lock (gate)
        {
            if (resetTo > pending.Position) pending.Reset(resetTo);
            foreach (var batch in held ?? []) pending.Merge(batch);
            held = null;
        }
        connection.Wake();
    }

    public void TakeInto(List<(string Method, object Message)> messages)
    {
        lock (gate)
        {
            if (held is null) pending.TakeInto(messages);
        }
    }
}
