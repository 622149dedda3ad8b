using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs.Query;
using Tracker.Api.Storage;

namespace Tracker.Api.Runs;

/// <summary>Runs and projects over REST.</summary>
public static class RunEndpoints
{
    public static void AddRuns(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<RunStore>();
        builder.Services.AddSingleton<ReferenceRuns>();
        builder.Services.AddSingleton<RunTrash>();
        builder.Services.AddSingleton<SpaceReclaim>();
        builder.Services.AddSingleton<RunQueries>();
        builder.Services.AddSingleton<RunList>();
        builder.Services.AddSingleton<ProjectFields>();
        builder.Services.AddSingleton<RunHeartbeats>();
        builder.Services.AddHostedService<RunRemoval>();
        builder.AddSection<ContactOptions>(ContactOptions.Section).ValidateDataAnnotations();
        builder.Services.AddSingleton<LostContact>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<LostContact>());
        builder.Services.AddHostedService<SilentRuns>();
        builder.Services.AddSingleton<RunThinning>();
        builder.Services.AddSingleton<Retention>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Retention>());
    }

    public static void MapRuns(this IEndpointRouteBuilder app)
    {
        app.MapProjects();
        var group = app.MapGroup("/api/v1").WithTags("Runs").ProducesProblem(StatusCodes.Status404NotFound);
        group.MapPost("/runs", Create).Needs(Rights.Ingest, Of.Caller).WithSummary("Creates a run, or goes on with one.")
            .ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapRunList();
        group.MapGet("/runs/{id}", Get).Needs(Rights.Read, Of.Run).WithSummary("One run.");
        group.MapGet("/runs/{id}/reference", Reference).Needs(Rights.Read, Of.Run).WithSummary("The run that this one is compared with, as it stood when it was named: the band of each of its losses and accuracies.");
        group.MapPatch("/runs/{id}", Patch).Needs(Rights.Write, Of.Run).WithSummary("Changes name, config, tags, group, notes or reference.").ProducesProblem(StatusCodes.Status410Gone).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapDelete("/runs/{id}", Delete).Needs(Rights.Write, Of.Run).WithSummary("Moves a run to the trash, or deletes it for good; batches that still come for it get 410.").ProducesProblem(StatusCodes.Status410Gone);
        group.MapPost("/runs/{id}/restore", Restore).Needs(Rights.Write, Of.Run).WithSummary("Brings a run back from the trash.").ProducesProblem(StatusCodes.Status410Gone);
        group.MapPost("/runs/{id}/heartbeat", Heartbeat).Needs(Rights.Ingest, Of.Run).WithSummary("A sign of life; the answer carries the stop flag.").ProducesProblem(StatusCodes.Status410Gone);
        group.MapPost("/runs/{id}/stop", Stop).Needs(Rights.Write, Of.Run).WithSummary("Asks a run to stop; its writers see it with their next call.").ProducesProblem(StatusCodes.Status410Gone);
        group.MapPost("/runs/{id}/finish", Finish).Needs(Rights.Ingest, Of.Run).WithSummary("Ends a run.").ProducesProblem(StatusCodes.Status410Gone).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<Results<Created<CreatedRunDto>, Ok<CreatedRunDto>, ProblemHttpResult>> Create(
        CreateRunRequest request, RunStore store, HttpRequest http, CancellationToken cancel)
    {
        if (RunRules.Check(request) is { } problem) return problem;
        var (outcome, run) = await store.CreateAsync(request, http.HttpContext.Caller(), cancel);
        switch (outcome)
        {
            case CreateOutcome.Exists:
                return Problems.RunExists(request.Id!, "exists. Send \"resume\": \"allow\" to go on with it.");
            case CreateOutcome.OtherProject:
                return Problems.RunExists(request.Id!, "exists in another project.");
            case CreateOutcome.Missing:
                return Problems.UnknownRun(request.Id ?? "");
            case CreateOutcome.Deleted:
                return Problems.DeletedRun(request.Id!);
            case CreateOutcome.HiddenProject:
                return Problems.UnknownProject(request.Project!);
            case CreateOutcome.Taken:
                return Problems.RunExists(request.Id!, "cannot be made: this id is taken.");
        }

        var url = $"{http.Scheme}://{http.Host}/runs/{run!.Id}";
        var answer = new CreatedRunDto { Id = run.Id, Project = request.Project!, Name = run.Name, State = run.State, Url = url };
        return outcome == CreateOutcome.Created ? TypedResults.Created("/api/v1/runs/" + run.Id, answer) : TypedResults.Ok(answer);
    }

    private static async Task<Results<Ok<RunDto>, ProblemHttpResult>> Get(string id, RunCatalog catalog, RunQueries queries, CancellationToken cancel) =>
        await catalog.FindAsync(id, cancel) is { } run && await queries.FindAsync(run.RunKey, cancel) is { } found
            ? TypedResults.Ok(found)
            : Problems.UnknownRun(id);

    private static async Task<Results<Ok<ReferenceDto>, ProblemHttpResult>> Reference(string id, RunCatalog catalog, ReferenceRuns references, CancellationToken cancel) =>
        await catalog.FindAsync(id, cancel) is { } run ? TypedResults.Ok(await references.OfAsync(run, cancel)) : Problems.UnknownRun(id);

    private static async Task<Results<Ok<RunDto>, ProblemHttpResult>> Patch(
        string id, PatchRunRequest request, HttpContext http, RunCatalog catalog, RunStore store, RunQueries queries, CancellationToken cancel)
    {
        if (RunRules.Check(request) is { } problem) return problem;
        if (await catalog.FindAsync(id, cancel) is not { } run || await store.PatchAsync(run, request, http.Caller(), cancel) is null) return await AbsentAsync(id, catalog, cancel);
        return TypedResults.Ok((await queries.FindAsync(run.RunKey, cancel))!);
    }

    /// <param name="permanently">True: its rows go at once, also when it lies in the trash already. Without it the run can be brought back for 7 days.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> Delete(string id, bool? permanently, RunCatalog catalog, RunTrash trash, CancellationToken cancel)
    {
        var run = await catalog.FindAsync(id, cancel) ?? (permanently is true ? await catalog.FindInTrashAsync(id, cancel) : null);
        return run is not null && (await trash.DeleteAsync(run.ProjectKey, [run], permanently is true, cancel)).Length > 0
            ? TypedResults.NoContent()
            : await AbsentAsync(id, catalog, cancel);
    }

    private static async Task<Results<Ok<RunDto>, ProblemHttpResult>> Restore(string id, RunCatalog catalog, RunTrash trash, RunQueries queries, CancellationToken cancel)
    {
        var run = await catalog.FindInTrashAsync(id, cancel);
        if (run is not null && !await trash.RestoreAsync(run, cancel)) run = null;
        run ??= await catalog.FindAsync(id, cancel);
        return run is not null && await queries.FindAsync(run.RunKey, cancel) is { } found ? TypedResults.Ok(found) : await AbsentAsync(id, catalog, cancel);
    }

    private static async Task<ProblemHttpResult> AbsentAsync(string id, RunCatalog catalog, CancellationToken cancel) =>
        await catalog.WasDeletedAsync(id, cancel) ? Problems.DeletedRun(id) : Problems.UnknownRun(id);

    private static async Task<Results<Ok<HeartbeatDto>, ProblemHttpResult>> Heartbeat(
        string id, HeartbeatRequest? request, RunCatalog catalog, RunHeartbeats heartbeats, CancellationToken cancel)
    {
        if (request?.Writer is { } writer && !RunRules.IsId(writer)) return Problems.Invalid("writer", "A writer's id is made of letters, digits, \"_\", \".\" and \"-\".", "1–64 of [A-Za-z0-9_.-]");
        if (await catalog.FindAsync(id, cancel) is not { } run) return await AbsentAsync(id, catalog, cancel);

        if (await heartbeats.BeatAsync(run.RunKey, request?.Writer, cancel) is { } answer) return TypedResults.Ok(answer);
        catalog.Forget(run);
        return Problems.DeletedRun(id);
    }

    private static async Task<Results<Ok<StoppedDto>, ProblemHttpResult>> Stop(
        string id, StopRunRequest? request, HttpContext http, RunCatalog catalog, RunStore store, CancellationToken cancel)
    {
        if (Problems.OfText("reason", request?.Reason, 1_024) is { } problem) return problem;
        if (await catalog.FindAsync(id, cancel) is not { } run) return await AbsentAsync(id, catalog, cancel);
        return await store.StopAsync(run, request?.Reason ?? "asked to stop", http.Caller() is { Kind: not CallerKind.Local } caller ? caller.Name : "api", cancel) is { } stop ? TypedResults.Ok(new StoppedDto(stop)) : await AbsentAsync(id, catalog, cancel);
    }

    private static async Task<Results<Ok<RunDto>, ProblemHttpResult>> Finish(
        string id, FinishRunRequest? request, RunCatalog catalog, RunStore store, RunQueries queries, CancellationToken cancel)
    {
        if (request?.State is not (null or "finished" or "failed" or "killed"))
        {
            return Problems.Invalid("state", "A run ends finished, failed or killed.", "finished, failed, killed");
        }

        var state = request?.State ?? (request?.ExitCode is null or 0 ? "finished" : "failed");
        if (await catalog.FindAsync(id, cancel) is not { } run || await store.FinishAsync(run, state, request?.ExitCode, cancel) is null) return await AbsentAsync(id, catalog, cancel);
        return TypedResults.Ok((await queries.FindAsync(run.RunKey, cancel))!);
    }
}
