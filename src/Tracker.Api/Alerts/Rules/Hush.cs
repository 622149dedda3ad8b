using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>What people said about being told of a diagnosis.</summary>
/// <param name="Muted">Nothing is told: it was muted or called wrong, or a mute of its run, its project or its conditions is in force.</param>
/// <param name="Acknowledged">Somebody knows of it, and it is not worse since: it is told without a sound.</param>
/// <param name="Verdict">What was said of it, where that still counts.</param>
/// <param name="By">Who said so.</param>
public readonly record struct Hush(bool Muted, bool Acknowledged, string? Verdict, string? By)
{
    public static async Task<Hush> OfAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, long projectKey, RunDiagnosis diagnosis, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            select v.verdict, v.said_by, v.severity, coalesce(tracker_muted(d), false) or tracker_mutes($2, $3, null)
            from (values ($1)) asked (id) left join diagnoses d on d.id = asked.id left join verdicts v on v.diagnosis_id = asked.id
            """, connection, transaction);
        command.Parameters.AddWithValue(diagnosis.Id);
        command.Parameters.AddWithValue(projectKey);
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        await reader.ReadAsync(cancel);
        var (verdict, by, muted) = (Text(0), Text(1), reader.GetBoolean(3));
        if (muted || verdict is "muted" or "wrong") return new Hush(true, false, null, null);
        var worse = !reader.IsDBNull(2) && (short)diagnosis.Severity > reader.GetInt16(2);
        // Who said something of less does not know of this.
        return verdict is null || worse ? default : new Hush(false, verdict == "acknowledged", verdict, by);

        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
    }

    /// <summary>Whether a mute of everything is in force for a run or its project.</summary>
    public static async Task<bool> IsMutedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, long projectKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select tracker_mutes($1, $2, null)", connection, transaction);
        command.Parameters.Add(new() { Value = projectKey, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.Add(new() { Value = runKey, NpgsqlDbType = NpgsqlDbType.Bigint });
        return (bool)(await command.ExecuteScalarAsync(cancel))!;
    }
}
