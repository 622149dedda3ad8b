using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Storage;
using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>An alert before it is written.</summary>
/// <param name="Id">Made from what it tells, so that it is written once.</param>
/// <param name="Type">One of <see cref="AlertTypes"/>.</param>
/// <param name="RunKey">The run.</param>
/// <param name="ProjectKey">Its project.</param>
/// <param name="Subject">What its messages have in common: they arrive in order, and are changed in place.</param>
/// <param name="Message">What is said.</param>
public sealed record NewAlert(Guid Id, string Type, long RunKey, long ProjectKey, string Subject, AlertMessage Message)
{
    /// <summary>What alerts of one reason share: they may go in one message. Null: it always goes by itself.</summary>
    public string? Reason { get; init; }

    /// <summary>It makes no sound: it changes an earlier message in place where that can be done, and goes to programs.</summary>
    public bool Quiet { get; init; }
}

/// <summary>Writes alerts and their deliveries in the transaction that writes what they tell of: either both are there or neither.</summary>
public sealed class AlertOutbox(AlertRouting routing, AlertSignal signal)
{
    /// <summary>
    /// Writes the alert of an event and a delivery for each channel. Call it last in the transaction, since it takes a number of the project's
    /// counter, and call <see cref="Committed"/> after the commit. An event that people need not be told of writes nothing; nor does one that was
    /// written before, or that is muted. What was acknowledged and is not worse since is told without a sound.
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
        // A resolution is told where the diagnosis was told.
        if (!change.Notify && change.Kind != DiagnosisEventKind.Resolved) return false;
        if (await RoutedRun.FindAsync(connection, transaction, runKey, cancel) is not { } run) return false;
        var diagnosis = change.Diagnosis;
        if (change.Kind == DiagnosisEventKind.Resolved && !await WasToldAsync(connection, transaction, diagnosis.Id, cancel)) return false;
        var said = await Hush.OfAsync(connection, transaction, runKey, projectKey, diagnosis, cancel);
        if (said.Muted) return false;
        var message = AlertMessage.About(diagnosis, run.Run) with { Verdict = said.Verdict, By = said.By };
        return await WriteAsync(connection, transaction, run, new NewAlert(
            AlertId.Of(runKey, runSequence, change), AlertMessage.TypeOf(change.Kind), runKey, projectKey, $"{runKey}/{diagnosis.Id}", message)
        {
            Quiet = said.Acknowledged,
            Reason = change.Kind == DiagnosisEventKind.Raised ? $"{projectKey}/{(diagnosis.Causes.Count > 0 ? diagnosis.Cause : message.Conditions.Count > 0 ? message.Conditions[0] : diagnosis.Title)}" : null,
        }, cancel);
    }

    /// <summary>
    /// Writes what somebody said of an open diagnosis that was told, last in the transaction that writes the verdict: people see it where the message stands.
    /// </summary>
    public async Task JudgeAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, long projectKey, RunDiagnosis diagnosis, string? verdict, string by, CancellationToken cancel)
    {
        if (diagnosis.State != DiagnosisState.Open || !await WasToldAsync(connection, transaction, diagnosis.Id, cancel)) return;
        if (await RoutedRun.FindAsync(connection, transaction, runKey, cancel) is not { } run) return;
        await WriteAsync(connection, transaction, run, new NewAlert(
            Guid.NewGuid(), AlertTypes.DiagnosisJudged, runKey, projectKey, $"{runKey}/{diagnosis.Id}", AlertMessage.About(diagnosis, run.Run) with { Verdict = verdict, By = by })
        { Quiet = true }, cancel);
    }

    /// <summary>Writes an alert and its deliveries, last in the transaction. False when it was written before, or when nobody wants to hear of the run.</summary>
    public async Task<bool> WriteAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, RoutedRun run, NewAlert alert, CancellationToken cancel)
    {
        // Of a diagnosis the mutes of its conditions count too: who writes it has asked.
        if (alert.Message.Diagnosis is null && await Hush.IsMutedAsync(connection, transaction, alert.RunKey, alert.ProjectKey, cancel)) return false;
        var channels = await routing.ChannelsAsync(connection, transaction, run, alert, cancel);
        var body = JsonSerializer.Serialize(alert.Message, AlertJson.Readable.AlertMessage);
        var sequence = await ProjectSequence.NextAsync(connection, transaction, alert.ProjectKey, cancel);
        await using var command = new NpgsqlCommand(
            """
            with alert as (
              insert into alerts (project_key, project_sequence, run_key, id, diagnosis_id, kind, severity, body)
              values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing returning id),
            deliveries as (
              insert into outbox (alert_id, order_key, channel, severity, digest_key, quiet) select id, $9, channel, $7, $11, $12 from alert cross join unnest($10) as channel)
            select count(*) from alert
            """, connection, transaction);
        var parameters = command.Parameters;
        parameters.Add(new() { Value = alert.ProjectKey });
        parameters.Add(new() { Value = sequence });
        parameters.Add(new() { Value = alert.RunKey });
        parameters.Add(new() { Value = alert.Id });
        parameters.Add(Text(alert.Message.Diagnosis));
        parameters.Add(new() { Value = alert.Type });
        parameters.Add(new() { Value = (short)alert.Message.Severity });
        parameters.Add(new() { Value = body, NpgsqlDbType = NpgsqlDbType.Jsonb });
        parameters.Add(new() { Value = alert.Subject });
        parameters.Add(new() { Value = channels });
        parameters.Add(Text(alert.Reason));
        parameters.Add(new() { Value = alert.Quiet });
        return (long)(await command.ExecuteScalarAsync(cancel))! > 0;
    }

    /// <summary>Sends at once what the committed transaction wrote. Without this call it leaves within a second.</summary>
    public void Committed() => signal.Raise();

    private static async Task<bool> WasToldAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string diagnosis, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select 1 from alerts where diagnosis_id = $1 limit 1", connection, transaction);
        command.Parameters.AddWithValue(diagnosis);
        return await command.ExecuteScalarAsync(cancel) is not null;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
