using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs.Query;
using Tracker.Api.Storage;

namespace Tracker.Api.Runs;

/// <summary>Projects over REST.</summary>
public static class ProjectEndpoints
{
    public static void MapProjects(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/projects").WithTags("Projects").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).Needs(Rights.Read, Of.Caller).WithSummary("All projects, the latest first.");
        group.MapDelete("/{name}", Delete).Needs(Rights.Admin, Of.Project).WithSummary("Moves a project with all its runs to the trash, or deletes it for good.");
        group.MapPost("/{name}/restore", Restore).Needs(Rights.Admin, Of.Project).WithSummary("Brings a project back from the trash, with the runs that were deleted together with it.");
        group.MapGet("/{name}/retention", ReadRetention).Needs(Rights.Read, Of.Project).WithSummary("What happens to the project's runs some time after they ended.");
        group.MapPut("/{name}/retention", WriteRetention).Needs(Rights.Admin, Of.Project).WithSummary("Sets what happens to the project's runs some time after they ended; {} for nothing.")
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapPut("/{name}/quota", WriteQuota).Needs(Rights.Admin, Of.Server).WithSummary("Sets or takes away the quota of a project: where it is reached, batches get 507.")
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("/{name}/count", Count).Needs(Rights.Read, Of.Project).WithSummary("How many runs of the project a filter finds.").ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("/{name}/fields", Fields).Needs(Rights.Read, Of.Project).WithSummary("What filters, orders and columns of the project's runs can name: for completion.");
    }

    private static async Task<Ok<Page<ProjectDto>>> List(HttpContext http, RunQueries queries, CancellationToken cancel) =>
        TypedResults.Ok(new Page<ProjectDto>(await queries.ProjectsAsync(http.Caller().Projects(Rights.Read), cancel), null));

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<ProjectFieldsDto>, ProblemHttpResult>> Fields(string name, RunQueries queries, ProjectFields fields, CancellationToken cancel) =>
        await queries.ProjectKeyAsync(NameOf(name), cancel) is { } key ? TypedResults.Ok(await fields.ReadAsync(key, cancel)) : Problems.UnknownProject(NameOf(name));

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    /// <param name="filter">As for the list of runs.</param>
    /// <param name="deleted"><c>only</c>: the runs in the trash; without it those that are not there.</param>
    private static async Task<Results<Ok<RunCountDto>, ProblemHttpResult>> Count(string name, string? filter, string? deleted, RunList runs, CancellationToken cancel)
    {
        if (deleted is not (null or "only")) return Problems.Invalid("deleted", "deleted is \"only\" or absent.", "only");
        var (condition, problem) = FilterParser.Parse(filter);
        if (problem is { } wrong) return Problems.Syntax(wrong.Field, wrong.Position, wrong.Expected, wrong.Found);
        return await runs.CountAsync(NameOf(name), condition, deleted is not null, cancel) is { } count ? TypedResults.Ok(new RunCountDto(count)) : Problems.UnknownProject(NameOf(name));
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    /// <param name="permanently">True: the rows go at once. Without it the project can be brought back for 7 days.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(string name, bool? permanently, RunQueries queries, RunTrash trash, CancellationToken cancel)
    {
        if (await queries.ProjectKeyAsync(NameOf(name), cancel) is not { } key) return Problems.UnknownProject(NameOf(name));
        await trash.DeleteProjectAsync(key, permanently is true, cancel);
        return TypedResults.NoContent();
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<RestoredDto>, ProblemHttpResult>> Restore(string name, RunQueries queries, RunTrash trash, CancellationToken cancel) =>
        await queries.ProjectKeyAsync(NameOf(name), cancel) is { } key
            ? TypedResults.Ok(new RestoredDto((await trash.RestoreProjectAsync(key, cancel)).Length))
            : Problems.UnknownProject(NameOf(name));

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<RetentionRule>, ProblemHttpResult>> ReadRetention(string name, RunQueries queries, Retention retention, CancellationToken cancel) =>
        await queries.ProjectKeyAsync(NameOf(name), cancel) is { } key ? TypedResults.Ok(await retention.ReadAsync(key, cancel)) : Problems.UnknownProject(NameOf(name));

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<RetentionRule>, ProblemHttpResult>> WriteRetention(
        string name, RetentionRule rule, RunQueries queries, Retention retention, CancellationToken cancel)
    {
        if (rule.Check() is { } problem) return problem;
        if (await queries.ProjectKeyAsync(NameOf(name), cancel) is not { } key) return Problems.UnknownProject(NameOf(name));
        await retention.WriteAsync(key, rule, cancel);
        return TypedResults.Ok(rule);
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<QuotaDto>, ProblemHttpResult>> WriteQuota(string name, QuotaDto quota, RunQueries queries, ProjectSizes sizes, CancellationToken cancel)
    {
        if (quota.MaxBytes is < 1) return Problems.Invalid("maxBytes", $"maxBytes is {quota.MaxBytes}.", "1 or more; null for no quota");
        if (await queries.ProjectKeyAsync(NameOf(name), cancel) is not { } key) return Problems.UnknownProject(NameOf(name));
        await sizes.SetQuotaAsync(key, quota.MaxBytes, cancel);
        return TypedResults.Ok(quota);
    }

    /// <summary>Kestrel decodes everything in a path but the slash.</summary>
    internal static string NameOf(string segment) => segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}

/// <summary>What came back from the trash.</summary>
/// <param name="Runs" example="12">Number of runs.</param>
public sealed record RestoredDto(int Runs);

/// <summary>How many runs there are.</summary>
/// <param name="Runs" example="10482">Number of runs.</param>
public sealed record RunCountDto(long Runs);

/// <summary>How much a project may take.</summary>
/// <param name="MaxBytes" example="10737418240">Most bytes, as <c>bytes</c> of the project counts them; null for no quota.</param>
public sealed record QuotaDto(long? MaxBytes);
