using Npgsql;
using Tracker.Core.Series;

namespace Tracker.Api.Storage;

/// <summary>What the journal said to a batch.</summary>
public enum AppendOutcome : short
{
    Stored = 0,
    Seen = 1,
    Gap = 2,
    OtherFirstBatch = 3,
    UnknownRun = 4,
    DeletedRun = 5,

    /// <summary>The database refused this batch, and only this batch.</summary>
    Refused = 100,

    /// <summary>Too much waits already, or is stored already; nothing was taken.</summary>
    Busy = 101,

    /// <summary>The database could not be reached in time. The batch may have been stored: sent again with its number it counts once.</summary>
    Unavailable = 102,
}

/// <param name="Outcome">What became of the batch.</param>
/// <param name="AcceptedThrough">Highest number of this writer that is stored.</param>
/// <param name="Sequence">The batch's number in its run, when it was stored just now.</param>
/// <param name="StopReason">Why the run is asked to stop, or null.</param>
/// <param name="StopBy">Who asked.</param>
public readonly record struct AppendResult(AppendOutcome Outcome, long AcceptedThrough, long Sequence, string? StopReason, string? StopBy);

/// <summary>
/// The journal's door: batches of all runs that arrive while a commit is under way are appended together by the next one, in one call of one
/// SQL function. A lone batch waits for nothing. The answer is given after the commit.
/// A run's batches always pass through the same lane, so that those of one writer stay in order.
/// </summary>
public sealed partial class JournalWriter(
    [FromKeyedServices(Database.Unpooled)] NpgsqlDataSource unpooled, RecentBatches recent, RunGrowth growth, TimeProvider clock,
    ILogger<JournalWriter> log) : BackgroundService
{
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>One thread and one connection each: few, since what a lane cannot take at once it takes as a group.</summary>
    private readonly JournalGroup[] lanes = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount / 2, 1, 4)).Select(_ => new JournalGroup())];

    /// <summary>
    /// Appends one batch and answers after it is durable. <paramref name="writer"/> and <paramref name="batch"/> are null for a batch without a
    /// number: this node then numbers it under a writer of its own, so that the node's retries count once. What was handed over is written, also
    /// when its sender has gone; the content must not change any more. What waits is bounded by <see cref="IngestRoom"/>, where the caller holds its place.
    /// </summary>
    public Task<AppendResult> AppendAsync(long runKey, string? writer, long? batch, byte[]? firstHash, LogBatch content)
    {
        var data = JournalCodec.Encode(content);
        // A writer without a number has nothing to be recognised by.
        var waiting = new WaitingBatch(runKey, batch is null ? null : writer, batch, firstHash, content, data);
        return lanes[runKey % lanes.Length].TryAdd(waiting) ? waiting.Done.Task : Task.FromResult(new AppendResult(AppendOutcome.Unavailable, 0, 0, null, null));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Lanes are drained, not cut, when the host stops: what waits is written, what comes later is refused.
        using var onStop = stoppingToken.Register(() =>
        {
            foreach (var lane in lanes) lane.Close();
        });
        await Task.WhenAll(lanes.Select(lane => Task.Factory.StartNew(() => RunLane(lane, stoppingToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
    }

    private void RunLane(JournalGroup lane, CancellationToken stopping)
    {
        using var connection = new JournalConnection(unpooled);
        var own = new OwnWriter();
        var group = new List<WaitingBatch>();
        while (true)
        {
            lane.Take(group);
            if (group.Count == 0) return;
            AppendGroup(group, connection, own, stopping);
            group.Clear();
        }
    }

    /// <summary>Appends a group; when the database refuses it, halves it until the bad batch stands alone.</summary>
    private void AppendGroup(List<WaitingBatch> group, JournalConnection connection, OwnWriter own, CancellationToken stopping)
    {
        var started = clock.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            try
            {
                var (writers, numbers) = own.NumbersOf(group);
                Complete(group, connection.Call(group, writers, numbers), own);
                return;
            }
            catch (PostgresException error) when (!error.IsTransient)
            {
                if (group.Count > 1)
                {
                    var half = group.Count / 2;
                    AppendGroup([.. group.Take(half)], connection, own, stopping);
                    AppendGroup([.. group.Skip(half)], connection, own, stopping);
                    return;
                }

                LogRefused(group[0].RunKey, error.MessageText);
                group[0].Done.TrySetResult(new AppendResult(AppendOutcome.Refused, 0, 0, null, null));
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
            {
                // The commit may have happened: the same numbers are sent again, and what is there already changes nothing.
                if (stopping.IsCancellationRequested || clock.GetElapsedTime(started) > GiveUp)
                {
                    LogUnavailable(group.Count, error.Message);
                    GiveUpOn(group, own);
                    return;
                }

                LogRetry(group.Count, error.Message);
                stopping.WaitHandle.WaitOne(pause);
                pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            }
            catch (Exception error)
            {
                // A fault of ours must not stop the lane: its callers are told, and the next group is taken.
                LogFault(error, group.Count);
                GiveUpOn(group, own);
                return;
            }
        }
    }

    /// <summary>Shows what was stored to those who follow here, then answers the callers.</summary>
    private void Complete(List<WaitingBatch> group, (AppendResult Result, int Writer)[] answers, OwnWriter own)
    {
        for (var i = 0; i < group.Count; i++)
        {
            var (result, writer) = answers[i];
            if (group[i].Writer is null && result.Outcome is AppendOutcome.Stored or AppendOutcome.Seen) own.Numbers[group[i].RunKey] = result.AcceptedThrough;
            if (result.Outcome is not AppendOutcome.Stored) continue;
            recent.Add(group[i].RunKey, new StoredBatch(result.Sequence, writer, group[i].Content));
            growth.Raise(group[i].RunKey);
        }

        for (var i = 0; i < group.Count; i++) group[i].Done.TrySetResult(answers[i].Result);
    }

    /// <summary>Answers that nobody knows what became of the group. Its own numbers may be taken by now: the lane goes on as another writer.</summary>
    private static void GiveUpOn(List<WaitingBatch> group, OwnWriter own)
    {
        own.Renew();
        foreach (var waiting in group) waiting.Done.TrySetResult(new AppendResult(AppendOutcome.Unavailable, 0, 0, null, null));
    }

    /// <summary>The writer under which a lane numbers the batches that came without a number, and how far it has come in each run.</summary>
    private sealed class OwnWriter
    {
        private string id = NewId();

        public Dictionary<long, long> Numbers { get; } = [];

        public void Renew()
        {
            id = NewId();
            Numbers.Clear();
        }

        /// <summary>Writers and numbers of a group, its own where the batches have none.</summary>
        public (string[] Writers, long[] Numbers) NumbersOf(List<WaitingBatch> group)
        {
            var ahead = new Dictionary<long, long>();
            var (writers, numbers) = (new string[group.Count], new long[group.Count]);
            for (var i = 0; i < group.Count; i++)
            {
                writers[i] = group[i].Writer ?? id;
                numbers[i] = group[i].Number
                    ?? (ahead[group[i].RunKey] = 1 + (ahead.TryGetValue(group[i].RunKey, out var last) ? last : Numbers.GetValueOrDefault(group[i].RunKey)));
            }

            return (writers, numbers);
        }

        private static string NewId() => "~" + Guid.NewGuid().ToString("N");
    }

    [LoggerMessage(2010, LogLevel.Warning, "The database refused a batch of run key {RunKey}: {Reason}")]
    private partial void LogRefused(long runKey, string reason);

    [LoggerMessage(2011, LogLevel.Warning, "The database did not take {Batches} batches in time: {Reason}")]
    private partial void LogUnavailable(int batches, string reason);

    [LoggerMessage(2013, LogLevel.Error, "Appending {Batches} batches failed")]
    private partial void LogFault(Exception error, int batches);

    [LoggerMessage(2012, LogLevel.Warning, "Appending {Batches} batches is tried again: {Reason}")]
    private partial void LogRetry(int batches, string reason);
}
