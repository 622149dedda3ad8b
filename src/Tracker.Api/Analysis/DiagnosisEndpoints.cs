using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Alerts;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Api.Storage.Following;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>The analyzer as a service, and diagnoses over REST.</summary>
public static class DiagnosisEndpoints
{
    public static void AddAnalysis(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DiagnosisQueries>();
        builder.Services.AddSingleton<HistoryReader>();
        builder.Services.AddSingleton<RunReplay>();
        builder.Services.AddSingleton<AnalyzerSettings>();
        builder.Services.AddSingleton<Mutes>();
        builder.Services.AddSingleton<IJournalConsumerFactory, CompactorFactory>();
        builder.Services.AddSingleton<IJournalConsumerFactory, AnalyzerConsumerFactory>();
        builder.Services.AddHostedService<Followers>();
    }

    public static void MapAnalysis(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1").WithTags("Diagnoses").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("/runs/{id}/diagnoses", OfRun).Needs(Rights.Read, Of.Run).WithSummary("What was found in a run, by onset, resolved ones included.");
        group.MapGet("/runs/{id}/visibility", VisibilityEndpoint.Get).Needs(Rights.Read, Of.Run).WithSummary("What a run lets the analyzer see: series recognised, and conditions that cannot be seen for lack of one, with the line of code that would log it.");
        group.MapPost("/projects/{name}/backtest", BacktestEndpoint.Post).Needs(Rights.Read, Of.Project).WithSummary("Folds stored runs by the present rules, or by thresholds of choice, and shows what would be raised beside what is stored; changes nothing.");
        group.MapOptions();
        group.MapMutes();
        group.MapGet("/diagnoses", List).Needs(Rights.Read, Of.Caller).WithSummary("Diagnoses of a project or of all, the latest change first.");
        group.MapGet("/diagnoses/{id}", Get).Needs(Rights.Read, Of.Diagnosis).WithSummary("One diagnosis.");
        group.MapPost("/diagnoses/{id}/verdict", Judge).Needs(Rights.Write, Of.Diagnosis).WithSummary("Says what people think of a diagnosis; the analyzer never touches it.");
    }

    private static async Task<Results<Ok<Page<DiagnosisDto>>, ProblemHttpResult>> OfRun(string id, RunCatalog runs, DiagnosisQueries queries, CancellationToken cancel) =>
        await runs.FindAsync(id, cancel) is { } run
            ? TypedResults.Ok(new Page<DiagnosisDto>(await queries.OfRunAsync(run.RunKey, cancel), null))
            : Problems.UnknownRun(id);

    /// <param name="project">Only diagnoses of this project.</param>
    /// <param name="state"><c>open</c> or <c>resolved</c>; both when absent.</param>
    /// <param name="severity">Least severity: <c>info</c> (default), <c>warn</c>, <c>high</c>, <c>crit</c>.</param>
    /// <param name="verdict">What people said: <c>none</c>, <c>acknowledged</c>, <c>muted</c>, <c>wrong</c>, <c>confirmed</c>.</param>
    /// <param name="condition">Only diagnoses with a signal of this condition.</param>
    /// <param name="limit">Rows a page, 1–1,000; default 100.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    private static async Task<Results<Ok<Page<DiagnosisDto>>, ProblemHttpResult>> List(
        HttpContext http, string? project, string? state, string? severity, string? verdict, string? condition, int? limit, string? cursor, DiagnosisQueries queries, CancellationToken cancel)
    {
        if (state is not (null or "open" or "resolved")) return Problems.Invalid("state", $"There is no state \"{state}\".", "open, resolved");
        if (severity is not null && !Severities.TryParse(severity, out _)) return Problems.Invalid("severity", $"There is no severity \"{severity}\".", "info, warn, high, crit");
        if (verdict is not (null or "none") && !IsVerdict(verdict)) return Problems.Invalid("verdict", $"There is no verdict \"{verdict}\".", "none, acknowledged, muted, wrong, confirmed");
        if (condition is not null && Conditions.Find(condition) is null) return Problems.Invalid("condition", $"There is no condition \"{condition}\".");
        if (limit is < 1 or > 1_000) return Problems.Invalid("limit", $"limit is {limit}.", "1–1,000");
        var before = cursor is null ? null : DiagnosisCursor.Parse(cursor);
        if (cursor is not null && before is null) return Problems.Invalid("cursor", "This is no cursor of a page of diagnoses.");
        var least = severity is not null && Severities.TryParse(severity, out var parsed) ? parsed : Severity.Info;
        var filter = new DiagnosisFilter { Projects = http.Caller().Projects(Rights.Read), Project = project, State = state, Least = least, Verdict = verdict, Condition = condition };
        return TypedResults.Ok(await queries.ListAsync(filter, limit ?? 100, before, cancel));
    }

    private static async Task<Results<Ok<DiagnosisDto>, ProblemHttpResult>> Get(string id, DiagnosisQueries queries, CancellationToken cancel) =>
        await queries.FindAsync(id, cancel) is { } found ? TypedResults.Ok(found) : Problems.UnknownDiagnosis(id);

    private static async Task<Results<Ok<DiagnosisDto>, ProblemHttpResult>> Judge(string id, VerdictRequest request, HttpContext http, Verdicts verdicts, DiagnosisQueries queries, CancellationToken cancel)
    {
        if (request.Verdict is not null && !IsVerdict(request.Verdict))
        {
            return Problems.Invalid("verdict", $"There is no verdict \"{request.Verdict}\".", "acknowledged, muted, wrong, confirmed, null");
        }

        var by = http.Caller() is { Kind: not CallerKind.Local } caller ? caller.Name : "dashboard";
        return await verdicts.SayAsync(id, request.Verdict, by, cancel) && await queries.FindAsync(id, cancel) is { } found ? TypedResults.Ok(found) : Problems.UnknownDiagnosis(id);
    }

    private static bool IsVerdict(string verdict) => verdict is "acknowledged" or "muted" or "wrong" or "confirmed";
}
