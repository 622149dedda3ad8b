using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Tracker.Api.Http;
using Tracker.Api.Storage;

namespace Tracker.Api.Auth;

/// <summary>What a call is about.</summary>
/// <param name="Project">Key of the project; null when there is no such thing.</param>
/// <param name="Run">Key of the run, or null.</param>
/// <param name="Absent">The answer when it does not exist, which is also that when the caller may not see it.</param>
public readonly record struct Subject(long? Project, long? Run, Func<ProblemHttpResult> Absent);

/// <summary>Finds the project that a route's value belongs to, deleted runs and projects included.</summary>
public sealed class Subjects(RunCatalog runs, NpgsqlDataSource database)
{
    public async ValueTask<Subject> FindAsync(Of of, HttpContext http, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(http);
        switch (of)
        {
            case Of.Run:
                var id = Value(http, "id", "run");
                if (await runs.FindAsync(id, cancel) is { } run) return new Subject(run.ProjectKey, run.RunKey, () => Problems.UnknownRun(id));
                var (deletedProject, deletedRun) = await ReadAsync("select project_key, run_key from runs where id = $1", id, cancel);
                return new Subject(deletedProject, deletedRun, () => Problems.UnknownRun(id));
            case Of.Diagnosis:
                var diagnosis = Value(http, "id", "diagnosis");
                var (ofProject, ofRun) = await ReadAsync("select project_key, run_key from diagnoses where id = $1", diagnosis, cancel);
                return new Subject(ofProject, ofRun, () => Problems.UnknownDiagnosis(diagnosis));
            case Of.Mute:
                var mute = Value(http, "id", "mute");
                return new Subject((await ReadAsync("select project_key, null::bigint from mutes where mute_id::text = $1", mute, cancel)).Project, null, () => Problems.Unknown("mute", mute));
            case Of.AlertRule:
                var rule = Value(http, "id", "rule");
                return new Subject((await ReadAsync("select project_key, null::bigint from alert_rules where id = $1", rule, cancel)).Project, null, () => Problems.Unknown("rule", rule));
            default:
                // Kestrel decodes everything in a path but the slash.
                var name = Value(http, "name", "project").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
                var (project, _) = await ReadAsync("select project_key, null::bigint from projects where name = $1", name, cancel);
                return new Subject(project, null, () => Problems.UnknownProject(name));
        }
    }

    public async Task<long?> ProjectAsync(string name, CancellationToken cancel) =>
        (await ReadAsync("select project_key, null::bigint from projects where name = $1", name, cancel)).Project;

    private static string Value(HttpContext http, string name, string other) => http.GetRouteValue(name) as string ?? http.GetRouteValue(other) as string ?? "";

    private async Task<(long? Project, long? Run)> ReadAsync(string sql, string value, CancellationToken cancel)
    {
        if (value.Contains('\0', StringComparison.Ordinal)) return (null, null);
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(value);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetInt64(1)) : (null, null);
    }
}
