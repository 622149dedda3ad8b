using Microsoft.Extensions.Options;

namespace Tracker.Api.Storage.Following;

/// <summary>
/// One budget of bytes of a node for the batches that wait for their compaction, of all runs together. Beyond it nobody is refused: the runs that hold
/// most are compacted before their time.
/// </summary>
public sealed class TailRoom(IOptions<IngestOptions> options)
{
    private readonly long most = options.Value.TailMegabytes << 20;
    private long used;
    private int holders;

    /// <summary>Bytes in use.</summary>
    public long Used => Interlocked.Read(ref used);

    /// <summary>What a run holds from now on.</summary>
    /// <param name="before">What it held.</param>
    /// <param name="now">What it holds.</param>
    public void Change(long before, long now)
    {
        Interlocked.Add(ref used, now - before);
        if (before == 0 && now > 0) Interlocked.Increment(ref holders);
        if (before > 0 && now == 0) Interlocked.Decrement(ref holders);
    }

    /// <summary>Whether a run that holds so much has to make room: the budget is used up, and it holds at least as much as the runs do on average.</summary>
    public bool IsOwedBy(long bytes) => bytes > 0 && Used > most && bytes >= Used / Math.Max(1, Volatile.Read(ref holders));
}
