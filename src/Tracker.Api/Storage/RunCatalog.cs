using System.Collections.Concurrent;
using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>What every part needs to know of a run: its internal key, never reused, and where it belongs.</summary>
public sealed record RunRef(long RunKey, long ProjectKey, string Id, string Project);

/// <summary>
/// Finds runs by id. What it keeps never changes while a run lives; a deletion by another node is found out by the append, and by reads within
/// some seconds, after which each entry is asked for again.
/// </summary>
public sealed class RunCatalog(NpgsqlDataSource database, TimeProvider clock)
{
    private const int Capacity = 50_000;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, (RunRef Run, long At)> known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, (RunRef Run, long At)> knownByKey = new();

    public async ValueTask<RunRef?> FindAsync(string runId, CancellationToken cancel)
    {
        if (known.TryGetValue(runId, out var entry) && clock.GetElapsedTime(entry.At) < Fresh) return entry.Run;
        await using var command = database.CreateCommand(
            "select r.run_key, r.project_key, r.id, p.name from runs r join projects p using (project_key) where r.id = $1 and r.deleted_at is null");
        command.Parameters.AddWithValue(runId);
        return await ReadAsync(command, cancel);
    }

    public async ValueTask<RunRef?> FindAsync(long runKey, CancellationToken cancel)
    {
        if (knownByKey.TryGetValue(runKey, out var entry) && clock.GetElapsedTime(entry.At) < Fresh) return entry.Run;
        await using var command = database.CreateCommand(
            "select r.run_key, r.project_key, r.id, p.name from runs r join projects p using (project_key) where r.run_key = $1 and r.deleted_at is null");
        command.Parameters.AddWithValue(runKey);
        return await ReadAsync(command, cancel);
    }

    /// <summary>Whether a run of this id was there and was deleted.</summary>
    public async Task<bool> WasDeletedAsync(string runId, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select 1 from runs where id = $1 and deleted_at is not null");
        command.Parameters.AddWithValue(runId);
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    /// <summary>A deleted run that can still be brought back; null when there is none of this id.</summary>
    public async Task<RunRef?> FindInTrashAsync(string runId, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "select r.run_key, r.project_key, r.id, p.name from runs r join projects p using (project_key) where r.id = $1 and r.deleted_at is not null and r.purged_at is null");
        command.Parameters.AddWithValue(runId);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new RunRef(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3)) : null;
    }

    /// <summary>Forgets a run that was deleted.</summary>
    public void Forget(RunRef run)
    {
        known.TryRemove(run.Id, out _);
        knownByKey.TryRemove(run.RunKey, out _);
    }

    /// <summary>Forgets a run that was deleted or brought back.</summary>
    public void Forget(long runKey)
    {
        if (knownByKey.TryGetValue(runKey, out var entry)) Forget(entry.Run);
    }

    private async Task<RunRef?> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return null;
        var run = new RunRef(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3));
        if (known.Count >= Capacity)
        {
            known.Clear();
            knownByKey.Clear();
        }

        known[run.Id] = knownByKey[run.RunKey] = (run, clock.GetTimestamp());
        return run;
    }
}
