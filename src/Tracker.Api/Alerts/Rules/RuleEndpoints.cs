using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Core.Alerts;
using Tracker.Core.Alerts.Rules;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>Threshold rules, routes, stop rules and savings over REST.</summary>
internal static class RuleEndpoints
{
    private const int MostRules = 200;

    public static void MapRules(this IEndpointRouteBuilder routes)
    {
        var project = routes.MapGroup("/api/v1/projects/{name}").WithTags("Alerts").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        project.MapGet("/rules", ListRules).Needs(Rights.Read, Of.Project).WithSummary("Threshold rules of a project.");
        project.MapPost("/rules", CreateRule).Needs(Rights.Write, Of.Project).WithSummary("Makes a threshold rule; it counts from the next batch of each run on.");
        project.MapPost("/rules/preview", Preview).Needs(Rights.Read, Of.Project).WithSummary("Tries a rule on stored runs, the newest first; changes nothing.");
        project.MapGet("/stop-rules", GetStops).Needs(Rights.Read, Of.Project).WithSummary("What stops runs of a project by itself; off by default.");
        project.MapPut("/stop-rules", PutStops).Needs(Rights.Admin, Of.Project).WithSummary("Says what stops runs of a project by itself.");
        project.MapGet("/savings", GetSavings).Needs(Rights.Read, Of.Project).WithSummary("GPU time that stops have saved, estimated.");
        var group = routes.MapGroup("/api/v1").WithTags("Alerts").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapPatch("/rules/{id}", PatchRule).Needs(Rights.Write, Of.AlertRule).WithSummary("Changes a rule; it begins anew in every run.");
        group.MapDelete("/rules/{id}", DeleteRule).Needs(Rights.Write, Of.AlertRule).WithSummary("Takes a rule away.");
        group.MapGet("/routes", ListRoutes).Needs(Rights.Admin, Of.Server).WithSummary("Who gets what. Where no route is, every channel gets what is a warning or worse.");
        group.MapPost("/routes", CreateRoute).Needs(Rights.Admin, Of.Server).WithSummary("Makes a route.");
        group.MapPut("/routes/{id}", PutRoute).Needs(Rights.Admin, Of.Server).WithSummary("Replaces a route.");
        group.MapDelete("/routes/{id}", DeleteRoute).Needs(Rights.Admin, Of.Server).WithSummary("Takes a route away.");
    }

    /// <param name="name">Name of the project.</param>
    private static async Task<Results<Ok<Page<RuleDto>>, ProblemHttpResult>> ListRules(string name, RuleStore store, CancellationToken cancel) =>
        await store.ProjectKeyAsync(name, cancel) is null ? Problems.UnknownProject(name) : TypedResults.Ok(new Page<RuleDto>([.. (await store.RulesAsync(name, cancel)).Select(Show)], null));

    /// <param name="name">Name of the project.</param>
    private static async Task<Results<Created<RuleDto>, ProblemHttpResult>> CreateRule(string name, RuleRequest request, RuleStore store, RuleBook book, TimeProvider time, CancellationToken cancel)
    {
        if (await store.ProjectKeyAsync(name, cancel) is not { } key) return Problems.UnknownProject(name);
        if ((await store.RulesAsync(name, cancel)).Count >= MostRules) return Problems.Invalid("expression", $"There are {MostRules} rules already.", $"{MostRules} rules");
        var (rule, problem) = Apply(new StoredRule(RuleStore.NewId("rule-"), key, name, "", request.Expression ?? "", Severity.Warn, true, false, 1, time.GetUtcNow()), request);
        if (rule is null) return problem!;
        await store.SaveAsync(rule, cancel);
        await book.ReadAsync(cancel);
        return TypedResults.Created($"/api/v1/rules/{rule.Id}", Show(rule));
    }

