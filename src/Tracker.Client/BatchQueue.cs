using System.Security.Cryptography;

namespace Tracker.Client;

/// <summary>
/// The batches that wait for acknowledgement, oldest first, and their numbers: 1, 2, 3… per writer. One packer adds, one sender removes.
/// Everything that must survive until it is acknowledged passes here and nowhere else, so this is where batches go to disk when they do.
/// </summary>
internal sealed class BatchQueue(MemoryBudget budget) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<Batch> _batches = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private string _writer = NewWriter();
    private long _taken;
    private bool _completed;

    /// <summary>The name under which this process numbers its batches; 64 random bits.</summary>
    public string Writer
    {
        get
        {
            lock (_gate) return _writer;
        }
    }

    public int Count
    {
        get
        {
            lock (_gate) return _batches.Count;
        }
    }

    /// <summary>Packs and queues one batch under the next number.</summary>
    public void Add(BatchEncoder encoder, LogSegment segment, string[] names)
    {
        string writer;
        long number;
        lock (_gate) (writer, number) = (_writer, _taken + _batches.Count + 1);
        // A change of writer between here and the sending is found by the number and mended there.
        var batch = Batch.From(encoder.Encode(segment, names, writer, number), writer, number, segment.Count);
        lock (_gate) _batches.Enqueue(batch);
        budget.Charge(batch.Body.Length);
        _arrived.Release();
    }

    /// <summary>No more batches will come.</summary>
    public void Complete()
    {
        lock (_gate) _completed = true;
        _arrived.Release();
    }

    /// <summary>Waits for the oldest batch; null when all are done and no more will come.</summary>
    public async ValueTask<Batch?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_batches.TryPeek(out var batch)) return batch;
                if (_completed) return null;
            }

            await _arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The oldest batch as it has to be sent: under the writer and number that the server expects next.</summary>
    public Batch Numbered(Batch oldest)
    {
        string writer;
        long number;
        lock (_gate) (writer, number) = (_writer, _taken + 1);
        return oldest.Writer == writer && oldest.Number == number ? oldest : oldest.RenumberedFor(writer, number);
    }

    /// <summary>The oldest batch is acknowledged: its number is used up.</summary>
    public void Acknowledge()
    {
        lock (_gate)
        {
            _taken++;
            Remove();
        }
    }

    /// <summary>
    /// The oldest batch is given up. Whether the server has seen its number is not certain, so what follows is numbered anew under another writer;
    /// reusing the number could make the next batch look like a repetition.
    /// </summary>
    public void Drop()
    {
        lock (_gate)
        {
            Remove();
            Restart();
        }
    }

    /// <summary>Numbers from 1 under a new writer.</summary>
    public void Renumber()
    {
        lock (_gate) Restart();
    }

    public void Dispose() => _arrived.Dispose();

    private void Remove() => budget.Release(_batches.Dequeue().Body.Length);

    private void Restart() => (_writer, _taken) = (NewWriter(), 0);

    private static string NewWriter() => "net-" + RandomNumberGenerator.GetHexString(16, lowercase: true);
}
