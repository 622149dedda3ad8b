using System.Collections.Frozen;
using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Storage;

/// <summary>
/// What the runs of each project take, measured in the background and kept with the project, so that a list of projects costs nothing; and which projects
/// have reached their quota, so that an append need not ask. Both are at most about a minute old.
/// </summary>
public sealed partial class ProjectSizes(NpgsqlDataSource database, TimeProvider clock, ILogger<ProjectSizes> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(60);

    private readonly SemaphoreSlim changed = new(0, 1);
    private volatile FrozenDictionary<long, long> full = FrozenDictionary<long, long>.Empty;

    /// <summary>The quota in bytes that a project has reached; null while it has room.</summary>
    public long? ReachedQuota(long projectKey) => full.TryGetValue(projectKey, out var quota) ? quota : null;

    /// <param name="projectKey">The project.</param>
    /// <param name="bytes">Most bytes that its runs may take; null for no quota.</param>
    /// <param name="cancel">Ends it early.</param>
    public async Task SetQuotaAsync(long projectKey, long? bytes, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update projects set quota_bytes = $2 where project_key = $1");
        command.Parameters.AddWithValue(projectKey);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)bytes ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        await command.ExecuteNonQueryAsync(cancel);
        await ReadQuotasAsync(cancel);
        Refresh();
    }

    /// <summary>Measures soon.</summary>
    public void Refresh()
    {
        lock (changed)
        {
            if (changed.CurrentCount == 0) changed.Release();
        }
    }

    /// <summary>Measures now. Sizes are those of the stored values: a pass over the rows, not over their bytes.</summary>
    public async Task MeasureAsync(CancellationToken cancel)
    {
        await using (var command = database.CreateCommand("""
            with parts as (
              select run_key, sum(pg_column_size(data) + 100) as bytes from chunks group by run_key
              union all select run_key, sum(pg_column_size(data) + 60) from journal group by run_key
              union all select run_key, sum(coalesce(pg_column_size(data), 0) + 90) from events group by run_key
              union all select run_key, count(*) * 160 from summaries group by run_key),
            sizes as (select r.project_key, sum(parts.bytes)::bigint as bytes from parts join runs r using (run_key) group by r.project_key)
            update projects p set bytes = coalesce(s.bytes, 0), measured_at = now()
            from projects q left join sizes s using (project_key) where q.project_key = p.project_key and p.bytes <> coalesce(s.bytes, 0)
            """))
        {
            command.CommandTimeout = 0;
            await command.ExecuteNonQueryAsync(cancel);
        }

        await ReadQuotasAsync(cancel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var began = clock.GetTimestamp();
            try
            {
                await MeasureAsync(stoppingToken);
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException or IOException)
            {
                LogFailure(error.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }

            // However large the store is, measuring takes a twentieth of one connection's time.
            var pause = TimeSpan.FromTicks(Math.Max(Pause.Ticks, clock.GetElapsedTime(began).Ticks * 20));
            try
            {
                await changed.WaitAsync(pause, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ReadQuotasAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select project_key, quota_bytes from projects where bytes >= quota_bytes");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var reached = new Dictionary<long, long>();
        while (await reader.ReadAsync(cancel)) reached[reader.GetInt64(0)] = reader.GetInt64(1);
        full = reached.ToFrozenDictionary();
    }

    [LoggerMessage(2032, LogLevel.Warning, "The sizes of projects are measured again later: {Reason}")]
    private partial void LogFailure(string reason);
}
