using System.Diagnostics;
using System.Threading.Channels;
using Npgsql;

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

    /// <summary>Too much waits already; nothing was taken.</summary>
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
public sealed partial class JournalWriter(NpgsqlDataSource database, RunGrowth growth, TimeProvider clock, ILogger<JournalWriter> log) : BackgroundService
{
    private const int Lanes = 4;
    private const int MaxGroup = 256;
    private const long MaxGroupBytes = 4 << 20;
    private const long MaxWaitingBytes = 128 << 20;
    private static readonly TimeSpan GiveUp = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly Channel<Waiting>[] lanes = [.. Enumerable.Range(0, Lanes).Select(_ => Channel.CreateUnbounded<Waiting>(new UnboundedChannelOptions { SingleReader = true }))];
    private long waitingBytes;

    /// <summary>
    /// Appends one batch and answers after it is durable. <paramref name="writer"/> and <paramref name="batch"/> are null for a batch without a
    /// number: this node then numbers it under a writer of its own, so that the node's retries count once.
    /// </summary>
    public async Task<AppendResult> AppendAsync(long runKey, string? writer, long? batch, byte[]? firstHash, int points, byte[] data, CancellationToken cancel)
    {
        // A writer without a number has nothing to be recognised by.
        if (batch is null) writer = null;
        if (Interlocked.Add(ref waitingBytes, data.Length) > MaxWaitingBytes)
        {
            Interlocked.Add(ref waitingBytes, -data.Length);
            return new AppendResult(AppendOutcome.Busy, 0, 0, null, null);
        }

        var waiting = new Waiting(runKey, writer, batch, firstHash, points, data);
        if (!lanes[runKey % Lanes].Writer.TryWrite(waiting))
        {
            Interlocked.Add(ref waitingBytes, -data.Length);
            return new AppendResult(AppendOutcome.Unavailable, 0, 0, null, null);
        }

        return await waiting.Done.Task.WaitAsync(cancel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Lanes are drained, not cut, when the host stops: what waits is written, what comes later is refused.
        using var onStop = stoppingToken.Register(() =>
        {
            foreach (var lane in lanes) lane.Writer.TryComplete();
        });
        await Task.WhenAll(lanes.Select(lane => RunLaneAsync(lane.Reader, stoppingToken)));
    }

    private async Task RunLaneAsync(ChannelReader<Waiting> lane, CancellationToken stopping)
    {
        var own = new OwnWriter();
        var group = new List<Waiting>();
        while (await lane.WaitToReadAsync(CancellationToken.None))
        {
            long bytes = 0;
            while (group.Count < MaxGroup && bytes < MaxGroupBytes && lane.TryRead(out var next))
            {
                bytes += next.Data.Length;
                group.Add(next);
            }

            await AppendGroupAsync(group, own, stopping);
            group.Clear();
            Interlocked.Add(ref waitingBytes, -bytes);
        }
    }

    /// <summary>Appends a group; when the database refuses it, halves it until the bad batch stands alone.</summary>
    private async Task AppendGroupAsync(IReadOnlyList<Waiting> group, OwnWriter own, CancellationToken stopping)
    {
        var started = clock.GetTimestamp();
        var pause = FirstPause;
        while (true)
        {
            try
            {
                var results = await CallAsync(group, own);
                for (var i = 0; i < group.Count; i++)
                {
                    if (group[i].Writer is null && results[i].Outcome is AppendOutcome.Stored or AppendOutcome.Seen)
                    {
                        own.Numbers[group[i].RunKey] = results[i].AcceptedThrough;
                    }

                    if (results[i].Outcome is AppendOutcome.Stored) growth.Raise(group[i].RunKey);
                    group[i].Done.TrySetResult(results[i]);
                }

                return;
            }
            catch (PostgresException error) when (!error.IsTransient)
            {
                if (group.Count > 1)
                {
                    var half = group.Count / 2;
                    await AppendGroupAsync([.. group.Take(half)], own, stopping);
                    await AppendGroupAsync([.. group.Skip(half)], own, stopping);
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
                await Task.Delay(pause, clock, CancellationToken.None);
                pause = TimeSpan.FromMilliseconds(Math.Min(1_000, pause.TotalMilliseconds * 2));
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

    /// <summary>Answers that nobody knows what became of the group. Its own numbers may be taken by now: the lane goes on as another writer.</summary>
    private static void GiveUpOn(IReadOnlyList<Waiting> group, OwnWriter own)
    {
        own.Renew();
        foreach (var waiting in group) waiting.Done.TrySetResult(new AppendResult(AppendOutcome.Unavailable, 0, 0, null, null));
    }

    private async Task<AppendResult[]> CallAsync(IReadOnlyList<Waiting> group, OwnWriter own)
    {
        var ahead = new Dictionary<long, long>();
        var runs = new long[group.Count];
        var writers = new string[group.Count];
        var batches = new long[group.Count];
        var hashes = new byte[]?[group.Count];
        var points = new int[group.Count];
        var data = new byte[group.Count][];
        for (var i = 0; i < group.Count; i++)
        {
            var waiting = group[i];
            runs[i] = waiting.RunKey;
            points[i] = waiting.Points;
            data[i] = waiting.Data;
            hashes[i] = waiting.FirstHash;
            writers[i] = waiting.Writer ?? own.Id;
            batches[i] = waiting.Batch
                ?? (ahead[waiting.RunKey] = 1 + (ahead.TryGetValue(waiting.RunKey, out var last) ? last : own.Numbers.GetValueOrDefault(waiting.RunKey)));
        }

        await using var command = database.CreateCommand(
            "select outcome, accepted_through, sequence, stop_reason, stop_by from tracker_append($1, $2, $3, $4, $5, $6)");
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = runs });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = writers });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = batches });
        command.Parameters.Add(new NpgsqlParameter<byte[]?[]> { TypedValue = hashes });
        command.Parameters.Add(new NpgsqlParameter<int[]> { TypedValue = points });
        command.Parameters.Add(new NpgsqlParameter<byte[][]> { TypedValue = data });
        await using var reader = await command.ExecuteReaderAsync();
        var results = new AppendResult[group.Count];
        for (var i = 0; i < results.Length; i++)
        {
            if (!await reader.ReadAsync()) throw new UnreachableException("tracker_append answers every batch.");
            results[i] = new AppendResult(
                (AppendOutcome)reader.GetInt16(0),
                reader.GetInt64(1),
                await reader.IsDBNullAsync(2) ? 0 : reader.GetInt64(2),
                await reader.IsDBNullAsync(3) ? null : reader.GetString(3),
                await reader.IsDBNullAsync(4) ? null : reader.GetString(4));
        }

        return results;
    }

    /// <summary>The writer under which a lane numbers the batches that came without a number, and how far it has come in each run.</summary>
    private sealed class OwnWriter
    {
        public string Id { get; private set; } = NewId();

        public Dictionary<long, long> Numbers { get; } = [];

        public void Renew()
        {
            Id = NewId();
            Numbers.Clear();
        }

        private static string NewId() => "~" + Guid.NewGuid().ToString("N");
    }

    /// <summary>One batch on its way. Its answer is completed away from the lane, so that a slow caller holds nobody up.</summary>
    private sealed record Waiting(long RunKey, string? Writer, long? Batch, byte[]? FirstHash, int Points, byte[] Data)
    {
        public TaskCompletionSource<AppendResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
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
