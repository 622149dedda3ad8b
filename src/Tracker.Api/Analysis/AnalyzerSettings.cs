using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Analysis;

/// <summary>Thresholds of projects and of runs. A change is written to the journal of each run that it concerns, and holds there from that sequence on.</summary>
public sealed class AnalyzerSettings(NpgsqlDataSource database, RunGrowth growth, TimeProvider clock)
{
    /// <summary>What was set for a project, as JSON text; null for nothing.</summary>
    public async Task<string?> OfProjectAsync(long projectKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select options::text from projects where project_key = $1");
        command.Parameters.AddWithValue(projectKey);
        return await command.ExecuteScalarAsync(cancel) as string;
    }

    /// <summary>What was set for a run and for its project.</summary>
    public async Task<(string? Run, string? Project)> OfRunAsync(long runKey, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        return await ReadAsync(connection, null, runKey, cancel);
    }

    public async Task SetRunAsync(RunRef run, string? options, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await LockAsync(connection, transaction, run.RunKey, cancel);
        await WriteAsync(connection, transaction, "update runs set options = $2 where run_key = $1", run.RunKey, options, cancel);
        await TellAsync(connection, transaction, run.RunKey, cancel);
        await transaction.CommitAsync(cancel);
        growth.Raise(run.RunKey);
    }

    /// <summary>Sets a project's thresholds for the runs to come, and for those that are running.</summary>
    public async Task SetProjectAsync(long projectKey, string? options, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await WriteAsync(connection, null, "update projects set options = $2 where project_key = $1", projectKey, options, cancel);
        var running = new List<long>();
        await using (var command = new NpgsqlCommand("select run_key from runs where project_key = $1 and state = 'running' and deleted_at is null order by run_key", connection))
        {
            command.Parameters.AddWithValue(projectKey);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel)) running.Add(reader.GetInt64(0));
        }

        foreach (var run in running)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await LockAsync(connection, transaction, run, cancel);
            await TellAsync(connection, transaction, run, cancel);
            await transaction.CommitAsync(cancel);
            growth.Raise(run);
        }
    }

    private async Task TellAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, CancellationToken cancel)
    {
        var (run, project) = await ReadAsync(connection, transaction, runKey, cancel);
        var data = AnalyzerOptionsJson.Merge(project, run) ?? "{}";
        await ServerEvents.AppendAsync(transaction, runKey, new RunEvent { Kind = "options", Time = clock.GetUtcNow().ToUnixTimeMilliseconds(), Data = data }, cancel);
    }

    private static async Task<(string? Run, string? Project)> ReadAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, long runKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select r.options::text, p.options::text from runs r join projects p using (project_key) where r.run_key = $1", connection, transaction);
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.IsDBNull(0) ? null : reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1)) : (null, null);
    }

    /// <summary>Head first, as an append does: two changes of one run never wait for each other in a ring.</summary>
    private static async Task LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select 1 from run_heads where run_key = $1 for no key update", connection, transaction);
        command.Parameters.AddWithValue(runKey);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static async Task WriteAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, string sql, long key, string? options, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        command.Parameters.AddWithValue(key);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)options ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancel);
    }
}
