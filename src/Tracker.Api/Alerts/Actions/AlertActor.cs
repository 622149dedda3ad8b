using Npgsql;
using Tracker.Api.Runs;
using Tracker.Api.Storage;

namespace Tracker.Api.Alerts;

/// <summary>Does what a button says: acknowledge, mute, stop.</summary>
public sealed class AlertActor(NpgsqlDataSource database, AlertLists alerts, RunCatalog runs, RunStore store, RunGrowth growth, ProjectGrowth projectGrowth)
{
    /// <summary>One sentence on what was done, or on why not.</summary>
    public async Task<(bool Done, string Sentence)> ActAsync(string action, Guid alertId, string by, CancellationToken cancel)
    {
        if (await alerts.FindAsync(alertId, cancel) is not { } alert) return (false, "This alert is not there any more: its run was deleted.");
        if (action == "stop")
        {
            if (await runs.FindAsync(alert.Data.Run, cancel) is not { } run || await store.StopAsync(run, $"stopped from an alert: {alert.Data.Title}", by, cancel) is not { } stop)
                return (false, $"The run {alert.Data.RunName} is not there any more.");
            return (true, $"The run {alert.Data.RunName} is asked to stop: {stop.Reason}.");
        }

        if (action is not ("acknowledge" or "mute") || alert.Data.Diagnosis is not { } diagnosis) return (false, "There is nothing to do with this alert.");
        return await JudgeAsync(diagnosis, action == "mute" ? "muted" : "acknowledged", by, cancel)
            ? (true, action == "mute" ? $"Muted: no more messages about \"{alert.Data.Title}\" in {alert.Data.RunName}." : $"Acknowledged: \"{alert.Data.Title}\" in {alert.Data.RunName}.")
            : (false, "This diagnosis is not there any more.");
    }

    /// <summary>As the dashboard does: the verdict, and the diagnosis numbered anew in its project, so that open pages see it.</summary>
    private async Task<bool> JudgeAsync(string diagnosis, string verdict, string by, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using var find = new NpgsqlCommand("select run_key, project_key from diagnoses where id = $1 for no key update", connection, transaction);
        find.Parameters.AddWithValue(diagnosis);
        long runKey, projectKey;
        await using (var reader = await find.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel)) return false;
            (runKey, projectKey) = (reader.GetInt64(0), reader.GetInt64(1));
        }

        await using var say = new NpgsqlCommand("""
            insert into verdicts (diagnosis_id, verdict, said_by) values ($1, $2, $3)
            on conflict (diagnosis_id) do update set verdict = excluded.verdict, said_by = excluded.said_by, said_at = now()
            """, connection, transaction);
        say.Parameters.AddWithValue(diagnosis);
        say.Parameters.AddWithValue(verdict);
        say.Parameters.AddWithValue(by);
        await say.ExecuteNonQueryAsync(cancel);
        await using var number = new NpgsqlCommand("update diagnoses set project_sequence = $2 where id = $1", connection, transaction);
        number.Parameters.AddWithValue(diagnosis);
        number.Parameters.AddWithValue(await ProjectSequence.NextAsync(connection, transaction, projectKey, cancel));
        await number.ExecuteNonQueryAsync(cancel);
        await transaction.CommitAsync(cancel);
        growth.Raise(runKey);
        projectGrowth.Raise(projectKey);
        return true;
    }
}
