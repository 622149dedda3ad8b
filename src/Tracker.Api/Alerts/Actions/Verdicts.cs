using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Notes what people say of diagnoses, from wherever they say it, and shows it in the messages that stand somewhere.</summary>
public sealed class Verdicts(NpgsqlDataSource database, AlertOutbox outbox, RunGrowth growth, ProjectGrowth projectGrowth)
{
    /// <summary>
    /// Notes a verdict, or takes it back when it is null, and numbers the diagnosis anew in its project, so that open pages see it. How bad it is now is kept with it: who
    /// acknowledged it is told again when it gets worse. The same verdict once more changes nothing.
    /// </summary>
    /// <returns>False when there is no such diagnosis.</returns>
    public async Task<bool> SayAsync(string diagnosis, string? verdict, string by, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await FindAsync(connection, transaction, diagnosis, cancel) is not { } found) return false;
        await using (var say = new NpgsqlCommand(verdict is null
            ? "delete from verdicts where diagnosis_id = $1"
            : """
              insert into verdicts as v (diagnosis_id, verdict, said_by, severity) select id, $2, $3, severity from diagnoses where id = $1
              on conflict (diagnosis_id) do update set verdict = excluded.verdict, said_by = excluded.said_by, severity = excluded.severity, said_at = now()
              where (v.verdict, v.severity) is distinct from (excluded.verdict, excluded.severity)
              """, connection, transaction))
        {
            say.Parameters.AddWithValue(diagnosis);
            if (verdict is not null)
            {
                say.Parameters.AddWithValue(verdict);
                say.Parameters.AddWithValue(by);
            }

            if (await say.ExecuteNonQueryAsync(cancel) == 0) return true;
        }

        await using (var number = new NpgsqlCommand("update diagnoses set project_sequence = $2 where id = $1", connection, transaction))
        {
            number.Parameters.AddWithValue(diagnosis);
            number.Parameters.AddWithValue(await ProjectSequence.NextAsync(connection, transaction, found.ProjectKey, cancel));
            await number.ExecuteNonQueryAsync(cancel);
        }

        if (found.Body is { } body) await outbox.JudgeAsync(connection, transaction, found.RunKey, found.ProjectKey, body, verdict, by, cancel);
        await transaction.CommitAsync(cancel);
        outbox.Committed();
        growth.Raise(found.RunKey);
        projectGrowth.Raise(found.ProjectKey);
        return true;
    }

    private static async Task<(long RunKey, long ProjectKey, RunDiagnosis? Body)?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string diagnosis, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select run_key, project_key, body::text from diagnoses where id = $1 for no key update", connection, transaction);
        command.Parameters.Add(new() { Value = diagnosis, NpgsqlDbType = NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt64(0), reader.GetInt64(1), JsonSerializer.Deserialize<RunDiagnosis>(reader.GetString(2), DiagnosisJson.Options)) : null;
    }
}
