using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>One batch on its way to the journal. Its answer is completed away from the lane, so that a slow caller holds nobody up.</summary>
internal sealed record WaitingBatch(long RunKey, string? Writer, long? Number, byte[]? FirstHash, LogBatch Content, byte[] Data)
{
    public TaskCompletionSource<AppendResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>
/// What waits for one lane, taken in groups: all that came while the last group was written. A lone batch waits for nothing. When the last group held
/// several, others are on their way: the lane waits until as many are there again, at most <see cref="Patience"/>, since a group costs the database
/// and the threads on the way little more than a batch.
/// </summary>
internal sealed class JournalGroup
{
    private const int MaxBatches = 256;
    private const long MaxBytes = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(2);

    private readonly object gate = new();
    private readonly Queue<WaitingBatch> waiting = new();
    private int wanted = int.MaxValue;
    private int lastCount = 1;
    private bool isClosed;

    /// <summary>Puts a batch at the end; false when the lane takes no more.</summary>
    public bool TryAdd(WaitingBatch batch)
    {
        lock (gate)
        {
            if (isClosed) return false;
            waiting.Enqueue(batch);
            if (waiting.Count >= wanted) Monitor.Pulse(gate);
            return true;
        }
    }

    /// <summary>What waits is still taken, nothing more is added.</summary>
    public void Close()
    {
        lock (gate)
        {
            isClosed = true;
            Monitor.Pulse(gate);
        }
    }

    /// <summary>Fills the empty list with the next group; it stays empty when the lane is closed and nothing is left. Called by the lane alone.</summary>
    public void Take(List<WaitingBatch> group)
    {
        lock (gate)
        {
            Await(1, Timeout.InfiniteTimeSpan);
            Await(lastCount, Patience);
            for (long bytes = 0; group.Count < MaxBatches && bytes < MaxBytes && waiting.TryDequeue(out var next);)
            {
                bytes += next.Data.Length;
                group.Add(next);
            }
        }

        lastCount = group.Count;
    }

    /// <summary>Sleeps until so many wait. Nobody wakes the lane before that: a thread woken for each batch would cost more than the group saves.</summary>
    private void Await(int count, TimeSpan atMost)
    {
        if (isClosed || waiting.Count >= count) return;
        wanted = count;
        Monitor.Wait(gate, atMost);
        wanted = int.MaxValue;
    }
}
