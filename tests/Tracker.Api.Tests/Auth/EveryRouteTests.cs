using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Auth;

/// <summary>All routes × all kinds of callers. Some thousand calls in one test: that none is left out is its point.</summary>
public sealed class EveryRouteTests(PostgresFixture postgres)
{
    private sealed record Somebody(string Name, HttpClient Client, Rights InMine);

    [Fact]
    public async Task Every_route_has_a_rule()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        Routes(server).Where(route => route.Metadata.GetMetadata<AccessRule>() is null).Select(route => route.RoutePattern.RawText)
            .ShouldBeEmpty("say who may call it, behind MapGet or MapPost: .Needs(Rights.Read, Of.Run), or .OpenToAll()");
    }

    [Fact]
    public async Task Nobody_gets_further_than_their_rights_on_any_route()
    {
        await using var world = await AccessWorld.StartAsync(postgres, host => host.UseSetting("Access:AnonymousPerSecond", "0"));
        var (nobodies, foreigners) = (await NobodiesAsync(world), await ForeignersAsync(world));
        var wrong = new List<string>();
        foreach (var route in Routes(world.Server))
        {
            var rule = route.Metadata.GetMetadata<AccessRule>()!;
            if (rule.Of == Of.Anyone) continue;
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
            {
                foreach (var nobody in nobodies)
                {
                    var (status, _) = await CallAsync(nobody.Client, method, route, rule, world.Mine);
                    if (status != HttpStatusCode.Unauthorized) wrong.Add($"{method} {route.RoutePattern.RawText} by {nobody.Name}: {status}, not 401");
                }

                foreach (var foreigner in foreigners)
                {
                    var (status, body) = await CallAsync(foreigner.Client, method, route, rule, world.Hidden);
                    HttpStatusCode? expected = rule.Of switch { Of.Run or Of.Diagnosis or Of.AlertRule or Of.Mute or Of.Project => HttpStatusCode.NotFound, Of.Server => HttpStatusCode.Forbidden, _ => null };
                    if (expected is not null && status != expected) wrong.Add($"{method} {route.RoutePattern.RawText} of the hidden project by {foreigner.Name}: {status}, not {expected}");
                    // What was asked for may stand in the answer, as it was asked for: everything else of the project may not.
                    foreach (var asked in new[] { world.Hidden.Run, world.Hidden.Diagnosis, world.Hidden.Rule, $"\\u0022{world.Hidden.Project}\\u0022", $"\"{world.Hidden.Project}\\\"" }) body = status == HttpStatusCode.NotFound || rule.Of == Of.Caller ? body.Replace(asked, "") : body;
                    if (body.Contains(AccessWorld.Marker + "/loss") || (status == HttpStatusCode.OK && body.Contains(AccessWorld.Marker))) wrong.Add($"{method} {route.RoutePattern.RawText} tells {foreigner.Name} of the hidden project: {body}");

                    // Of what they may see: allowed or not, but no longer hidden.
                    if (rule.Of is not (Of.Run or Of.Diagnosis or Of.AlertRule or Of.Mute or Of.Project) || foreigner.InMine.HasFlag(rule.Right)) continue;
                    (status, _) = await CallAsync(foreigner.Client, method, route, rule, world.Mine);
                    expected = foreigner.InMine == Rights.None ? HttpStatusCode.NotFound : HttpStatusCode.Forbidden;
                    if (status != expected) wrong.Add($"{method} {route.RoutePattern.RawText} of the own project by {foreigner.Name}: {status}, not {expected}");
                }
            }
        }

        wrong.ShouldBeEmpty();
        foreach (var somebody in nobodies.Concat(foreigners)) somebody.Client.Dispose();
    }

    [Fact]
    public async Task A_page_of_another_site_changes_nothing_on_any_route_by_the_cookie_of_an_admin()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var browser = await world.PersonAsync("admin@example.com", "admin");
        var wrong = new List<string>();
        // The last is what a browser without these headers sends: no proof is no.
        foreach (var (header, value) in new[] { ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Site", "same-site"), ("Origin", "https://evil.example"), ("Origin", "null"), ("X-Requested-With", "XMLHttpRequest") })
        {
            browser.DefaultRequestHeaders.Clear();
            browser.DefaultRequestHeaders.Add(header, value);
            foreach (var route in Routes(world.Server))
            {
                var rule = route.Metadata.GetMetadata<AccessRule>()!;
                if (rule.Of == Of.Anyone) continue;
                foreach (var method in (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["POST"]).Except(["GET", "HEAD", "OPTIONS"]))
                {
                    var (status, body) = await CallAsync(browser, method, route, rule, world.Mine);
                    if (status != HttpStatusCode.Forbidden || !body.Contains("another site")) wrong.Add($"{method} {route.RoutePattern.RawText} with {header}: {value}: {status} {body}");
                }
            }
        }

        wrong.ShouldBeEmpty();
    }

    /// <summary>These ask nobody who they are: each has a secret of its own, or a check of its own.</summary>
    [Fact]
    public async Task What_changes_something_and_is_open_to_all_is_on_this_list()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        Routes(server).Where(route => route.Metadata.GetMetadata<AccessRule>() is { Of: Of.Anyone })
            .SelectMany(route => (route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []).Except(["GET", "HEAD"]).Select(method => $"{method} {route.RoutePattern.RawText}"))
            .ShouldBe(
            [
                "POST /api/v1/session/", "DELETE /api/v1/session/", "POST /api/v1/invitations/look", "POST /api/v1/invitations/accept", "POST /api/v1/alerts/actions/{key}", "POST /api/v1/channels/{id}/slack",
            ], ignoreOrder: true);
    }

    [Fact]
    public async Task Whoever_has_the_right_gets_through_on_every_route_of_a_project()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        var callers = (await ForeignersAsync(world)).Append(new Somebody("admin of the server", world.With(world.AdminKey), Rights.All)).ToList();
        var wrong = new List<string>();
        // What deletes comes last.
        foreach (var route in Routes(world.Server).OrderBy(route => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains("DELETE") is true))
        {
            var rule = route.Metadata.GetMetadata<AccessRule>()!;
            if (rule.Of is not (Of.Run or Of.Diagnosis or Of.AlertRule or Of.Mute or Of.Project)) continue;
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [])
            {
                foreach (var caller in callers.Where(caller => caller.InMine.HasFlag(rule.Right)))
                {
                    var (status, _) = await CallAsync(caller.Client, method, route, rule, world.Mine);
                    if (status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden || (int)status >= 500 || (method == "GET" && status == HttpStatusCode.NotFound && rule.Of != Of.Diagnosis))
                        wrong.Add($"{method} {route.RoutePattern.RawText} by {caller.Name}: {status}");
                }
            }
        }

        wrong.ShouldBeEmpty();
        foreach (var caller in callers) caller.Client.Dispose();
    }

    /// <summary>Those who say nothing, or what is no longer or was never good.</summary>
    private static async Task<List<Somebody>> NobodiesAsync(AccessWorld world)
    {
        var (expired, revoked) = (await world.KeyAsync(["admin"], null), await world.KeyAsync(["admin"], null));
        await world.ExecuteAsync($"update api_keys set expires_at = now() - interval '1 second' where prefix = '{expired[..8]}'");
        await world.ExecuteAsync($"update api_keys set revoked_at = now() where prefix = '{revoked[..8]}'");
        await world.Server.Services.GetRequiredService<AccessBook>().RefreshAsync(TestContext.Current.CancellationToken);
        return
        [
            new("one without a key", world.With(null), Rights.None),
            new("a wrong key", world.With(Secrets.New(Secrets.KeyPrefix)), Rights.None),
            new("no key at all", world.With("secret"), Rights.None),
            new("an expired key", world.With(expired), Rights.None),
            new("a revoked key", world.With(revoked), Rights.None),
        ];
    }

    /// <summary>Those who may do something in "mine" and nothing in the hidden project.</summary>
    private static async Task<List<Somebody>> ForeignersAsync(AccessWorld world)
    {
        var somebodies = new List<Somebody>();
        foreach (var scope in RightNames.Scopes) somebodies.Add(new($"key {scope}", world.With(await world.KeyAsync([scope], world.Mine.Project)), RightNames.OfScopes([scope])));
        foreach (var role in RightNames.Roles) somebodies.Add(new(role, await world.PersonAsync($"{role}@example.com", role, world.Mine.Project), RightNames.OfRole(role)));
        somebodies.Add(new("one without a role", await world.PersonAsync("new@example.com", null), Rights.None));
        using var admin = world.With(world.AdminKey);
        var link = (await (await admin.PostAsync($"/api/v1/projects/{world.Mine.Project}/shares", "{}")).JsonAsync()).GetProperty("url").GetString()!;
        var visitor = AccessWorld.Browser(world.Server.Address);
        (await visitor.GetAsync(new Uri(link))).StatusCode.ShouldBe(HttpStatusCode.Redirect);
        somebodies.Add(new("visitor by a link", visitor, Rights.Read));
        return somebodies;
    }

    private static async Task<(HttpStatusCode Status, string Body)> CallAsync(HttpClient client, string method, RouteEndpoint route, AccessRule rule, AccessWorld.Thing thing)
    {
        var path = string.Join('/', route.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => (parameter.Name, rule.Of) switch
            {
                ("id" or "diagnosis", Of.Diagnosis) => thing.Diagnosis,
                ("id" or "run", Of.Run) => thing.Run,
                ("name" or "project", Of.Project or Of.Server) => thing.Project,
                ("id" or "rule", Of.AlertRule) => thing.Rule,
                ("id", Of.Mute) => thing.Mute,
                ("alert", _) => Guid.Empty.ToString(),
                _ => "0",
            },
            _ => "",
        }))));
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"/{path}?since=0&project={thing.Project}&run={thing.Run}&name={thing.Project}/loss", UriKind.Relative));
        if (method is "POST" or "PUT" or "PATCH") request.Content = AccessWorld.Json(new { project = thing.Project, id = thing.Run, resume = "allow" });
        // A stream has no end: what it says at once is looked at.
        using var patience = new CancellationTokenSource(path.EndsWith("/stream", StringComparison.Ordinal) ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(60));
        var said = "";
        try
        {
            using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream") return (answer.StatusCode, await answer.Content.ReadAsStringAsync(patience.Token));
            using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(patience.Token));
            while (await reader.ReadLineAsync(patience.Token) is { } line) said += line + "\n";
        }
        catch (OperationCanceledException) when (path.EndsWith("/stream", StringComparison.Ordinal))
        {
            // Let in, and nothing more to say.
        }

        return (HttpStatusCode.OK, said);
    }

    private static IEnumerable<RouteEndpoint> Routes(TrackerServer server) => server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();
}
