using System.Text.Json;
using Npgsql;
using Tracker.Api.Runs.Query;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Runs;

/// <summary>Reads of runs and projects.</summary>
public sealed class RunQueries(NpgsqlDataSource database, SeriesReader series, SeriesCatalog catalog)
{
    private const string Columns = """
        select r.run_key, r.id, p.name, r.name, r.state, r.config, r.tags, r."group", r.job_type, r.notes, r.reference, r.exit_code,
               r.created_at, r.finished_at, h.sequence, r.project_sequence, h.stop_reason, h.stop_by,
               (select last_step from run_steps s where s.run_key = r.run_key), r.deleted_at, r.purge_at, r.thinned_at
        from runs r join projects p using (project_key) join run_heads h using (run_key)
        """;

    /// <summary>Some runs in the order of their keys here, with the columns asked for (null: all).</summary>
    public async Task<IReadOnlyList<RunDto>> PageAsync(IReadOnlyList<long> runKeys, RunColumns? columns, CancellationToken cancel)
    {
        var select = columns is { Config.Count: 0 } ? Columns.Replace("r.config", "'{}'::jsonb", StringComparison.Ordinal) : Columns;
        var rows = await ReadAsync($"{select} where r.run_key = any ($1)", cancel, new NpgsqlParameter<long[]> { TypedValue = [.. runKeys] });
        var places = runKeys.Index().ToDictionary(entry => entry.Item, entry => entry.Index);
        return await CompleteAsync([.. rows.OrderBy(row => places[row.Key])], columns, cancel);
    }

    /// <summary>The newest runs of a project, the newest first.</summary>
    public async Task<IReadOnlyList<RunDto>> NewestAsync(long projectKey, int limit, CancellationToken cancel)
    {
        var rows = await ReadAsync($"{Columns} where r.project_key = $1 and r.deleted_at is null order by r.run_key desc limit $2", cancel, Number(projectKey), Number(limit));
        return await CompleteAsync(rows, null, cancel);
    }

    /// <summary>Runs of a project whose row changed after a number of the project's counter, in that order.</summary>
    public async Task<IReadOnlyList<RunDto>> ChangedAsync(long projectKey, long afterSequence, int limit, CancellationToken cancel)
    {
        var rows = await ReadAsync($"""
            {Columns}
            where r.project_key = $1 and r.project_sequence > $2 order by r.project_sequence limit $3
            """, cancel, Number(projectKey), Number(afterSequence), Number(limit));
        var living = await CompleteAsync([.. rows.Where(row => row.Run.DeletedAt is null)], null, cancel);
        // Of a deleted run nobody asks more than that it is gone.
        return [.. living.Concat(rows.Select(row => row.Run).Where(run => run.DeletedAt is not null)).OrderBy(run => run.ProjectSequence)];
    }

    /// <summary>One run with its metrics up to the last acknowledged batch.</summary>
    public async Task<RunDto?> FindAsync(long runKey, CancellationToken cancel)
    {
        var rows = await ReadAsync($"{Columns} where r.run_key = $1 and r.deleted_at is null", cancel, Number(runKey));
        if (rows.Count == 0) return null;
        var run = (await CompleteAsync(rows, null, cancel))[0];
        var (_, summaries) = await series.SummarizeAsync(runKey, await catalog.LoadAsync(runKey, cancel), cancel);
        var metrics = summaries.Series.OrderBy(entry => entry.Key).Select(entry => entry.Value).Where(entry => entry.Summary.Kind == SeriesKind.Scalar).ToDictionary(
            entry => entry.Name,
            entry => new MetricDto { Last = entry.Summary.Last ?? double.NaN, Min = entry.Summary.Min, Max = entry.Summary.Max, Mean = entry.Summary.Mean, LastStep = entry.Summary.LastStep, Count = entry.Summary.Count, NonFinite = entry.Summary.NonFinite },
            StringComparer.Ordinal);
        return run with { Metrics = metrics, LastStep = metrics.Count == 0 ? null : metrics.Values.Max(metric => metric.LastStep) };
    }

    public async Task<IReadOnlyList<RunDto>> FindAsync(IReadOnlyList<long> runKeys, CancellationToken cancel)
    {
        var rows = await ReadAsync($"{Columns} where r.run_key = any ($1) and r.deleted_at is null order by r.run_key desc", cancel,
            new NpgsqlParameter<long[]> { TypedValue = [.. runKeys] });
        return await CompleteAsync(rows, null, cancel);
    }

    public async Task<long?> ProjectKeyAsync(string project, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select project_key from projects where name = $1");
        command.Parameters.Add(Text(project));
        return await command.ExecuteScalarAsync(cancel) as long?;
    }

