using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Alerts;
using Tracker.Api.Storage;
using Tracker.Api.Storage.Following;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Analysis;

public sealed class AnalyzerConsumerFactory(NpgsqlDataSource database, AlertOutbox outbox, RunGrowth growth, ProjectGrowth projectGrowth, TimeProvider clock,
    ILogger<AnalyzerConsumer> log) : IJournalConsumerFactory
{
    public IJournalConsumer Create(RunRef run) => new AnalyzerConsumer(run, database, outbox, growth, projectGrowth, clock, log);
}

/// <summary>
/// Folds a run's journal through the analyzer. Diagnoses, signals, alerts and deliveries are written in the transaction that moves the cursor;
/// what was written up to the cursor is not written again, whatever has to be folded anew after a restart.
/// </summary>
public sealed partial class AnalyzerConsumer(RunRef run, NpgsqlDataSource database, AlertOutbox outbox, RunGrowth growth, ProjectGrowth projectGrowth,
    TimeProvider clock, ILogger log) : IJournalConsumer
{
    private static readonly TimeSpan SavePause = TimeSpan.FromMinutes(1);

    private RunAnalyzer analyzer = new(run.Id);
    private long cursor;
    private long folded;
    private long saved;
    private long savedAt;

    public string Name => "analyzer";

    public async Task<long> OpenAsync(CancellationToken cancel)
    {
        var (sequence, state, stateSequence) = await Cursors.OpenAsync(database, run.RunKey, Name, cancel);
        cursor = sequence;
        savedAt = clock.GetTimestamp();
        (analyzer, folded) = Load(state, stateSequence);
        saved = folded;
        return folded;
    }

    public async Task TakeAsync(IReadOnlyList<StoredBatch> batches, CancellationToken cancel)
    {
        var changes = new List<(long Sequence, DiagnosisEvent Change)>();
        foreach (var batch in batches)
        {
            var happened = analyzer.Fold(batch);
            folded = batch.Sequence;
            if (batch.Sequence > cursor) changes.AddRange(happened.Select(change => (batch.Sequence, change)));
        }

        if (changes.Count > 0) await WriteAsync(changes, cancel);
    }

    public async Task<bool> FlushAsync(bool everything, CancellationToken cancel)
    {
        if (folded > saved && folded >= cursor && (everything || clock.GetElapsedTime(savedAt) >= SavePause))
        {
            await using var connection = await database.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await Cursors.SaveAsync(connection, transaction, run.RunKey, Name, cursor, folded, analyzer.Save(), cancel);
            await transaction.CommitAsync(cancel);
            cursor = saved = folded;
            savedAt = clock.GetTimestamp();
        }

        return true;
    }

    /// <summary>The saved state, or a fresh analyzer that folds the run from its beginning when there is none or another version wrote it.</summary>
    private (RunAnalyzer Analyzer, long Sequence) Load(byte[]? state, long sequence)
    {
        if (state is null) return (new RunAnalyzer(run.Id), 0);
        if (RunAnalyzer.Load(run.Id, state) is { } loaded) return (loaded, sequence);
        LogRefold(run.Id, sequence);
        return (new RunAnalyzer(run.Id), 0);
    }

    private async Task WriteAsync(List<(long Sequence, DiagnosisEvent Change)> changes, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await Cursors.MoveAsync(connection, transaction, run.RunKey, Name, cursor, folded, cancel);
        var latest = changes.GroupBy(change => change.Change.Diagnosis.Id, StringComparer.Ordinal).Select(group => group.Last()).ToList();
        foreach (var (_, change) in latest) await WriteSignalsAsync(connection, transaction, change.Diagnosis, cancel);
        await LockAsync(connection, transaction, [.. latest.Select(change => change.Change.Diagnosis.Id)], cancel);
        var number = await ProjectSequence.NextAsync(connection, transaction, run.ProjectKey, latest.Count, cancel);
        foreach (var (sequence, change) in latest) await WriteDiagnosisAsync(connection, transaction, change.Diagnosis, sequence, number++, cancel);
        foreach (var (sequence, change) in changes) await outbox.EnqueueAsync(connection, transaction, run.RunKey, run.ProjectKey, sequence, change, cancel);
        await transaction.CommitAsync(cancel);
        cursor = folded;
        outbox.Committed();
        growth.Raise(run.RunKey);
        projectGrowth.Raise(run.ProjectKey);
        foreach (var (_, change) in changes) LogChange(run.Id, change.Kind, change.Diagnosis.Cause, change.Diagnosis.Severity);
    }

    /// <summary>Rows before the counter, as for everyone who writes them: a person's verdict at the same moment waits, in no ring.</summary>
    private static async Task LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] ids, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select 1 from diagnoses where id = any ($1) order by id for no key update", connection, transaction);
        command.Parameters.AddWithValue(ids);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task WriteDiagnosisAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, RunDiagnosis diagnosis, long sequence, long projectSequence, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            insert into diagnoses (id, run_key, project_key, project_sequence, run_sequence, state, severity, cause, onset_step, step, body)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            on conflict (id) do update set project_sequence = excluded.project_sequence, run_sequence = excluded.run_sequence, state = excluded.state,
              severity = excluded.severity, cause = excluded.cause, onset_step = excluded.onset_step, step = excluded.step, body = excluded.body, updated_at = now()
            """, connection, transaction);
        command.Parameters.AddWithValue(diagnosis.Id);
        command.Parameters.AddWithValue(run.RunKey);
        command.Parameters.AddWithValue(run.ProjectKey);
        command.Parameters.AddWithValue(projectSequence);
        command.Parameters.AddWithValue(sequence);
        command.Parameters.AddWithValue(diagnosis.State == DiagnosisState.Open ? "open" : "resolved");
        command.Parameters.AddWithValue((short)diagnosis.Severity);
        command.Parameters.AddWithValue(diagnosis.Cause);
        command.Parameters.AddWithValue(diagnosis.OnsetStep);
        command.Parameters.AddWithValue(diagnosis.Step);
        command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(diagnosis, DiagnosisJson.Options));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task WriteSignalsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, RunDiagnosis diagnosis, CancellationToken cancel)
    {
        // The diagnosis may be new: its row comes in the same transaction, and the reference is checked at the commit.
        foreach (var signal in diagnosis.Signals)
        {
            await using var command = new NpgsqlCommand("""
                insert into signals (run_key, diagnosis_id, signal_id, series, severity, step, onset_step, active, body)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (run_key, diagnosis_id, signal_id, series, onset_step)
                do update set severity = excluded.severity, step = excluded.step, active = excluded.active, body = excluded.body
                """, connection, transaction);
            command.Parameters.AddWithValue(run.RunKey);
            command.Parameters.AddWithValue(diagnosis.Id);
            command.Parameters.AddWithValue(signal.Id);
            command.Parameters.AddWithValue(signal.Series);
            command.Parameters.AddWithValue((short)signal.Severity);
            command.Parameters.AddWithValue(signal.Step);
            command.Parameters.AddWithValue(signal.OnsetStep);
            command.Parameters.AddWithValue(signal.Active);
            command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(signal, DiagnosisJson.Options));
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    [LoggerMessage(4001, LogLevel.Information, "Run {Run}: {Kind} {Cause}, {Severity}")]
    private partial void LogChange(string run, DiagnosisEventKind kind, string cause, Severity severity);

    [LoggerMessage(4002, LogLevel.Warning, "The analyzer's state of run {Run} at sequence {Sequence} is of another version: the run is folded anew")]
    private partial void LogRefold(string run, long sequence);
}
