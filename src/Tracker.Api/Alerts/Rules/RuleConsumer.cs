using System.Text.Json;
using Npgsql;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Api.Storage.Following;
using Tracker.Core.Alerts;
using Tracker.Core.Alerts.Rules;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Alerts;

public sealed class RuleConsumerFactory(NpgsqlDataSource database, AlertOutbox outbox, RuleBook book, RunGrowth growth, ProjectGrowth projectGrowth, TimeProvider clock) : IJournalConsumerFactory
{
    public IJournalConsumer Create(RunRef run) => new RuleConsumer(run, database, outbox, book, growth, projectGrowth, clock);
}

/// <summary>
/// Folds a run's journal through the threshold rules of its project and takes up its code alerts. Alerts and stop flags are written in the transaction that
/// moves the cursor. A rule counts from the batch at which it was first seen; the saved state remembers that.
/// </summary>
public sealed class RuleConsumer(RunRef run, NpgsqlDataSource database, AlertOutbox outbox, RuleBook book, RunGrowth growth, ProjectGrowth projectGrowth, TimeProvider clock) : IJournalConsumer
{
    private static readonly TimeSpan SavePause = TimeSpan.FromMinutes(1);

    private readonly CodeAlerts code = new();
    private RuleFold rules = new();
    private long cursor;
    private long folded;
    private long saved;
    private long savedAt;

    public string Name => "rules";

    public async Task<long> OpenAsync(CancellationToken cancel)
    {
        var (sequence, state, stateSequence) = await Cursors.OpenAsync(database, run.RunKey, Name, cancel);
        cursor = sequence;
        savedAt = clock.GetTimestamp();
        // Without a state nothing was followed up to the cursor.
        (rules, folded) = state is null ? (new RuleFold(), sequence) : (RuleFold.Load(state), stateSequence);
        saved = folded;
        return folded;
    }

    public async Task TakeAsync(IReadOnlyList<StoredBatch> batches, CancellationToken cancel)
    {
        var adopted = rules.Follow(book.ActiveOf(run.ProjectKey));
        var findings = new List<RuleFinding>();
        var told = new List<(long Sequence, CodeAlert Alert)>();
        foreach (var batch in batches)
        {
            foreach (var finding in rules.Fold(batch))
            {
                if (batch.Sequence > cursor) findings.Add(finding);
            }

            if (batch.Sequence > cursor) told.AddRange(code.Take(batch.Batch).Select(alert => (batch.Sequence, alert)));
            folded = batch.Sequence;
        }

        if (findings.Count > 0 || told.Count > 0) await WriteAsync(findings, told, cancel);
        else if (adopted && folded > saved) await SaveAsync(cancel);
    }

    public async Task<bool> FlushAsync(bool everything, CancellationToken cancel)
    {
        if (folded > saved && folded >= cursor && (everything || clock.GetElapsedTime(savedAt) >= SavePause)) await SaveAsync(cancel);
        return true;
    }

