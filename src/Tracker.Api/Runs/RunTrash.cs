using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Storage;

namespace Tracker.Api.Runs;

/// <summary>
/// Deletes runs and brings them back. A deleted run takes no more batches and is in no list, but stays whole for <see cref="Keeps"/>; then
/// <see cref="RunRemoval"/> takes its rows away.
/// </summary>
public sealed class RunTrash(NpgsqlDataSource database, RunCatalog catalog, RunGrowth growth, ProjectGrowth projectGrowth, TimeProvider clock)
{
    public static readonly TimeSpan Keeps = TimeSpan.FromDays(7);

    /// <summary>Moves runs of one project to the trash, or, <paramref name="permanently"/>, also what is there already on its way out. Gives the keys of those that changed.</summary>
    public Task<long[]> DeleteAsync(long projectKey, IReadOnlyList<RunRef> runs, bool permanently, CancellationToken cancel) =>
        DeleteAsync(projectKey, [.. runs.Select(run => run.RunKey)], clock.GetUtcNow(), permanently, wholeProject: false, cancel);

    /// <summary>Deletes a project with all its runs; a run that is created in it later makes it anew.</summary>
    public async Task<long[]> DeleteProjectAsync(long projectKey, bool permanently, CancellationToken cancel)
    {
        var keys = await KeysAsync("select run_key from runs where project_key = $1 and purged_at is null", projectKey, cancel);
        return await DeleteAsync(projectKey, keys, clock.GetUtcNow(), permanently, wholeProject: true, cancel);
    }

    /// <summary>Brings a run back from the trash; false when it is not there, or no more.</summary>
    public async Task<bool> RestoreAsync(RunRef run, CancellationToken cancel) => (await RestoreAsync(run.ProjectKey, [run.RunKey], cancel)).Length > 0;

    /// <summary>Brings a project back with the runs that were deleted together with it.</summary>
    public async Task<long[]> RestoreProjectAsync(long projectKey, CancellationToken cancel) => await RestoreAsync(
        projectKey, await KeysAsync("select r.run_key from runs r join projects p using (project_key) where p.project_key = $1 and r.deleted_at = p.deleted_at and r.purged_at is null", projectKey, cancel), cancel);

    private async Task<long[]> DeleteAsync(long projectKey, long[] keys, DateTimeOffset now, bool permanently, bool wholeProject, CancellationToken cancel)
    {
        var purge = (permanently ? now : now + Keeps).ToUniversalTime();
        return await ChangeAsync(projectKey, keys, $"""
            update runs set deleted_at = coalesce(deleted_at, $2), purge_at = least(coalesce(purge_at, $3), $3)
            where run_key = any ($1) and purged_at is null and (deleted_at is null or {(permanently ? "true" : "false")}) returning run_key
            """, "update run_heads set deleted = true, unsettled = false where run_key = any ($1)",
            wholeProject ? "update projects set deleted_at = $2 where project_key = $1" : null, now.ToUniversalTime(), purge, cancel);
    }

    private Task<long[]> RestoreAsync(long projectKey, long[] keys, CancellationToken cancel) => ChangeAsync(projectKey, keys,
        "update runs set deleted_at = null, purge_at = null where run_key = any ($1) and deleted_at is not null and purged_at is null and purge_at > $2 and $3 is not null returning run_key",
        // What its followers had not finished they go on with.
        "update run_heads set deleted = false, unsettled = true where run_key = any ($1)",
        "update projects set deleted_at = null where project_key = $1 and deleted_at <= $2", clock.GetUtcNow().ToUniversalTime(), clock.GetUtcNow().ToUniversalTime(), cancel);

    /// <summary>Heads first, as an append does: what changes runs never waits for another in a ring.</summary>
    private async Task<long[]> ChangeAsync(
        long projectKey, long[] keys, string changeRuns, string changeHeads, string? changeProject, DateTimeOffset now, DateTimeOffset purge, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await ExecuteAsync("select 1 from run_heads where run_key = any ($1) order by run_key for no key update", keys);
        var changed = new List<long>();
        await using (var command = new NpgsqlCommand(changeRuns, connection, transaction))
        {
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = keys });
            command.Parameters.Add(new NpgsqlParameter { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            command.Parameters.Add(new NpgsqlParameter { Value = purge, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel)) changed.Add(reader.GetInt64(0));
        }

        if (changed.Count > 0) await ExecuteAsync(changeHeads, changed.ToArray());
        if (changeProject is not null)
        {
            await using var command = new NpgsqlCommand(changeProject, connection, transaction);
            command.Parameters.AddWithValue(projectKey);
            command.Parameters.Add(new NpgsqlParameter { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await command.ExecuteNonQueryAsync(cancel);
        }

        if (changed.Count > 0)
        {
            var first = await ProjectSequence.NextAsync(connection, transaction, projectKey, changed.Count, cancel);
            await using var number = new NpgsqlCommand(
                "update runs r set project_sequence = $2 + n.place - 1 from unnest($1) with ordinality n (run_key, place) where r.run_key = n.run_key", connection, transaction);
            number.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. changed] });
            number.Parameters.AddWithValue(first);
            await number.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        foreach (var key in changed)
        {
            catalog.Forget(key);
            growth.Raise(key);
        }

        projectGrowth.Raise(projectKey);
        return [.. changed];

        async Task ExecuteAsync(string sql, long[] of)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = of });
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private async Task<long[]> KeysAsync(string sql, long projectKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(projectKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var keys = new List<long>();
        while (await reader.ReadAsync(cancel)) keys.Add(reader.GetInt64(0));
        return [.. keys];
    }
}