    private static async Task<Results<Ok<RuleDto>, ProblemHttpResult>> PatchRule(string id, RuleRequest request, RuleStore store, RuleBook book, CancellationToken cancel)
    {
        if ((await store.RulesAsync(null, cancel)).Find(rule => rule.Id == id) is not { } stored) return Problems.Unknown("rule", id);
        var (rule, problem) = Apply(stored with { Expression = request.Expression ?? stored.Expression }, request);
        if (rule is null) return problem!;
        await store.SaveAsync(rule, cancel);
        await book.ReadAsync(cancel);
        return TypedResults.Ok(Show(rule));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteRule(string id, RuleStore store, RuleBook book, CancellationToken cancel)
    {
        if (!await store.DeleteRuleAsync(id, cancel)) return Problems.Unknown("rule", id);
        await book.ReadAsync(cancel);
        return TypedResults.NoContent();
    }

    /// <param name="name">Name of the project.</param>
    private static async Task<Results<Ok<PreviewDto>, ProblemHttpResult>> Preview(string name, PreviewRequest request, RuleStore store, RulePreview preview, CancellationToken cancel)
    {
        if (request.Limit is < 1 or > 100) return Problems.Invalid("limit", $"limit is {request.Limit}.", "1–100");
        if (await store.ProjectKeyAsync(name, cancel) is not { } key) return Problems.UnknownProject(name);
        var (rule, problem) = Read(request.Expression);
        return rule is null ? problem! : TypedResults.Ok(await preview.RunAsync(key, name, rule, request.Limit ?? 20, cancel));
    }

    /// <param name="name">Name of the project.</param>
    private static async Task<Results<Ok<StopRules>, ProblemHttpResult>> GetStops(string name, RuleStore store, CancellationToken cancel) =>
        await store.ProjectKeyAsync(name, cancel) is { } key ? TypedResults.Ok((await store.StopRulesAsync(cancel)).GetValueOrDefault(key) ?? new StopRules()) : Problems.UnknownProject(name);

    /// <param name="name">Name of the project.</param>
    private static async Task<Results<Ok<StopRules>, ProblemHttpResult>> PutStops(string name, StopRules rules, RuleStore store, RuleBook book, CancellationToken cancel)
    {
        if (rules.NanSteps is < 1 or > 1_000_000) return Problems.Invalid("nanSteps", $"nanSteps is {rules.NanSteps}.", "1–1,000,000, or null for off");
        if (await store.ProjectKeyAsync(name, cancel) is not { } key) return Problems.UnknownProject(name);
        await store.SaveAsync(key, rules, cancel);
        await book.ReadAsync(cancel);
        return TypedResults.Ok(rules);
    }

    /// <param name="name">Name of the project.</param>
    private static async Task<Results<Ok<SavingsDto>, ProblemHttpResult>> GetSavings(string name, RuleStore store, Savings savings, CancellationToken cancel) =>
        await store.ProjectKeyAsync(name, cancel) is { } key ? TypedResults.Ok(await savings.ReadAsync(key, name, cancel)) : Problems.UnknownProject(name);

    /// <param name="project">Only routes that count for this project.</param>
    private static async Task<Ok<Page<RouteDto>>> ListRoutes(string? project, RuleStore store, CancellationToken cancel) =>
        TypedResults.Ok(new Page<RouteDto>([.. (await store.RoutesAsync(project, cancel)).Select(Show)], null));

    private static async Task<Results<Created<RouteDto>, ProblemHttpResult>> CreateRoute(RouteDto request, RuleStore store, AlertChannels channels, CancellationToken cancel)
    {
        var (route, key, problem) = await ReadAsync(RuleStore.NewId("route-"), request, store, channels, cancel);
        if (route is null) return problem!;
        await store.SaveAsync(route, key, cancel);
        return TypedResults.Created($"/api/v1/routes/{route.Id}", Show(route));
    }

    private static async Task<Results<Ok<RouteDto>, ProblemHttpResult>> PutRoute(string id, RouteDto request, RuleStore store, AlertChannels channels, CancellationToken cancel)
    {
        if ((await store.RoutesAsync(null, cancel)).Find(route => route.Id == id) is not { } stored) return Problems.Unknown("route", id);
        var (route, key, problem) = await ReadAsync(id, request with { Project = stored.Project }, store, channels, cancel);
        if (route is null) return problem!;
        await store.SaveAsync(route, key, cancel);
        return TypedResults.Ok(Show(route));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteRoute(string id, RuleStore store, CancellationToken cancel) =>
        await store.DeleteRouteAsync(id, cancel) ? TypedResults.NoContent() : Problems.Unknown("route", id);

    private static async Task<(StoredRoute? Route, long? Key, ProblemHttpResult? Problem)> ReadAsync(string id, RouteDto request, RuleStore store, AlertChannels channels, CancellationToken cancel)
    {
        if (request.Name is not { } name || string.IsNullOrWhiteSpace(name) || name.Length > 128) return Wrong("name", "A name has 1–128 characters.");
        if (request.Channels is not { Count: > 0 } wanted) return Wrong("channels", "A route leads to at least one channel.");
        var known = (await channels.ListAsync(cancel)).Select(channel => channel.Id).ToHashSet(StringComparer.Ordinal);
        if (wanted.FirstOrDefault(channel => !known.Contains(channel)) is { } missing) return Wrong("channels", $"There is no channel \"{missing}\".");
        var match = request.Match ?? new RouteMatch();
        if (match.Severity is not (null or "info" or "warn" or "high" or "crit")) return Wrong("match.severity", $"There is no severity \"{match.Severity}\".");
        if (match.Types?.FirstOrDefault(type => !AlertTypes.All.Contains(type, StringComparer.Ordinal)) is { } type) return Wrong("match.types", $"There is no type \"{type}\".");
        long? key = null;
        if (request.Project is { } project && (key = await store.ProjectKeyAsync(project, cancel)) is null) return (null, null, Problems.UnknownProject(project));
        return (new StoredRoute(id, request.Project, name, request.Enabled ?? true, match, wanted), key, null);

        static (StoredRoute?, long?, ProblemHttpResult?) Wrong(string field, string detail) => (null, null, Problems.Invalid(field, detail));
    }

    private static (StoredRule? Rule, ProblemHttpResult? Problem) Apply(StoredRule rule, RuleRequest request)
    {
        if (request.Name is { Length: > 128 }) return (null, Problems.Invalid("name", "A name has 1–128 characters."));
        var (parsed, problem) = Read(rule.Expression);
        if (parsed is null) return (null, problem);
        var severity = rule.Severity;
        if (request.Severity is { } word && (word is not ("info" or "warn" or "high" or "crit") || !Enum.TryParse(word, ignoreCase: true, out severity)))
            return (null, Problems.Invalid("severity", $"There is no severity \"{word}\".", "info, warn, high, crit"));
        if (request.Stop is true && parsed.Measure == RuleMeasure.Absent) return (null, Problems.Invalid("stop", "Silence stops no run: there is nobody to hear it."));
        var name = string.IsNullOrWhiteSpace(request.Name) ? rule.Name : request.Name;
        return (rule with
        {
            Name = name.Length > 0 ? name : rule.Expression.Length <= 128 ? rule.Expression : rule.Expression[..128],
            Severity = severity,
            Enabled = request.Enabled ?? rule.Enabled,
            Stop = request.Stop ?? rule.Stop,
        }, null);
    }

    private static (ThresholdRule? Rule, ProblemHttpResult? Problem) Read(string? expression)
    {
        if (string.IsNullOrWhiteSpace(expression)) return (null, Problems.Invalid("expression", "A rule says something.", "train/loss > 3 for 5 points"));
        var (rule, wrong) = RuleParser.Parse(expression);
        if (wrong is null) return (rule, null);
        var found = wrong.Position < expression.Length ? $"\"{expression[wrong.Position..Math.Min(expression.Length, wrong.Position + 20)]}\"" : "the end";
        return (null, Problems.Syntax("expression", wrong.Position, wrong.Expected, found));
    }

    private static RuleDto Show(StoredRule rule) => new()
    {
        Id = rule.Id,
        Project = rule.Project,
        Name = rule.Name,
        Expression = rule.Expression,
        Severity = Severities.Name(rule.Severity),
        Enabled = rule.Enabled,
        Stop = rule.Stop,
        CreatedAt = rule.CreatedAt,
    };

    private static RouteDto Show(StoredRoute route) => new() { Id = route.Id, Project = route.Project, Name = route.Name, Enabled = route.Enabled, Match = route.Match, Channels = route.Channels };
}