    private async Task SaveAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await MoveAsync(connection, transaction, cancel);
        await transaction.CommitAsync(cancel);
        Moved();
    }

    private Task MoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancel) =>
        Cursors.SaveAsync(connection, transaction, run.RunKey, Name, cursor, Math.Max(cursor, folded), rules.Save(), cancel);

    private void Moved()
    {
        cursor = saved = Math.Max(cursor, folded);
        savedAt = clock.GetTimestamp();
    }

    private async Task WriteAsync(List<RuleFinding> findings, List<(long Sequence, CodeAlert Alert)> told, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await MoveAsync(connection, transaction, cancel);
        if (await RoutedRun.FindAsync(connection, transaction, run.RunKey, cancel) is { } routed)
        {
            var alerts = new List<NewAlert>();
            foreach (var finding in findings) alerts.AddRange(await AlertsOfAsync(connection, transaction, routed, finding, cancel));
            alerts.AddRange(told.Select(entry => Of(routed, entry.Sequence, entry.Alert)));
            // Last: the alerts take numbers of the project's counter.
            foreach (var alert in alerts) await outbox.WriteAsync(connection, transaction, routed, alert, cancel);
        }

        await transaction.CommitAsync(cancel);
        Moved();
        outbox.Committed();
        growth.Raise(run.RunKey);
        projectGrowth.Raise(run.ProjectKey);
    }

    private async Task<List<NewAlert>> AlertsOfAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, RoutedRun routed, RuleFinding finding, CancellationToken cancel)
    {
        if (finding.RuleId == RuleBook.NanRule)
        {
            if (!finding.Event.Raised || book.StopsOf(run.ProjectKey).NanSteps is not { } steps) return [];
            return await StopAsync(connection, transaction, routed, finding, $"{finding.Event.Series} was not finite for {steps} steps", "rule: stop on NaN", cancel) is { } stopped ? [stopped] : [];
        }

        if (book.Of(run.ProjectKey).FirstOrDefault(rule => rule.Id == finding.RuleId) is not { } stored) return [];
        var alerts = new List<NewAlert> { Of(routed, finding, stored) };
        if (stored.Stop && finding.Event.Raised
            && await StopAsync(connection, transaction, routed, finding, $"rule {stored.Name}: {stored.Expression}", $"rule: {stored.Name}", cancel) is { } ended) alerts.Add(ended);
        return alerts;
    }

    private NewAlert Of(RoutedRun routed, RuleFinding finding, StoredRule stored)
    {
        var (happened, rule) = (finding.Event, stored.Parsed!);
        var type = happened.Raised ? AlertTypes.RuleRaised : AlertTypes.RuleResolved;
        return new NewAlert(AlertId.Of(run.RunKey, finding.Sequence, $"{type} {stored.Id} {happened.Series} {happened.Step}"), type, run.RunKey, run.ProjectKey,
            $"{run.RunKey}/{stored.Id}/{happened.Series}", RuleMessage.Of(routed.Run, stored, rule, happened))
        {
            Reason = happened.Raised ? $"{run.ProjectKey}/{stored.Id}" : null,
        };
    }

    private NewAlert Of(RoutedRun routed, long sequence, CodeAlert alert) => new(
        AlertId.Of(run.RunKey, sequence, $"code {alert.Title} {alert.Step} {alert.Number}"), AlertTypes.CodeAlert, run.RunKey, run.ProjectKey, $"{run.RunKey}/code/{alert.Title}", new AlertMessage
        {
            Severity = alert.Severity,
            Project = routed.Run.Project,
            Run = routed.Run.Id,
            RunName = routed.Run.Name,
            Title = alert.Title,
            Symptom = alert.Text,
            OnsetStep = alert.Step,
            Step = alert.Step,
        })
    {
        Reason = $"{run.ProjectKey}/code/{alert.Title}",
    };

    /// <summary>Sets the stop flag, where it is not set and the run has not ended; the head before the counter, as everyone.</summary>
    private async Task<NewAlert?> StopAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, RoutedRun routed, RuleFinding finding, string reason, string by, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            update run_heads h set stop_reason = $2, stop_by = $3, stop_at = clock_timestamp() from runs r
            where h.run_key = $1 and r.run_key = h.run_key and h.stop_reason is null and not h.deleted and r.state in ('running', 'lost')
            """, connection, transaction);
        command.Parameters.AddWithValue(run.RunKey);
        command.Parameters.AddWithValue(reason);
        command.Parameters.AddWithValue(by);
        if (await command.ExecuteNonQueryAsync(cancel) == 0) return null;
        await using var touch = new NpgsqlCommand("update runs set project_sequence = tracker_next_number(project_key) where run_key = $1", connection, transaction);
        touch.Parameters.AddWithValue(run.RunKey);
        await touch.ExecuteNonQueryAsync(cancel);
        return StopMessage.Of(routed, run.RunKey, run.ProjectKey, finding.Sequence, finding.Event.Step, finding.Event.OnsetStep, reason, by);
    }
}
