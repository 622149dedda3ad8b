using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>Runs the present rules, or options of choice, over stored runs, one after another, and shows what would be raised beside what is stored.</summary>
internal static class BacktestEndpoint
{
    private sealed record Candidate(RunRef Run, string Name, bool IsThinned);

    /// <param name="name">Name of the project.</param>
    public static async Task<Results<Ok<BacktestDto>, ProblemHttpResult>> Post(
        string name, BacktestRequest request, NpgsqlDataSource database, RunReplay replay, DiagnosisQueries queries, CancellationToken cancel)
    {
        if (request.Limit is < 1 or > 100) return Problems.Invalid("limit", $"limit is {request.Limit}.", "1–100");
        var after = 0L;
        if (request.Cursor is not null && !long.TryParse(request.Cursor, CultureInfo.InvariantCulture, out after)) return Problems.Invalid("cursor", "This is no cursor of a back-test.");
        var (options, field, reason) = AnalyzerOptionsJson.Read(request.Options);
        if (options is null) return Problems.Invalid(field, reason);
        if (await ProjectAsync(database, name, cancel) is not { } project) return Problems.UnknownProject(name);

        var limit = request.Limit ?? 20;
        var candidates = await RunsAsync(database, project, name, request.Since, after, limit + 1, cancel);
        var items = new List<BacktestRunDto>();
        foreach (var candidate in candidates.Take(limit)) items.Add(await TestAsync(candidate, request.Options is null ? null : options, replay, queries, cancel));
        return TypedResults.Ok(new BacktestDto(RunAnalyzer.Version, items, candidates.Count > limit ? candidates[limit - 1].Run.RunKey.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<BacktestRunDto> TestAsync(Candidate candidate, AnalyzerOptions? options, RunReplay replay, DiagnosisQueries queries, CancellationToken cancel)
    {
        var stored = (await queries.OfRunAsync(candidate.Run.RunKey, cancel))
            .Select(d => new BacktestDiagnosisDto(d.Id, d.State, d.Severity, d.Cause, d.Title, d.OnsetStep, d.Step, [.. d.Signals.Select(s => s.Id).Distinct(StringComparer.Ordinal)])).ToList();
        var folded = candidate.IsThinned ? null : await replay.FoldAsync(candidate.Run, options, cancel);
        var raised = (folded ?? []).OrderBy(d => d.OnsetStep).ThenBy(d => d.Id, StringComparer.Ordinal)
            .Select(d => new BacktestDiagnosisDto(d.Id, d.State == DiagnosisState.Open ? "open" : "resolved", Severities.Name(d.Severity), d.Cause, d.Title, d.OnsetStep, d.Step,
                [.. d.Signals.Select(s => s.Id).Distinct(StringComparer.Ordinal)])).ToList();
        return new BacktestRunDto
        {
            Run = candidate.Run.Id,
            Name = candidate.Name,
            Skipped = candidate.IsThinned ? "thinned" : folded is null ? "gone" : null,
            Added = folded is null ? [] : [.. Alarms(raised).Except(Alarms(stored), StringComparer.Ordinal)],
            Gone = folded is null ? [] : [.. Alarms(stored).Except(Alarms(raised), StringComparer.Ordinal)],
            Stored = stored,
            Raised = raised,
        };
    }

    /// <summary>Conditions of the diagnoses that people are told of.</summary>
    private static IEnumerable<string> Alarms(IEnumerable<BacktestDiagnosisDto> diagnoses) => diagnoses.Where(d => d.Severity != "info").SelectMany(d => d.Conditions);

    private static async Task<long?> ProjectAsync(NpgsqlDataSource database, string name, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select project_key from projects where name = $1 and deleted_at is null");
        command.Parameters.AddWithValue(name);
        return (long?)await command.ExecuteScalarAsync(cancel);
    }

    private static async Task<List<Candidate>> RunsAsync(NpgsqlDataSource database, long project, string name, DateTimeOffset? since, long after, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select run_key, id, name, thinned_at is not null from runs
            where project_key = $1 and deleted_at is null and run_key > $2 and ($3::timestamptz is null or created_at >= $3) order by run_key limit $4
            """);
        command.Parameters.AddWithValue(project);
        command.Parameters.AddWithValue(after);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)since?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<Candidate>();
        while (await reader.ReadAsync(cancel)) found.Add(new Candidate(new RunRef(reader.GetInt64(0), project, reader.GetString(1), name), reader.GetString(2), reader.GetBoolean(3)));
        return found;
    }
}
