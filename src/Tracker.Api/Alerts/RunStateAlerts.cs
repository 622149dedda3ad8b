using System.Globalization;
using Npgsql;
using Tracker.Api.Runs;
using Tracker.Core.Alerts;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Tells of changes of state: lost contact and failure as bad news, a return where the loss was told, an end and a kill to those who ask for them.</summary>
public sealed class RunStateAlerts(AlertOutbox outbox) : IRunStateWatcher
{
    public async Task ChangedAsync(NpgsqlTransaction transaction, RunStateChange change, CancellationToken cancel)
    {
        var connection = transaction.Connection!;
        if (await RoutedRun.FindAsync(connection, transaction, change.RunKey, cancel) is not { } run) return;
        var (type, severity, title, symptom, advice) = Describe(change);
        await outbox.WriteAsync(connection, transaction, run, new NewAlert(AlertId.Of(change.RunKey, change.Sequence, type), type, change.RunKey, change.ProjectKey, $"{change.RunKey}/contact", new AlertMessage
        {
            Severity = severity,
            Project = run.Run.Project,
            Run = run.Run.Id,
            RunName = run.Run.Name,
            Title = title,
            Symptom = symptom,
            OnsetStep = 0,
            Step = await LastStepAsync(connection, transaction, change.RunKey, cancel),
            Prescriptions = advice,
            State = change.State,
            ExitCode = change.ExitCode,
        })
        {
            // A machine that dies takes all its runs along, and a sweep with a typing error fails as one.
            Reason = change.State switch
            {
                "lost" or "running" => $"{change.ProjectKey}/{change.State}",
                "failed" => string.Create(CultureInfo.InvariantCulture, $"{change.ProjectKey}/failed/{change.ExitCode}"),
                _ => null,
            },
        }, cancel);
    }

    public void Committed() => outbox.Committed();

    private static (string Type, Severity Severity, string Title, string Symptom, string[] Advice) Describe(RunStateChange change)
    {
        var code = change.ExitCode is { } exit ? string.Create(CultureInfo.InvariantCulture, $" with exit code {exit}") : "";
        var silence = change.Silence is { } time ? Words(time) : "a while";
        return change.State switch
        {
            "lost" => (AlertTypes.RunLost, Severity.High, "Contact with the run is lost",
                $"Nothing was heard of the run for {silence}: no points and no sign of life.",
                ["See whether its machine and process live.", "If it was killed, look for an out-of-memory kill in the machine's log.", "When it speaks again it goes on by itself."]),
            "running" => (AlertTypes.RunReturned, Severity.High, "The run is back", $"Its writer speaks again after {silence}.", []),
            "failed" => (AlertTypes.RunFailed, Severity.High, "The run failed", $"Its process ended{code}.", ["Read the end of its console log."]),
            "killed" => (AlertTypes.RunKilled, Severity.Info, "The run was killed", $"Its process was ended from outside{code}.", []),
            _ => (AlertTypes.RunFinished, Severity.Info, "The run finished", $"Its process ended{code}.", []),
        };
    }

    private static string Words(TimeSpan time) => time.TotalSeconds < 120 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : time.TotalMinutes < 120 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min") : string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.#} h");

    private static async Task<long> LastStepAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select last_step from run_steps where run_key = $1", connection, transaction);
        command.Parameters.AddWithValue(runKey);
        return await command.ExecuteScalarAsync(cancel) as long? ?? 0;
    }
}
