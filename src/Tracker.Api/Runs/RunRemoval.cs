using Npgsql;
using Tracker.Api.Storage;

namespace Tracker.Api.Runs;

/// <summary>
/// Removes the rows of runs whose time in the trash is over, in the background, and gives their space back. The run's own row and head stay, so that
/// late batches get 410.
/// </summary>
public sealed partial class RunRemoval(NpgsqlDataSource database, SpaceReclaim space, ProjectSizes sizes, SeriesCatalog series, TimeProvider clock, ILogger<RunRemoval> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Cursors first: every consumer moves its own before it writes, so nothing can be written behind this.</summary>
    private static readonly string[] Tables =
        ["cursors", "journal", "chunks", "events", "summaries", "run_steps", "alerts", "rule_silence", "signals", "diagnoses", "leases", "writers", "series", "journal_rejects"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var removed = 0;
                while (await RemoveOneAsync(stoppingToken)) removed++;
                if (removed > 0) sizes.Refresh();
                await space.ReclaimAsync(stoppingToken);
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException or IOException)
            {
                LogFailure(error.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> RemoveOneAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var find = new NpgsqlCommand("""
            select run_key from runs where deleted_at is not null and purged_at is null and purge_at <= $1 order by purge_at limit 1 for no key update skip locked
            """, connection, transaction);
        find.Parameters.AddWithValue(clock.GetUtcNow().ToUniversalTime());
        if (await find.ExecuteScalarAsync(cancel) is not long runKey) return false;
        await using (var verdicts = new NpgsqlCommand("delete from verdicts where diagnosis_id in (select id from diagnoses where run_key = $1)", connection, transaction))
        {
            verdicts.Parameters.AddWithValue(runKey);
            await verdicts.ExecuteNonQueryAsync(cancel);
        }

        foreach (var table in Tables)
        {
            await using var remove = new NpgsqlCommand($"delete from {table} where run_key = $1", connection, transaction);
            remove.Parameters.AddWithValue(runKey);
            await remove.ExecuteNonQueryAsync(cancel);
        }

        await using var mark = new NpgsqlCommand("update runs set purged_at = now(), config = '{}', notes = null where run_key = $1", connection, transaction);
        mark.Parameters.AddWithValue(runKey);
        await mark.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        series.Forget(runKey);
        space.Freed(runKey);
        return true;
    }

    [LoggerMessage(2020, LogLevel.Warning, "Removing deleted runs waits: {Reason}")]
    private partial void LogFailure(string reason);
}