    /// <summary>All projects, or only these.</summary>
    public async Task<IReadOnlyList<ProjectDto>> ProjectsAsync(long[]? only, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select p.name, count(r.run_key), count(r.run_key) filter (where r.state = 'running'), max(r.created_at), p.created_at,
                   (select count(*) from diagnoses d join runs x using (run_key)
                    where d.project_key = p.project_key and d.state = 'open' and d.severity >= 1 and x.deleted_at is null
                      and not exists (select 1 from verdicts v where v.diagnosis_id = d.id) and not tracker_muted(d)),
                   p.bytes, p.quota_bytes
            from projects p left join runs r on r.project_key = p.project_key and r.deleted_at is null
            where p.deleted_at is null and ($1::bigint[] is null or p.project_key = any ($1))
            group by p.project_key order by coalesce(max(r.created_at), p.created_at) desc
            """);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)only ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Bigint });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var projects = new List<ProjectDto>();
        while (await reader.ReadAsync(cancel))
        {
            projects.Add(new ProjectDto
            {
                Name = reader.GetString(0),
                Runs = reader.GetInt64(1),
                Running = reader.GetInt64(2),
                LastActivityAt = reader.GetFieldValue<DateTimeOffset>(reader.IsDBNull(3) ? 4 : 3),
                OpenDiagnoses = reader.GetInt64(5),
                Bytes = reader.GetInt64(6),
                QuotaBytes = reader.IsDBNull(7) ? null : reader.GetInt64(7),
            });
        }

        return projects;
    }

    private async Task<List<(long Key, RunDto Run)>> ReadAsync(string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<(long, RunDto)>();
        while (await reader.ReadAsync(cancel))
        {
            var id = reader.GetString(1);
            rows.Add((reader.GetInt64(0), new RunDto
            {
                Id = id,
                Project = reader.GetString(2),
                Name = reader.GetString(3),
                State = reader.GetString(4),
                Config = JsonSerializer.Deserialize<JsonElement>(reader.GetString(5)),
                Tags = reader.GetFieldValue<string[]>(6),
                Group = OrNull(reader, 7),
                JobType = OrNull(reader, 8),
                Notes = OrNull(reader, 9),
                Reference = OrNull(reader, 10),
                ExitCode = reader.IsDBNull(11) ? null : reader.GetInt32(11),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(12),
                FinishedAt = TimeOrNull(reader, 13),
                Sequence = reader.GetInt64(14),
                ProjectSequence = reader.GetInt64(15),
                Stop = reader.IsDBNull(16) ? null : new StopDto(reader.GetString(16), reader.GetString(17)),
                LastStep = reader.IsDBNull(18) ? null : reader.GetInt64(18),
                DeletedAt = TimeOrNull(reader, 19),
                PurgeAt = TimeOrNull(reader, 20),
                ThinnedAt = TimeOrNull(reader, 21),
                Url = "/runs/" + id,
                Metrics = new Dictionary<string, MetricDto>(StringComparer.Ordinal),
                Diagnoses = [],
            }));
        }

        return rows;
    }

    /// <summary>Adds the summaries and the open diagnoses, as far as they are asked for, in one round trip for all runs of a page.</summary>
    private async Task<List<RunDto>> CompleteAsync(List<(long Key, RunDto Run)> rows, RunColumns? columns, CancellationToken cancel)
    {
        if (rows.Count == 0) return [];
        if (columns is { Metrics.Count: 0 } && !columns.Has("diagnoses") && !columns.Has("health")) return [.. rows.Select(row => row.Run)];
        var names = columns?.Metrics?.Select(metric => metric.Series).Distinct(StringComparer.Ordinal).ToArray();
        var metrics = rows.ToDictionary(row => row.Key, _ => new Dictionary<string, MetricDto>(StringComparer.Ordinal));
        var diagnoses = rows.ToDictionary(row => row.Key, _ => new List<OpenDiagnosisDto>());
        var keys = rows.Select(row => row.Key).ToArray();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"""
            select run_key, name, last, min, max, last_step, count, sum / nullif(count - non_finite, 0), non_finite from summaries
            where run_key = any ($1) and kind = 1 {(names is null ? "" : "and name = any ($2)")} order by run_key, series_id
            """)
        {
            Parameters = { new NpgsqlParameter<long[]> { TypedValue = keys } },
        });
        if (names is not null) batch.BatchCommands[0].Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = names });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            select d.run_key, d.id, d.severity, d.body ->> 'title', d.cause, d.state, d.onset_step
            from diagnoses d left join verdicts v on v.diagnosis_id = d.id
            where d.run_key = any ($1) and d.state = 'open' and (v.verdict is null or v.verdict not in ('wrong', 'muted')) and not tracker_muted(d) order by d.severity desc, d.onset_step, d.id
            """)
        {
            Parameters = { new NpgsqlParameter<long[]> { TypedValue = keys } },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            metrics[reader.GetInt64(0)][reader.GetString(1)] = new MetricDto
            {
                Last = reader.GetDouble(2),
                Min = reader.IsDBNull(3) ? null : reader.GetDouble(3),
                Max = reader.IsDBNull(4) ? null : reader.GetDouble(4),
                LastStep = reader.GetInt64(5),
                Count = reader.GetInt64(6),
                Mean = reader.IsDBNull(7) ? null : reader.GetDouble(7),
                NonFinite = reader.GetInt64(8),
            };
        }

        await reader.NextResultAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            diagnoses[reader.GetInt64(0)].Add(new OpenDiagnosisDto
            {
                Id = reader.GetString(1),
                Severity = Severities.Name(reader.GetInt16(2)),
                Title = reader.GetString(3),
                Cause = reader.GetString(4),
                State = reader.GetString(5),
                OnsetStep = reader.GetInt64(6),
            });
        }

        return [.. rows.Select(row => row.Run with
        {
            Metrics = metrics[row.Key],
            Diagnoses = [.. diagnoses[row.Key].Take(RunHealth.Shown)],
            MoreDiagnoses = Math.Max(0, diagnoses[row.Key].Count - RunHealth.Shown),
            Health = RunHealth.Of(diagnoses[row.Key]),
        })];
    }

    private static string? OrNull(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? TimeOrNull(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text };

    private static NpgsqlParameter Number(long? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint };
}
