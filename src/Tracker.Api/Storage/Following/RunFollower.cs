using Npgsql;
using Tracker.Core.Series;

namespace Tracker.Api.Storage.Following;

/// <summary>
/// The one follower of a run on this node: one reader and one decode feed all consumers, each with its own position, so that a failing
/// consumer never stops another. It ends when the run is settled: everything is consumed, written and saved.
/// </summary>
public sealed partial class RunFollower(RunRef run, IReadOnlyList<IJournalConsumer> consumers, JournalReader journal, HistoryReader history,
    RecentBatches recent, NpgsqlDataSource database, SemaphoreSlim turns, TimeProvider clock, ILogger<RunFollower> log) : IDisposable
{
    private const int PageBytes = 4 << 20;

    /// <summary>At most one read in this time, so that a busy run costs a read for many batches.</summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReopenPause = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim grew = new(1, 1);
    /// <summary>Whether the journal itself has been read since a consumer was opened: it alone says that the run is still there.</summary>
    private bool hasReadJournal;

    private readonly Fed[] feeds = [.. consumers.Select(consumer => new Fed(consumer))];

    /// <summary>The journal may have grown.</summary>
    public void Wake()
    {
        try
        {
            if (grew.CurrentCount == 0) grew.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another thread woke the follower at the same moment.
        }
        catch (ObjectDisposedException)
        {
            // The run was settled meanwhile; a sweep finds it again.
        }
    }

    /// <summary>Follows until the run is settled or gone, or the lease is lost. Saves what it has when it is cancelled.</summary>
    public async Task FollowAsync(CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                await grew.WaitAsync(Tick, cancel);
                bool settled;
                await turns.WaitAsync(cancel);
                try
                {
                    settled = await StepAsync(cancel);
                }
                finally
                {
                    turns.Release();
                }

                if (settled) return;
                await Task.Delay(Gather, clock, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            await HandOverAsync();
        }
    }

    private async Task<bool> StepAsync(CancellationToken cancel)
    {
        try
        {
            // Hints of batches that are read now would only cause an empty reading later.
            grew.Wait(0, CancellationToken.None);
            await OpenAsync(cancel);
            while (true)
            {
                var (head, more, gone) = await FeedAsync(cancel);
                if (gone) return true;
                if (more) continue;
                var idle = true;
                foreach (var feed in feeds)
                {
                    idle &= feed.IsOpen && await GuardAsync(feed, async () => await feed.Consumer.FlushAsync(everything: false, cancel)) && feed.Position == head;
                }

                return idle && await SettleAsync(head, cancel);
            }
        }
        catch (NpgsqlException error) when (!cancel.IsCancellationRequested)
        {
            LogInterrupted(run.Id, error.Message);
            foreach (var feed in feeds) feed.Close(clock.GetTimestamp());
            return false;
        }
    }

    private async Task OpenAsync(CancellationToken cancel)
    {
        foreach (var feed in feeds)
        {
            if (feed.IsOpen || (feed.FailedAt is { } failed && clock.GetElapsedTime(failed) < ReopenPause)) continue;
            await GuardAsync(feed, async () =>
            {
                feed.Open(await feed.Consumer.OpenAsync(cancel));
                hasReadJournal = false;
                return true;
            });
        }
    }

    /// <summary>Reads one page and gives every consumer what it has not had.</summary>
    private async Task<(long Head, bool More, bool Gone)> FeedAsync(CancellationToken cancel)
    {
        var open = feeds.Where(feed => feed.IsOpen).ToList();
        if (open.Count == 0) return (long.MaxValue, false, false);
        var position = open.Min(feed => feed.Position);
        var page = hasReadJournal
            ? await journal.FollowAsync(run.RunKey, position, PageBytes, cancel)
            : await journal.ReadAfterAsync(run.RunKey, position, PageBytes, cancel);
        hasReadJournal = true;
        if (page.Head == 0)
        {
            recent.Forget(run.RunKey);
            return (0, false, true);
        }

        IReadOnlyList<StoredBatch> batches = page.Batches;
        var through = page.Batches.Count == 0 ? position : page.Batches[^1].Sequence;
        if (page.Gap)
        {
            // Who lags behind the compactor fails alone when its history cannot be read.
            foreach (var lagging in open.Where(feed => feed.Position == position))
            {
                await GuardAsync(lagging, async () =>
                {
                    (batches, through) = await history.ReadAfterAsync(run.RunKey, position, page.Compacted, cancel);
                    return true;
                });
            }
        }

        foreach (var feed in open)
        {
            if (!feed.IsOpen || feed.Position >= through) continue;
            var wanted = feed.Position == position ? batches : [.. batches.Where(batch => batch.Sequence > feed.Position)];
            await GuardAsync(feed, async () =>
            {
                await feed.Consumer.TakeAsync(wanted, cancel);
                feed.Position = through;
                return true;
            });
        }

        recent.Release(run.RunKey, open.Min(feed => feed.Position));
        return (page.Head, through < page.Head && through > position, false);
    }

    /// <summary>Marks the run as settled, unless a batch came in between.</summary>
    private async Task<bool> SettleAsync(long head, CancellationToken cancel)
    {
        foreach (var feed in feeds)
        {
            if (!feed.IsOpen || !await GuardAsync(feed, async () => await feed.Consumer.FlushAsync(everything: true, cancel))) return false;
        }

        await using var command = database.CreateCommand("update run_heads set unsettled = false where run_key = $1 and sequence = $2");
        command.Parameters.AddWithValue(run.RunKey);
        command.Parameters.AddWithValue(head);
        if (await command.ExecuteNonQueryAsync(cancel) == 0) return false;
        recent.Forget(run.RunKey);
        return true;
    }

    private async Task HandOverAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10), clock);
        foreach (var feed in feeds.Where(feed => feed.IsOpen))
        {
            try
            {
                await GuardAsync(feed, async () => await feed.Consumer.FlushAsync(everything: true, limit.Token));
            }
            catch (Exception error) when (error is NpgsqlException or OperationCanceledException)
            {
                // Whoever follows next starts from what was saved before.
                LogInterrupted(run.Id, error.Message);
            }
        }
    }

    /// <summary>Runs one consumer's part. Its failure closes it, and it alone, until it is opened anew.</summary>
    private async Task<bool> GuardAsync(Fed feed, Func<Task<bool>> part)
    {
        if (feed.FailedAt is not null && !feed.IsOpen && clock.GetElapsedTime(feed.FailedAt.Value) < ReopenPause) return false;
        try
        {
            return await part();
        }
        catch (OperationCanceledException)
        {
            // Cut in the middle: what is in memory may be ahead of what was written, so it must not be saved.
            feed.Close(null);
            throw;
        }
        catch (CursorMovedException)
        {
            LogMoved(run.Id, feed.Consumer.Name);
            feed.Close(null);
            return false;
        }
        catch (Exception error) when (error is not NpgsqlException { IsTransient: true })
        {
            LogConsumerFailed(error, run.Id, feed.Consumer.Name);
            feed.Close(clock.GetTimestamp());
            return false;
        }
    }

    /// <summary>Only after <see cref="FollowAsync"/> has ended.</summary>
    public void Dispose()
    {
        foreach (var feed in feeds) (feed.Consumer as IDisposable)?.Dispose();
        grew.Dispose();
    }

    private sealed class Fed(IJournalConsumer consumer)
    {
        public IJournalConsumer Consumer { get; } = consumer;

        public bool IsOpen { get; private set; }

        public long Position { get; set; }

        public long? FailedAt { get; private set; }

        public void Open(long position) => (IsOpen, Position, FailedAt) = (true, position, null);

        public void Close(long? failedAt) => (IsOpen, FailedAt) = (false, failedAt);
    }

    [LoggerMessage(2040, LogLevel.Warning, "Following run {Run} is interrupted and goes on by itself: {Reason}")]
    private partial void LogInterrupted(string run, string reason);

    [LoggerMessage(2041, LogLevel.Information, "The {Consumer} of run {Run} was moved on by another node")]
    private partial void LogMoved(string run, string consumer);

    [LoggerMessage(2042, LogLevel.Error, "The {Consumer} of run {Run} failed; the others go on, and it is opened anew")]
    private partial void LogConsumerFailed(Exception error, string run, string consumer);
}
