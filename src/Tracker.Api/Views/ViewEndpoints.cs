using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;

namespace Tracker.Api.Views;

/// <summary>Saved views over REST.</summary>
public static class ViewEndpoints
{
    public static void AddViews(this WebApplicationBuilder builder) => builder.Services.AddSingleton<SavedViews>();

    public static void MapViews(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/projects/{name}/views").WithTags("Views").Needs(Rights.Write, Of.Project).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapGet("", List).Needs(Rights.Read, Of.Project).WithSummary("The saved views of a project, by name.");
        group.MapPost("", Create).WithSummary("Keeps a view of a page under a name.").ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapPut("/{id}", Change).WithSummary("Changes a saved view.").ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapDelete("/{id}", Delete).WithSummary("Forgets a saved view.");
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<Page<SavedViewDto>>, ProblemHttpResult>> List(string name, RunQueries queries, SavedViews views, CancellationToken cancel) =>
        await KeyAsync(queries, name, cancel) is { } key ? TypedResults.Ok(new Page<SavedViewDto>(await views.ListAsync(key, cancel), null)) : Unknown(name);

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Created<SavedViewDto>, ProblemHttpResult>> Create(string name, SaveViewRequest view, RunQueries queries, SavedViews views, CancellationToken cancel)
    {
        if (view.Check() is { } problem) return problem;
        if (await KeyAsync(queries, name, cancel) is not { } key) return Unknown(name);
        return await views.CreateAsync(key, view, cancel) is { } kept
            ? TypedResults.Created($"/api/v1/projects/{Uri.EscapeDataString(name)}/views/{kept.Id}", kept)
            : Problems.Invalid("name", "The project has as many views as it may; delete one first.", $"{SavedViews.Most} views");
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<SavedViewDto>, ProblemHttpResult>> Change(
        string name, string id, SaveViewRequest view, RunQueries queries, SavedViews views, CancellationToken cancel)
    {
        if (view.Check() is { } problem) return problem;
        if (await KeyAsync(queries, name, cancel) is not { } key) return Unknown(name);
        return await views.ChangeAsync(key, id, view, cancel) is { } changed ? TypedResults.Ok(changed) : Problems.UnknownView(id);
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(string name, string id, RunQueries queries, SavedViews views, CancellationToken cancel)
    {
        if (await KeyAsync(queries, name, cancel) is not { } key) return Unknown(name);
        return await views.DeleteAsync(key, id, cancel) ? TypedResults.NoContent() : Problems.UnknownView(id);
    }

    private static Task<long?> KeyAsync(RunQueries queries, string name, CancellationToken cancel) => queries.ProjectKeyAsync(ProjectEndpoints.NameOf(name), cancel);

    private static ProblemHttpResult Unknown(string name) => Problems.UnknownProject(ProjectEndpoints.NameOf(name));
}
