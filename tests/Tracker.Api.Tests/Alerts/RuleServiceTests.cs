using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

public sealed class RuleServiceTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, object body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body) };
        using var response = await client.SendAsync(request, Cancel);
        response.StatusCode.ShouldBe(expected, await response.Content.ReadAsStringAsync(Cancel));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
    }

    private static Task<HttpResponseMessage> LogAsync(TrackerServer server, string run, int batch, string series, params double[] values)
    {
        var steps = string.Join(',', Enumerable.Range(0, values.Length).Select(i => (batch * 100) + i));
        var numbers = string.Join(',', values.Select(value => double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "NaN"));
        return server.Client.LogAsync(run, $$$"""{"writer":"w","batch":{{{batch}}},"series":[{"name":"{{{series}}}","steps":[{{{steps}}}],"values":[{{{numbers}}}]}]}""");
    }

    private static async Task<List<(string Type, string Title)>> AlertsAsync(TrackerServer server, string run) =>
        [.. (await server.Client.JsonAsync($"/api/v1/alerts?run={run}")).GetProperty("items").EnumerateArray()
            .Select(alert => (alert.GetProperty("type").GetString()!, alert.GetProperty("data").GetProperty("title").GetString()!))];

    private static async Task<JsonElement> RunAsync(TrackerServer server, string run) => await server.Client.JsonAsync($"/api/v1/runs/{run}");

    [Fact]
    public async Task A_rule_is_previewed_saved_raised_and_taken_back_and_can_stop_a_run()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var old = await server.Client.CreateRunAsync("digits");
        await LogAsync(server, old, 1, "val/accuracy", 0.5, 0.05, 0.04, 0.6);
        var preview = await SendAsync(server.Client, HttpMethod.Post, "/api/v1/projects/digits/rules/preview", new { expression = "val/accuracy < 0.1 for 2 points" });
        var seen = preview.GetProperty("runs")[0].GetProperty("raised").EnumerateArray().ShouldHaveSingleItem();
        (seen.GetProperty("onsetStep").GetInt64(), seen.GetProperty("step").GetInt64()).ShouldBe((101, 102));

        var wrong = await SendAsync(server.Client, HttpMethod.Post, "/api/v1/projects/digits/rules", new { expression = "val/accuracy <" }, HttpStatusCode.UnprocessableEntity);
        wrong.GetProperty("position").GetInt32().ShouldBe(14);
        var rule = await SendAsync(server.Client, HttpMethod.Post, "/api/v1/projects/digits/rules",
            new { name = "accuracy collapsed", expression = "val/accuracy < 0.1 for 2 points", severity = "high", stop = true }, HttpStatusCode.Created);
        (await AlertsAsync(server, old)).ShouldBeEmpty();

        var run = await server.Client.CreateRunAsync("digits");
        await LogAsync(server, run, 1, "val/accuracy", 0.5, 0.05);
        await LogAsync(server, run, 2, "val/accuracy", 0.04, 0.5, 0.5, 0.5);
        await TrackerApi.UntilAsync(() => AlertsAsync(server, run), alerts => alerts.Select(alert => alert.Type).SequenceEqual(["rule.raised", "run.stopped", "rule.resolved"]), "the rule spoke");
        (await RunAsync(server, run)).GetProperty("stop").GetProperty("by").GetString().ShouldBe("rule: accuracy collapsed");
        using var logged = await server.Client.LogAsync(run, """{"writer":"w","batch":3,"points":[{"step":900,"values":{"val/accuracy":0.5}}]}""");
        (await logged.JsonAsync()).GetProperty("stop").GetProperty("reason").GetString()!.ShouldContain("val/accuracy < 0.1");
        await SendAsync(server.Client, HttpMethod.Post, $"/api/v1/runs/{run}/finish", new { state = "killed" });
        var savings = await server.Client.JsonAsync("/api/v1/projects/digits/savings");
        savings.GetProperty("stoppedRuns").GetInt32().ShouldBe(1);
        using var gone = await server.Client.DeleteAsync(new Uri($"/api/v1/rules/{rule.GetProperty("id").GetString()}", UriKind.Relative), Cancel);
        gone.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Stop_rules_are_off_until_a_project_switches_them_on()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var nan = Enumerable.Repeat(double.NaN, 60).Prepend(1.0).ToArray();
        var free = await server.Client.CreateRunAsync("free");
        await LogAsync(server, free, 1, "loss", nan);
        var guarded = await server.Client.CreateRunAsync("guarded");
        await SendAsync(server.Client, HttpMethod.Put, "/api/v1/projects/guarded/stop-rules", new { nanSteps = 50, divergence = false });
        await LogAsync(server, guarded, 1, "loss", nan[..40]);
        await LogAsync(server, guarded, 2, "loss", 1, 2);
        var lost = await server.Client.CreateRunAsync("guarded");
        await LogAsync(server, lost, 1, "loss", nan);
        await TrackerApi.UntilAsync(() => RunAsync(server, lost), run => run.GetProperty("stop").ValueKind == JsonValueKind.Object, "the run is stopped");
        (await RunAsync(server, lost)).GetProperty("stop").GetProperty("reason").GetString().ShouldBe("loss was not finite for 50 steps");
        foreach (var run in new[] { free, guarded }) (await RunAsync(server, run)).GetProperty("stop").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Divergence_stops_a_run_where_the_project_wants_it_and_not_again_for_what_was_before_it_was_resumed()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await server.Client.CreateRunAsync("wild");
        await SendAsync(server.Client, HttpMethod.Put, "/api/v1/projects/wild/stop-rules", new { divergence = true });
        var run = await DivergeAsync();
        await (await server.Client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
        await (await server.Client.PostAsync("/api/v1/runs", $$"""{"project":"wild","id":"{{run}}","resume":"must"}""")).JsonAsync();

        // Whoever looks for the second run sees the first one too.
        await DivergeAsync();
        (await RunAsync(server, run)).GetProperty("stop").ValueKind.ShouldBe(JsonValueKind.Null);

        async Task<string> DivergeAsync()
        {
            var wild = await server.Client.CreateRunAsync("wild");
            for (var batch = 1; batch <= 6; batch++)
                await LogAsync(server, wild, batch, "train/loss", [.. Enumerable.Range(0, 40).Select(i => batch < 4 ? 2.3 / (1 + (((batch * 40) + i) / 40.0)) : double.NaN)]);
            var stopped = await TrackerApi.UntilAsync(() => RunAsync(server, wild), seen => seen.GetProperty("stop").ValueKind == JsonValueKind.Object, "the run is stopped");
            stopped.GetProperty("stop").GetProperty("by").GetString().ShouldBe("rule: stop on divergence");
            return wild;
        }
    }

    [Fact]
    public async Task Silence_of_a_series_is_told_and_taken_back_and_a_line_of_code_is_heard_once_a_minute()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync("quiet");
        await SendAsync(server.Client, HttpMethod.Post, "/api/v1/projects/quiet/rules", new { name = "no loss", expression = "absent(train/loss, 1s)" }, HttpStatusCode.Created);
        await LogAsync(server, run, 1, "train/loss", 1, 2);
        await TrackerApi.UntilAsync(() => AlertsAsync(server, run), alerts => alerts.Contains(("rule.raised", "no loss")), "silence is told");
        await LogAsync(server, run, 2, "train/loss", 1, 2);
        await TrackerApi.UntilAsync(() => AlertsAsync(server, run), alerts => alerts.Contains(("rule.resolved", "no loss")), "and taken back");

        for (var n = 3; n <= 5; n++)
            await server.Client.LogAsync(run, $$$"""{"writer":"w","batch":{{{n}}},"events":[{"kind":"alert","name":"low reward","level":"error","time":{{{1000 * (n == 5 ? 100 : n)}}},"data":{"text":"reward is 3"}}]}""");
        await TrackerApi.UntilAsync(() => AlertsAsync(server, run), alerts => alerts.Count(alert => alert == ("code.alert", "low reward")) == 2, "code is heard, but not each time");
    }

    [Fact]
    public async Task Of_a_run_that_is_muted_neither_states_nor_lines_of_code_are_told()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var (muted, heard) = (await server.Client.CreateRunAsync("team"), await server.Client.CreateRunAsync("team"));
        await (await server.Client.PostAsync("/api/v1/mutes", $$"""{"run":"{{muted}}"}""")).JsonAsync();
        foreach (var run in new[] { muted, heard })
        {
            await (await server.Client.LogAsync(run, """{"writer":"w","batch":1,"events":[{"kind":"alert","name":"low reward","time":1000}]}""")).JsonAsync();
            await (await server.Client.PostAsync($"/api/v1/runs/{run}/finish", """{"exitCode":3}""")).JsonAsync();
        }

        var told = await TrackerApi.UntilAsync(
            async () => (await server.Client.JsonAsync("/api/v1/alerts")).GetProperty("items").EnumerateArray().Select(alert => (alert.GetProperty("type").GetString(), alert.GetProperty("data").GetProperty("run").GetString())).ToList(),
            alerts => alerts.Count >= 2, "the other run is told of");
        told.ShouldBe([("code.alert", heard), ("run.failed", heard)], ignoreOrder: true);
    }

    [Fact]
    public async Task Routes_choose_who_gets_what_and_states_of_runs_are_told()
    {
        await using var everything = await Receiver.StartAsync();
        await using var critical = await Receiver.StartAsync();
        await using var server = await TrackerServer.StartAsync(postgres, host => host.UseSetting("Alerts:AllowPrivateAddresses", "true"));
        var all = (await SendAsync(server.Client, HttpMethod.Post, "/api/v1/channels", new { kind = "webhook", url = everything.Url }, HttpStatusCode.Created)).GetProperty("id").GetString();
        var few = (await SendAsync(server.Client, HttpMethod.Post, "/api/v1/channels", new { kind = "webhook", url = critical.Url }, HttpStatusCode.Created)).GetProperty("id").GetString();
        using var made = await server.Client.PostAsync("/api/v1/runs", """{"project":"team","tags":["prod"],"config":{"user":"ada"}}""");
        var run = (await made.JsonAsync()).GetProperty("id").GetString()!;
        var other = await server.Client.CreateRunAsync("team");
        await SendAsync(server.Client, HttpMethod.Post, "/api/v1/routes", new { project = "team", name = "ends", match = new { types = new[] { "run.finished", "run.failed" } }, channels = new[] { all } }, HttpStatusCode.Created);
        await SendAsync(server.Client, HttpMethod.Post, "/api/v1/routes", new { project = "team", name = "ada's failures", match = new { severity = "high", tags = new[] { "prod" }, users = new[] { "ada" } }, channels = new[] { few } }, HttpStatusCode.Created);
        await SendAsync(server.Client, HttpMethod.Post, "/api/v1/routes", new { name = "x", channels = new[] { "nowhere" } }, HttpStatusCode.UnprocessableEntity);
        await SendAsync(server.Client, HttpMethod.Post, $"/api/v1/runs/{other}/finish", new { exitCode = 0 });
        await SendAsync(server.Client, HttpMethod.Post, $"/api/v1/runs/{run}/finish", new { exitCode = 3 });
        static string Type(Received received) => JsonSerializer.Deserialize<JsonElement>(received.Body).GetProperty("type").GetString()!;
        // Messages about different runs do not wait for each other.
        string[] told = [Type(await everything.NextAsync()), Type(await everything.NextAsync())];
        told.Order(StringComparer.Ordinal).ShouldBe(["run.failed", "run.finished"]);
        Type(await critical.NextAsync()).ShouldBe("run.failed");
        critical.All.Count.ShouldBe(1);
    }
}
