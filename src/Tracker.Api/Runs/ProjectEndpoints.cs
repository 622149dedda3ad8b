using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;

namespace Tracker.Api.Runs;

/// <summary>Projects over REST.</summary>
public static class ProjectEndpoints
{
    public static void MapProjects(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/projects").WithTags("Projects").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).WithSummary("All projects, the latest first.");
        group.MapGet("/{name}/fields", Fields).WithSummary("What filters, orders and columns of the project's runs can name: for completion.");
    }

    private static async Task<Ok<Page<ProjectDto>>> List(RunQueries queries, CancellationToken cancel) =>
        TypedResults.Ok(new Page<ProjectDto>(await queries.ProjectsAsync(cancel), null));

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<ProjectFieldsDto>, ProblemHttpResult>> Fields(string name, RunQueries queries, ProjectFields fields, CancellationToken cancel) =>
        await queries.ProjectKeyAsync(NameOf(name), cancel) is { } key ? TypedResults.Ok(await fields.ReadAsync(key, cancel)) : Problems.UnknownProject(NameOf(name));

    /// <summary>Kestrel decodes everything in a path but the slash.</summary>
    private static string NameOf(string segment) => segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}
