using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>Mutes over REST.</summary>
internal static class MuteEndpoints
{
    private const int MaxReason = 1_000;

    public static void MapMutes(this RouteGroupBuilder group)
    {
        group.MapGet("/mutes", List).Needs(Rights.Read, Of.Caller).WithSummary("What people do not want to be told of, the latest first.");
        group.MapPost("/mutes", Add).Needs(Rights.Write, Of.Caller).WithSummary("Mutes a run or a project, one condition or all, for a time or until it is taken back. Alerts and counts obey; signals and diagnoses stay.");
        group.MapDelete("/mutes/{id}", Remove).Needs(Rights.Write, Of.Mute).WithSummary("Takes a mute back.");
    }

    /// <param name="project">Only mutes of this project.</param>
    /// <param name="past">True: also those whose time is over.</param>
    /// <param name="limit">Rows a page, 1–1,000; default 100.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    private static async Task<Results<Ok<Page<MuteDto>>, ProblemHttpResult>> List(HttpContext http, string? project, bool? past, int? limit, string? cursor, Mutes mutes, CancellationToken cancel)
    {
        if (limit is < 1 or > 1_000) return Problems.Invalid("limit", $"limit is {limit}.", "1–1,000");
        long? before = long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : null;
        if (cursor is not null && before is null) return Problems.Invalid("cursor", "This is no cursor of a page of mutes.");
        return TypedResults.Ok(await mutes.ListAsync(project, http.Caller().Projects(Rights.Read), past is true, limit ?? 100, before, cancel));
    }

    private static async Task<Results<Created<MuteDto>, ProblemHttpResult>> Add(MuteRequest request, HttpContext http, RunCatalog runs, RunQueries queries, Mutes mutes, TimeProvider clock, CancellationToken cancel)
    {
        if (request.Run is null && request.Project is null) return Problems.Invalid("run", "Name a run or a project.");
        if (request.Condition is not null && Conditions.Find(request.Condition) is null) return Problems.Invalid("condition", $"There is no condition \"{request.Condition}\".");
        if (request.Until is { } until && until <= clock.GetUtcNow()) return Problems.Invalid("until", "This time is over.");
        if (request.Reason is { Length: > MaxReason }) return Problems.Invalid("reason", "The reason is too long.", $"{MaxReason} characters");
        var caller = http.Caller();
        var by = caller.Kind == CallerKind.Local ? "dashboard" : caller.Name;
        if (request.Run is { } id)
        {
            if (await runs.FindAsync(id, cancel) is not { } run || !caller.Sees(run.ProjectKey, run.RunKey)) return Problems.UnknownRun(id);
            if (!caller.May(Rights.Write, run)) return Problems.Forbidden();
            return Created(await mutes.AddAsync(run.ProjectKey, run.RunKey, request, by, cancel));
        }

        if (await queries.ProjectKeyAsync(request.Project!, cancel) is not { } project || !caller.Sees(project)) return Problems.UnknownProject(request.Project!);
        return caller.May(Rights.Write, project) ? Created(await mutes.AddAsync(project, null, request, by, cancel)) : Problems.Forbidden();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(long id, Mutes mutes, CancellationToken cancel) =>
        await mutes.RemoveAsync(id, cancel) ? TypedResults.NoContent() : Problems.UnknownMute(id);

    private static Created<MuteDto> Created(MuteDto mute) => TypedResults.Created("/api/v1/mutes/" + mute.Id, mute);
}
