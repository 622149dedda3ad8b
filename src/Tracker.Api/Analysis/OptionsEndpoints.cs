using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>Thresholds of the detectors, for a project and for a run.</summary>
internal static class OptionsEndpoints
{
    public static void MapOptions(this RouteGroupBuilder group)
    {
        group.MapGet("/thresholds", () => TypedResults.Ok(new Page<DetectorThresholdsDto>(ThresholdBook.All, null))).Needs(Rights.Read, Of.Caller).WithSummary("All thresholds of the detectors: what they mean, their defaults and limits.");
        group.MapGet("/projects/{name}/options", OfProject).Needs(Rights.Read, Of.Project).WithSummary("Thresholds of the detectors for the runs of a project: what was set, and all of them.");
        group.MapPut("/projects/{name}/options", SetProject).Needs(Rights.Write, Of.Project).WithSummary("Sets thresholds for a project, {} for none: for runs to come, and for those that run from now on. Try them with a back-test first.");
        group.MapGet("/runs/{id}/options", OfRun).Needs(Rights.Read, Of.Run).WithSummary("Thresholds of the detectors for one run: what was set for it, for its project, and all of them.");
        group.MapPut("/runs/{id}/options", SetRun).Needs(Rights.Write, Of.Run).WithSummary("Sets thresholds for a run over those of its project, {} for none; they hold from this moment of the run on, live and replayed.");
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<AnalyzerOptionsDto>, ProblemHttpResult>> OfProject(string name, RunQueries queries, AnalyzerSettings settings, CancellationToken cancel) =>
        await queries.ProjectKeyAsync(NameOf(name), cancel) is { } key ? TypedResults.Ok(Shown(await settings.OfProjectAsync(key, cancel), null)) : Problems.UnknownProject(NameOf(name));

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static async Task<Results<Ok<AnalyzerOptionsDto>, ProblemHttpResult>> SetProject(
        string name, JsonElement options, RunQueries queries, AnalyzerSettings settings, CancellationToken cancel)
    {
        if (AnalyzerOptionsJson.Read(options) is { Options: null } wrong) return Problems.Invalid(wrong.Field, wrong.Reason);
        if (await queries.ProjectKeyAsync(NameOf(name), cancel) is not { } key) return Problems.UnknownProject(NameOf(name));
        await settings.SetProjectAsync(key, TextOf(options), cancel);
        return TypedResults.Ok(Shown(await settings.OfProjectAsync(key, cancel), null));
    }

    private static async Task<Results<Ok<AnalyzerOptionsDto>, ProblemHttpResult>> OfRun(string id, RunCatalog runs, AnalyzerSettings settings, CancellationToken cancel)
    {
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        var (own, project) = await settings.OfRunAsync(run.RunKey, cancel);
        return TypedResults.Ok(Shown(own, project));
    }

    private static async Task<Results<Ok<AnalyzerOptionsDto>, ProblemHttpResult>> SetRun(string id, JsonElement options, RunCatalog runs, AnalyzerSettings settings, CancellationToken cancel)
    {
        if (AnalyzerOptionsJson.Read(options) is { Options: null } wrong) return Problems.Invalid(wrong.Field, wrong.Reason);
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        await settings.SetRunAsync(run, TextOf(options), cancel);
        var (own, project) = await settings.OfRunAsync(run.RunKey, cancel);
        return TypedResults.Ok(Shown(own, project));
    }

    private static AnalyzerOptionsDto Shown(string? own, string? project) => new(
        JsonSerializer.Deserialize<JsonElement>(own ?? "{}"),
        JsonSerializer.Deserialize<JsonElement>(project ?? "{}"),
        AnalyzerOptionsJson.Complete(AnalyzerOptionsJson.Parse(AnalyzerOptionsJson.Merge(project, own) ?? "{}") ?? new AnalyzerOptions()));

    private static string? TextOf(JsonElement options) => options.ValueKind == JsonValueKind.Object && options.EnumerateObject().Any() ? options.GetRawText() : null;

    private static string NameOf(string segment) => segment.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
}

/// <summary>Thresholds of the detectors.</summary>
/// <param name="Set">What was set here, without the defaults: <c>{"clipping": {"often": 0.4}}</c>.</param>
/// <param name="Project">What was set for the project of a run; empty for a project.</param>
/// <param name="Effective">All thresholds in force, by detector.</param>
public sealed record AnalyzerOptionsDto(JsonElement Set, JsonElement Project, JsonElement Effective);
