using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Storage;
using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Writes alerts and their deliveries in the transaction that writes the diagnosis: either both are there or neither.</summary>
public sealed class AlertOutbox(AlertChannels channels, AlertSignal signal)
{
    private readonly string[] names = [.. channels.All.Select(channel => channel.Name)];

    /// <summary>
    /// Writes the alert of an event and a delivery for each channel. Call it last in the transaction, since it takes a number of the project's
    /// counter, and call <see cref="Committed"/> after the commit. An event that people need not be told of writes nothing; nor does one that was
    /// written before.
    /// </summary>
    /// <param name="connection">The connection of the transaction.</param>
    /// <param name="transaction">The transaction that writes the diagnosis.</param>
    /// <param name="runKey">Key of the run.</param>
    /// <param name="projectKey">Key of its project.</param>
    /// <param name="runSequence">Sequence of the batch whose folding gave the event.</param>
    /// <param name="change">The event.</param>
    /// <param name="cancel">Cancels.</param>
    /// <returns>Whether an alert was written.</returns>
    public async Task<bool> EnqueueAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, long projectKey, long runSequence, DiagnosisEvent change, CancellationToken cancel)
    {
        if (!change.Notify || await FindRunAsync(connection, transaction, runKey, cancel) is not { } run) return false;
        var diagnosis = change.Diagnosis;
        var body = JsonSerializer.Serialize(AlertMessage.About(diagnosis, run), AlertJson.Readable.AlertMessage);
        var sequence = await ProjectSequence.NextAsync(connection, transaction, projectKey, cancel);
        await using var command = new NpgsqlCommand(
            """
            with alert as (
              insert into alerts (project_key, project_sequence, run_key, id, diagnosis_id, kind, severity, body)
              values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing returning id),
            deliveries as (
              insert into outbox (alert_id, order_key, channel) select id, $9, channel from alert cross join unnest($10) as channel)
            select count(*) from alert
            """, connection, transaction);
        var parameters = command.Parameters;
        parameters.Add(new() { Value = projectKey });
        parameters.Add(new() { Value = sequence });
        parameters.Add(new() { Value = runKey });
        parameters.Add(new() { Value = AlertId.Of(runKey, runSequence, change) });
        parameters.Add(new() { Value = diagnosis.Id });
        parameters.Add(new() { Value = AlertMessage.TypeOf(change.Kind) });
        parameters.Add(new() { Value = (short)diagnosis.Severity });
        parameters.Add(new() { Value = body, NpgsqlDbType = NpgsqlDbType.Jsonb });
        parameters.Add(new() { Value = $"{runKey}/{diagnosis.Id}" });
        parameters.Add(new() { Value = names });
        return (long)(await command.ExecuteScalarAsync(cancel))! > 0;
    }

    /// <summary>Sends at once what the committed transaction wrote. Without this call it leaves within a second.</summary>
    public void Committed() => signal.Raise();

    private static async Task<AlertedRun?> FindRunAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "select r.id, r.name, p.name from runs r join projects p using (project_key) where r.run_key = $1", connection, transaction);
        command.Parameters.Add(new() { Value = runKey });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? new AlertedRun(reader.GetString(0), reader.GetString(1), reader.GetString(2)) : null;
    }
}
