using System.Security.Cryptography;
using Tracker.Client.Spooling;

namespace Tracker.Client;

/// <summary>
/// The batches that wait for acknowledgement, oldest first, and their numbers: 1, 2, 3… per writer. One packer adds, one sender removes.
/// Each goes to disk as it comes and stays there until it is acknowledged; the newest megabytes are kept in memory beside.
/// </summary>
internal sealed class BatchQueue : IDisposable
{
    private const long MostInMemory = 16 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly Queue<Entry> _entries = [];
    private readonly SemaphoreSlim _arrived = new(0);
    private readonly MemoryBudget _budget;
    private readonly Spool? _spool;
    private readonly Action<string> _tell;
    private SpoolPosition? _position;
    private long _added;
    private long _inMemory;
    private long _left;
    private long _unreadable;
    private bool _isComplete;

    /// <param name="budget">Of the run; a batch that the disk does not take counts against it.</param>
    /// <param name="writer">Who numbers the batches.</param>
    /// <param name="spool">Null: memory alone.</param>
    /// <param name="tell">Is told of trouble with the disk.</param>
    public BatchQueue(MemoryBudget budget, string writer, Spool? spool, Action<string> tell) =>
        (_budget, Writer, _spool, _tell) = (budget, writer, spool, tell);

    /// <summary>What another process left behind.</summary>
    /// <exception cref="IOException">The spool cannot be read.</exception>
    public BatchQueue(Spool left, Action<string> tell)
        : this(new MemoryBudget(long.MaxValue), left.Head.Writer, left, tell)
    {
        foreach (var place in left.ReadAll()) Enqueue(new Entry(place.Record.Kind, place.Record.Number, place.Record.Points, null, place));
        _position = SpoolPosition.Read(left.Folder);
        _isComplete = true;
    }

    /// <summary>The name under which this process numbers its batches; 64 random bits.</summary>
    public string Writer { get; }

    public Spool? Spool => _spool;

    public int Count
    {
        get
        {
            lock (_gate) return _entries.Count;
        }
    }

    /// <summary>Points, histograms and events that wait.</summary>
    public long Left => Interlocked.Read(ref _left);

    /// <summary>What was on disk and could not be read again.</summary>
    public long Unreadable => Interlocked.Read(ref _unreadable);

    public static string NewWriter() => "net-" + RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>Writes and queues one batch under the next number.</summary>
    public void Add(BatchEncoder encoder, LogSegment segment, string[] names)
    {
        var number = _added + 1;
        Add(SpoolRecordKind.Batch, number, encoder.Encode(segment, names, Writer, number), segment.Count);
        _added = number;
    }

    /// <summary>Queues a call that has to keep its place among the batches.</summary>
    public void Add(ReadOnlySpan<byte> request) => Add(SpoolRecordKind.Request, 0, request, 0);

    /// <summary>No more batches will come.</summary>
    public void Complete()
    {
        lock (_gate) _isComplete = true;
        _arrived.Release();
    }

    /// <summary>Waits for the oldest batch, as it has to be sent; null when all are done and no more will come.</summary>
    public async ValueTask<Batch?> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Entry? entry;
            lock (_gate)
            {
                if (!_entries.TryPeek(out entry) && _isComplete) return null;
            }

            if (entry is not null) return Load(entry);
            await _arrived.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The oldest batch is settled: its number is used up.</summary>
    public void Acknowledge()
    {
        lock (_gate)
        {
            var entry = _entries.Dequeue();
            Forget(entry);
            Interlocked.Add(ref _left, -entry.Count);
            if (entry.Place is { } place) _spool!.Acknowledge(place);
        }
    }

    /// <summary>The oldest batch is given up; an empty one takes its number, which the server may or may not have seen.</summary>
    public void Refuse()
    {
        lock (_gate) Empty(_entries.Peek());
    }

    /// <summary>From the oldest batch on numbers start from 1 under a new writer.</summary>
    public void Renumber()
    {
        lock (_gate)
        {
            _position = new SpoolPosition(NewWriter(), _entries.Peek().Number);
            if (_spool is not null) SpoolSegment.Quietly(() => _position.Write(_spool.Folder));
        }
    }

    public void Dispose() => _arrived.Dispose();

    private void Add(SpoolRecordKind kind, long number, ReadOnlySpan<byte> json, int points)
    {
        string? trouble = null;
        var place = _spool?.Append(kind, number, points, json, out trouble);
        if (trouble is not null) _tell(trouble);
        // Only what is nowhere else has to be kept in memory.
        var isKept = place is null || Interlocked.Read(ref _inMemory) + json.Length <= MostInMemory;
        lock (_gate) Enqueue(new Entry(kind, number, points, isKept ? json.ToArray() : null, place));
        _arrived.Release();
    }

    private void Enqueue(Entry entry)
    {
        _entries.Enqueue(entry);
        Interlocked.Add(ref _left, entry.Count);
        if (entry.Json is not { } json) return;
        Interlocked.Add(ref _inMemory, json.Length);
        _budget.Charge(json.Length);
    }

    private Batch Load(Entry entry)
    {
        lock (_gate)
        {
            var json = entry.Json ?? _spool!.Read(entry.Place!);
            if (json is null)
            {
                _tell($"a batch of the spool {_spool!.Folder} cannot be read and is lost");
                Interlocked.Add(ref _unreadable, entry.Count);
                Empty(entry);
                json = [];
            }

            if (entry.Kind == SpoolRecordKind.Request) return new Batch(entry.Kind, "", 0, entry.IsFiller ? "{}"u8.ToArray() : json, 0);
            var (writer, number) = _position is { } moved && entry.Number >= moved.From ? (moved.Writer, entry.Number - moved.From + 1) : (Writer, entry.Number);
            if (entry.IsFiller) json = Batch.Filler(writer, number);
            else if (writer != Writer) json = Batch.Renumbered(json, writer, number);
            return new Batch(entry.Kind, writer, number, json, entry.Count) { IsFiller = entry.IsFiller };
        }
    }

    private void Empty(Entry entry)
    {
        Forget(entry);
        Interlocked.Add(ref _left, -entry.Count);
        (entry.Json, entry.Count, entry.IsFiller) = ([], 0, true);
    }

    private void Forget(Entry entry)
    {
        if (entry.Json is not { } json) return;
        Interlocked.Add(ref _inMemory, -json.Length);
        _budget.Release(json.Length);
        entry.Json = null;
    }

    private sealed class Entry(SpoolRecordKind kind, long number, int count, byte[]? json, SpoolPlace? place)
    {
        public SpoolRecordKind Kind { get; } = kind;

        public long Number { get; } = number;

        public int Count { get; set; } = count;

        /// <summary>Null: on disk alone.</summary>
        public byte[]? Json { get; set; } = json;

        public SpoolPlace? Place { get; } = place;

        public bool IsFiller { get; set; }
    }
}
