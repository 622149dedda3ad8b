using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>Reads of diagnoses.</summary>
public sealed class DiagnosisQueries(NpgsqlDataSource database)
{
    private const string Columns = """
        select d.id, r.id, r.name, p.name, d.state, d.severity, d.body, d.raised_at, d.updated_at, d.project_sequence, v.verdict
        from diagnoses d join runs r using (run_key) join projects p on p.project_key = d.project_key left join verdicts v on v.diagnosis_id = d.id
        where r.deleted_at is null
        """;

    public Task<IReadOnlyList<DiagnosisDto>> OfRunAsync(long runKey, CancellationToken cancel) =>
        ReadAsync($"{Columns} and d.run_key = $1 order by d.onset_step, d.id", cancel, Number(runKey));

    /// <summary>Diagnoses of a project that changed after a number of its counter, in that order.</summary>
    public Task<IReadOnlyList<DiagnosisDto>> ChangedAsync(long projectKey, long afterSequence, int limit, CancellationToken cancel) =>
        ReadAsync($"{Columns} and d.project_key = $1 and d.project_sequence > $2 order by d.project_sequence limit $3", cancel,
            Number(projectKey), Number(afterSequence), Number(limit));

    /// <summary>The latest change first. The cursor is the time of the change and the id of the last row of the page before.</summary>
    public async Task<Page<DiagnosisDto>> ListAsync(DiagnosisFilter filter, int limit, DiagnosisCursor? before, CancellationToken cancel)
    {
        var rows = await ReadAsync($"""
            {Columns} and ($1::text is null or p.name = $1) and ($2::text is null or d.state = $2) and d.severity >= $3
              and ($4::text is null or v.verdict is not distinct from nullif($4, 'none'))
              and ($5::text is null or exists (select 1 from signals s where s.diagnosis_id = d.id and s.run_key = d.run_key and s.signal_id = $5))
              and ($6::timestamptz is null or (d.updated_at, d.id) < ($6, $7))
              and ($9::bigint[] is null or d.project_key = any ($9))
            order by d.updated_at desc, d.id desc limit $8
            """, cancel,
            Text(filter.Project), Text(filter.State), new NpgsqlParameter<short> { TypedValue = (short)filter.Least }, Text(filter.Verdict), Text(filter.Condition),
            new NpgsqlParameter { Value = (object?)before?.At ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz }, Text(before?.Id), Number(limit + 1),
            new NpgsqlParameter { Value = (object?)filter.Projects ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        var items = rows.Take(limit).ToList();
        return new Page<DiagnosisDto>(items, rows.Count > limit ? new DiagnosisCursor(items[^1].UpdatedAt, items[^1].Id).ToString() : null);
    }

    public async Task<DiagnosisDto?> FindAsync(string id, CancellationToken cancel) =>
        (await ReadAsync($"{Columns} and d.id = $1", cancel, Text(id))).SingleOrDefault();

    private async Task<IReadOnlyList<DiagnosisDto>> ReadAsync(string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<DiagnosisDto>();
        while (await reader.ReadAsync(cancel))
        {
            var body = JsonSerializer.Deserialize<RunDiagnosis>(reader.GetString(6), DiagnosisJson.Options)!;
            found.Add(new DiagnosisDto
            {
                Id = reader.GetString(0),
                Run = reader.GetString(1),
                RunName = reader.GetString(2),
                Project = reader.GetString(3),
                State = reader.GetString(4),
                Severity = Severities.Name(reader.GetInt16(5)),
                Title = body.Title,
                Symptom = body.Symptom,
                Cause = body.Cause,
                Causes = body.Causes,
                Prescriptions = body.Prescriptions,
                Check = body.Check,
                Next = body.Next,
                Step = body.Step,
                OnsetStep = body.OnsetStep,
                Resolution = body.Resolution,
                RaisedAt = reader.GetFieldValue<DateTimeOffset>(7),
                UpdatedAt = reader.GetFieldValue<DateTimeOffset>(8),
                ProjectSequence = reader.GetInt64(9),
                Verdict = reader.IsDBNull(10) ? null : reader.GetString(10),
                Signals = [.. body.Signals.Select(signal => new SignalDto
                {
                    Id = signal.Id,
                    Severity = Severities.Name(signal.Severity),
                    Series = signal.Series,
                    Step = signal.Step,
                    OnsetStep = signal.OnsetStep,
                    Active = signal.Active,
                    Summary = signal.Summary,
                    Evidence = signal.Evidence,
                })],
            });
        }

        return found;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Number(long? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };
}
