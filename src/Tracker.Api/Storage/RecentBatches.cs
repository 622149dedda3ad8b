using System.Collections.Concurrent;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>
/// The batches that this node has committed a moment ago, as they were decoded when they came, so that those who follow a run here need not read the
/// journal back. Of each run it holds sequences without a hole; what came through another node, before a restart, or is more than fits here is in the
/// journal, and is read there. What it gives equals what the journal gives.
/// </summary>
public sealed class RecentBatches
{
    /// <summary>Most bytes of all runs together, about a second of the heaviest load; beyond it the run that holds most loses what it has here.</summary>
    public const long MaxBytes = 32 << 20;

    private readonly ConcurrentDictionary<long, Kept> runs = new();
    private long bytes;

    /// <summary>Bytes held now, roughly.</summary>
    public long Bytes => Interlocked.Read(ref bytes);

    /// <summary>Adds a batch that was stored just now. Nobody changes its content from here on.</summary>
    public void Add(long runKey, StoredBatch batch)
    {
        while (!TryAdd(runs.GetOrAdd(runKey, _ => new Kept()), batch)) { }
        while (Bytes > MaxBytes && runs.MaxBy(run => run.Value.Bytes) is { Value.Bytes: > 0 } largest) Forget(largest.Key);
    }

    /// <summary>All batches after a sequence, the next one first; empty when the next one is not here.</summary>
    public IReadOnlyList<StoredBatch> After(long runKey, long sequence)
    {
        if (!runs.TryGetValue(runKey, out var kept)) return [];
        lock (kept) return kept.After(sequence);
    }

    /// <summary>Lets go of a run's batches up to a sequence, unless somebody holds them.</summary>
    public void Release(long runKey, long through)
    {
        if (!runs.TryGetValue(runKey, out var kept)) return;
        lock (kept)
        {
            if (kept.Holders == 0) Count(kept.Remove(through));
        }
    }

    /// <summary>Keeps a run's batches here for another reader, as long as they fit, until the answer is disposed of.</summary>
    public IDisposable Hold(long runKey)
    {
        var kept = runs.GetOrAdd(runKey, _ => new Kept());
        lock (kept) kept.Holders++;
        return new Holder(this, kept);
    }

    /// <summary>Forgets a run that is settled or gone.</summary>
    public void Forget(long runKey)
    {
        if (!runs.TryGetValue(runKey, out var kept)) return;
        lock (kept)
        {
            Count(kept.Clear());
            if (kept.Holders > 0) return;
            kept.IsGone = true;
            runs.TryRemove(runKey, out _);
        }
    }

    private bool TryAdd(Kept kept, StoredBatch batch)
    {
        lock (kept)
        {
            if (kept.IsGone) return false;
            Count(kept.Add(batch));
            return true;
        }
    }

    private void Count(long change) => Interlocked.Add(ref bytes, change);

    /// <summary>One run's batches. Locked by whoever touches it; its methods answer with the change in bytes.</summary>
    private sealed class Kept
    {
        private readonly List<StoredBatch> batches = [];

        public long Bytes { get; private set; }

        public int Holders { get; set; }

        /// <summary>Taken out of the dictionary: what is added here would be lost sight of.</summary>
        public bool IsGone { get; set; }

        public long Add(StoredBatch batch)
        {
            // A batch of another node or of the server itself lies between: readers find it in the journal, and here again after it.
            var change = batches.Count > 0 && batches[^1].Sequence + 1 != batch.Sequence ? Clear() : 0;
            batches.Add(batch);
            Bytes += batch.Batch.MemoryBytes;
            return change + batch.Batch.MemoryBytes;
        }

        public List<StoredBatch> After(long sequence)
        {
            if (batches.Count == 0 || batches[^1].Sequence <= sequence || batches[0].Sequence > sequence + 1) return [];
            return batches.GetRange((int)(sequence + 1 - batches[0].Sequence), (int)(batches[^1].Sequence - sequence));
        }

        public long Remove(long through)
        {
            var count = batches.Count == 0 ? 0 : (int)Math.Clamp(through + 1 - batches[0].Sequence, 0, batches.Count);
            long change = 0;
            for (var i = 0; i < count; i++) change -= batches[i].Batch.MemoryBytes;
            batches.RemoveRange(0, count);
            Bytes += change;
            return change;
        }

        public long Clear()
        {
            var change = -Bytes;
            batches.Clear();
            Bytes = 0;
            return change;
        }
    }

    private sealed class Holder(RecentBatches owner, Kept kept) : IDisposable
    {
        public void Dispose()
        {
            lock (kept)
            {
                // Nobody may be left who would release them one by one.
                if (--kept.Holders == 0) owner.Count(kept.Clear());
            }
        }
    }
}
