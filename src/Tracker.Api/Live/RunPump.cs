using Tracker.Api.Storage;

namespace Tracker.Api.Live;

/// <summary>Follows one run's journal for all who watch it on this node.</summary>
internal sealed class RunPump(RunRef run, long position, JournalReader journal, ILogger log) : Pump<RunWatch>(log)
{
    private readonly IDisposable hold = journal.Hold(run.RunKey);
    private long position = position;

    public override void Dispose()
    {
        base.Dispose();
        hold.Dispose();
    }

    /// <summary>Registers a watch. It is given every batch after the returned sequence, and none before.</summary>
    public long Register(RunWatch watch)
    {
        lock (Gate)
        {
            Add(watch);
            return position;
        }
    }

    protected override async Task<bool> StepAsync(CancellationToken cancel)
    {
        var page = await journal.FollowAsync(run.RunKey, position, LiveLimits.PageBytes, cancel);
        lock (Gate)
        {
            if (page.Gap)
            {
                // The compactor overtook this pump: the batches are in chunks now, and browsers read them there.
                position = page.Head;
                foreach (var watch in Watches) watch.Reset(position);
                return false;
            }

            if (page.Batches.Count == 0) return false;
            position = page.Batches[^1].Sequence;
            foreach (var watch in Watches) watch.Offer(page.Batches);
            return position < page.Head;
        }
    }
}
