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

    /// <summary>How long a change that nobody is told of may wait for others, in one transaction with them.</summary>
    private static readonly TimeSpan WritePause = TimeSpan.FromSeconds(1);

    private readonly List<(long Sequence, DiagnosisEvent Change)> pending = [];
    private readonly Dictionary<string, IReadOnlyList<Signal>> written = new(StringComparer.Ordinal);
    private long pendingSince;

    private RunAnalyzer analyzer = new(run.Id);
    private long cursor;
    private long folded;
    private long saved;
    private long savedAt;

    public string Name => "analyzer";

    public async Task<long> OpenAsync(CancellationToken cancel)
    {
        pending.Clear();
        written.Clear();
        var (sequence, state, stateSequence) = await Cursors.OpenAsync(database, run.RunKey, Name, cancel);
        cursor = sequence;
        savedAt = clock.GetTimestamp();
        (analyzer, folded) = Load(state, stateSequence);
        saved = folded;
        return folded;
    }

    public async Task TakeAsync(IReadOnlyList<StoredBatch> batches, CancellationToken cancel)
    {
        var urgent = false;
        foreach (var batch in batches)
        {
            var happened = analyzer.Fold(batch);
            folded = batch.Sequence;
            if (batch.Sequence <= cursor) continue;
            foreach (var change in happened)
            {
                if (pending.Count == 0) pendingSince = clock.GetTimestamp();
                pending.Add((batch.Sequence, change));
                urgent |= change.Notify || change.Kind != DiagnosisEventKind.Updated;
            }
        }

        if (urgent || IsDue) await WriteAsync(cancel);
    }

    public async Task<bool> FlushAsync(bool everything, CancellationToken cancel)
    {
        if (pending.Count > 0 && (everything || IsDue)) await WriteAsync(cancel);
        if (pending.Count == 0 && folded > saved && folded >= cursor && (everything || clock.GetElapsedTime(savedAt) >= SavePause))
        {
            await using var connection = await database.OpenConnectionAsync(cancel);
            await using var transaction = await connection.BeginTransactionAsync(cancel);
            await Cursors.SaveAsync(connection, transaction, run.RunKey, Name, cursor, folded, analyzer.Save(), cancel);
            await transaction.CommitAsync(cancel);
            cursor = saved = folded;
            savedAt = clock.GetTimestamp();
        }

        return pending.Count == 0;
    }

    private bool IsDue => pending.Count > 0 && clock.GetElapsedTime(pendingSince) >= WritePause;

    /// <summary>The saved state, or a fresh analyzer that folds the run from its beginning when there is none or another version wrote it.</summary>
    private (RunAnalyzer Analyzer, long Sequence) Load(byte[]? state, long sequence)
    {
        if (state is null) return (Fresh(), 0);
        if (RunAnalyzer.Load(run.Id, state, null, AnalyzerOptionsJson.Parse) is { } loaded) return (loaded, sequence);
        LogRefold(run.Id, sequence);
        return (Fresh(), 0);
    }

    private RunAnalyzer Fresh() => new(run.Id, null, AnalyzerOptionsJson.Parse);

    /// <summary>
    /// Writes what is pending and moves the cursor. A cursor that another node has moved leaves nothing behind: the follower drops this consumer's
    /// memory and opens it anew.
    /// </summary>
    private async Task WriteAsync(CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await Cursors.MoveAsync(connection, transaction, run.RunKey, Name, cursor, folded, cancel);
        var latest = pending.GroupBy(change => change.Change.Diagnosis.Id, StringComparer.Ordinal).Select(group => group.Last()).ToList();
        await using (var signals = new NpgsqlBatch(connection, transaction))
        {
            foreach (var (_, change) in latest) AddSignals(signals, change.Diagnosis);
            if (signals.BatchCommands.Count > 0) await signals.ExecuteNonQueryAsync(cancel);
        }

        await LockAsync(connection, transaction, [.. latest.Select(change => change.Change.Diagnosis.Id)], cancel);
        var number = await ProjectSequence.NextAsync(connection, transaction, run.ProjectKey, latest.Count, cancel);
        await using (var diagnoses = new NpgsqlBatch(connection, transaction))
        {
            foreach (var (sequence, change) in latest) diagnoses.BatchCommands.Add(Row(change.Diagnosis, sequence, number++));
            await diagnoses.ExecuteNonQueryAsync(cancel);
        }

        foreach (var (sequence, change) in pending) await outbox.EnqueueAsync(connection, transaction, run.RunKey, run.ProjectKey, sequence, change, cancel);
        await transaction.CommitAsync(cancel);
        cursor = folded;
        foreach (var (_, change) in latest) written[change.Diagnosis.Id] = change.Diagnosis.Signals;
        foreach (var (_, change) in pending) LogChange(run.Id, change.Kind, change.Diagnosis.Cause, change.Diagnosis.Severity);
        pending.Clear();
        outbox.Committed();
        growth.Raise(run.RunKey);
        projectGrowth.Raise(run.ProjectKey);
    }

    /// <summary>Rows before the counter, as for everyone who writes them: a person's verdict at the same moment waits, in no ring.</summary>
    private static async Task LockAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] ids, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("select 1 from diagnoses where id = any ($1) order by id for no key update", connection, transaction);
        command.Parameters.AddWithValue(ids);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private NpgsqlBatchCommand Row(RunDiagnosis diagnosis, long sequence, long projectSequence) => new("""
        insert into diagnoses (id, run_key, project_key, project_sequence, run_sequence, state, severity, cause, onset_step, step, body)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (id) do update set project_sequence = excluded.project_sequence, run_sequence = excluded.run_sequence, state = excluded.state,
          severity = excluded.severity, cause = excluded.cause, onset_step = excluded.onset_step, step = excluded.step, body = excluded.body, updated_at = now()
        """)
    {
        Parameters =
        {
            new() { Value = diagnosis.Id },
            new() { Value = run.RunKey },
            new() { Value = run.ProjectKey },
            new() { Value = projectSequence },
            new() { Value = sequence },
            new() { Value = diagnosis.State == DiagnosisState.Open ? "open" : "resolved" },
            new() { Value = (short)diagnosis.Severity },
            new() { Value = diagnosis.Cause },
            new() { Value = diagnosis.OnsetStep },
            new() { Value = diagnosis.Step },
            new() { Value = JsonSerializer.Serialize(diagnosis, DiagnosisJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb },
        },
    };

    /// <summary>
    /// The signals that changed since they were written last; all of them after a restart. The diagnosis may be new: its row comes in the same
    /// transaction, and the reference is checked at the commit.
    /// </summary>
    private void AddSignals(NpgsqlBatch batch, RunDiagnosis diagnosis)
    {
        var before = written.GetValueOrDefault(diagnosis.Id, []);
        foreach (var signal in diagnosis.Signals)
        {
            if (before.Any(known => ReferenceEquals(known, signal))) continue;
            batch.BatchCommands.Add(new NpgsqlBatchCommand("""
                insert into signals (run_key, diagnosis_id, signal_id, series, severity, step, onset_step, active, body)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                on conflict (run_key, diagnosis_id, signal_id, series, onset_step)
                do update set severity = excluded.severity, step = excluded.step, active = excluded.active, body = excluded.body
                """)
            {
                Parameters =
                {
                    new() { Value = run.RunKey },
                    new() { Value = diagnosis.Id },
                    new() { Value = signal.Id },
                    new() { Value = signal.Series },
                    new() { Value = (short)signal.Severity },
                    new() { Value = signal.Step },
                    new() { Value = signal.OnsetStep },
                    new() { Value = signal.Active },
                    new() { Value = JsonSerializer.Serialize(signal, DiagnosisJson.Options), NpgsqlDbType = NpgsqlDbType.Jsonb },
                },
            });
        }
    }

    [LoggerMessage(4001, LogLevel.Information, "Run {Run}: {Kind} {Cause}, {Severity}")]
    private partial void LogChange(string run, DiagnosisEventKind kind, string cause, Severity severity);

    [LoggerMessage(4002, LogLevel.Warning, "The analyzer's state of run {Run} at sequence {Sequence} is of another version: the run is folded anew")]
    private partial void LogRefold(string run, long sequence);
}
