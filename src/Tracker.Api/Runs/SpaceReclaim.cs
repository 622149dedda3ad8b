using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace Tracker.Api.Runs;

/// <summary>
/// Gives the space of removed runs back to the disk: an empty partition of chunks is dropped (or emptied, while runs may still come into it), one more than
/// half dead without a running run is rewritten; the other tables are vacuumed, so that their pages are used again.
/// </summary>
public sealed partial class SpaceReclaim(NpgsqlDataSource database, TimeProvider clock, ILogger<SpaceReclaim> log)
{
    private const long KeysPerPartition = 10_000;

    /// <summary>A partition that could not be treated now, because a run in it is running or a lock was taken, is tried again after this.</summary>
    private static readonly TimeSpan Again = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<long, DateTimeOffset> due = [];
    private bool started;

    /// <summary>The rows of a run are gone.</summary>
    public void Freed(long runKey) => due[runKey / KeysPerPartition * KeysPerPartition] = DateTimeOffset.MinValue;

    /// <summary>Looks at the partitions that lost runs; the first time at all that ever did, since a node may have died before it came to this.</summary>
    public async Task ReclaimAsync(CancellationToken cancel)
    {
        if (!started) await RememberAsync(cancel);
        started = true;
        var now = clock.GetUtcNow();
        foreach (var (low, at) in due.Where(entry => entry.Value <= now).ToList())
        {
            var done = await ReclaimAsync(low, cancel);
            LogReclaimed(low, done);
            if (done is "live" or "busy") due[low] = now + Again;
            else due.TryRemove(new KeyValuePair<long, DateTimeOffset>(low, at));
        }
    }

    private async Task<string> ReclaimAsync(long low, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        string done;
        try
        {
            await using var command = new NpgsqlCommand("select tracker_reclaim_chunks($1)", connection) { CommandTimeout = 0 };
            command.Parameters.AddWithValue(low);
            done = (string)(await command.ExecuteScalarAsync(cancel))!;
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return "busy";
        }

        var partition = done is "kept" or "live" ? "chunks_" + low.ToString(CultureInfo.InvariantCulture) + ", " : "";
        await using var vacuum = new NpgsqlCommand($"vacuum (skip_locked) {partition}journal, events, summaries, run_steps, series, cursors, writers, diagnoses, signals, alerts", connection) { CommandTimeout = 0 };
        await vacuum.ExecuteNonQueryAsync(cancel);
        return done;
    }

    private async Task RememberAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"select distinct run_key / {KeysPerPartition} * {KeysPerPartition} from runs where purged_at is not null");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel)) due.TryAdd(reader.GetInt64(0), DateTimeOffset.MinValue);
    }

    [LoggerMessage(2021, LogLevel.Information, "Space of the runs from key {Low} on: {Done}")]
    private partial void LogReclaimed(long low, string done);
}
