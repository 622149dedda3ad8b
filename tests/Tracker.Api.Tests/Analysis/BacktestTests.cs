using System.Globalization;
using System.Text.Json;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Analysis;

public sealed class BacktestTests(PostgresFixture postgres)
{
    /// <summary>A falling loss whose gradients are clipped wherever the norm is above 1.</summary>
    private static string Steps(double norm)
    {
        string Column(Func<int, double> value) => string.Join(',', Enumerable.Range(0, 400).Select(s => value(s).ToString("R", CultureInfo.InvariantCulture)));
        return $$"""
            {"series":[{"name":"train/loss","steps":[{{Column(s => s)}}],"values":[{{Column(s => 2.3 / (1 + (s / 40.0)))}}]},
                       {"name":"grad_norm/total","steps":[{{Column(s => s)}}],"values":[{{Column(s => norm + (0.001 * (s % 7)))}}]}]}
            """;
    }

    private static async Task<string> RunAsync(TrackerServer server, double norm)
    {
        var run = await server.Client.CreateRunAsync("digits", """{"max_grad_norm":1.0}""");
        await (await server.Client.LogAsync(run, Steps(norm))).JsonAsync();
        await (await server.Client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
        return run;
    }

    private static async Task<JsonElement> BacktestAsync(TrackerServer server, string request) => await (await server.Client.PostAsync("/api/v1/projects/digits/backtest", request)).JsonAsync();

    private static List<string?> Words(JsonElement list) => [.. list.EnumerateArray().Select(w => w.GetString())];

    [Fact]
    public async Task The_present_rules_give_what_is_stored_and_other_thresholds_what_they_would_change()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await RunAsync(server, norm: 3.5);
        await TrackerApi.UntilAsync(async () => (await server.Client.JsonAsync($"/api/v1/runs/{run}/diagnoses")).GetProperty("items").EnumerateArray().ToList(),
            list => list.Exists(d => Words(d.GetProperty("signals"), "id").Contains("clip-over-80")), "clipping is found");

        var same = (await BacktestAsync(server, "{}")).GetProperty("items")[0];
        same.GetProperty("run").GetString().ShouldBe(run);
        Words(same.GetProperty("added")).ShouldBeEmpty();
        Words(same.GetProperty("gone")).ShouldBeEmpty();
        same.GetProperty("raised").EnumerateArray().SelectMany(d => Words(d.GetProperty("conditions"))).ShouldContain("clip-over-80");

        var other = (await BacktestAsync(server, """{"options":{"clipping":{"often":1.5,"mostly":1.5}}}""")).GetProperty("items")[0];
        Words(other.GetProperty("gone")).ShouldContain("clip-over-80");
        other.GetProperty("stored").EnumerateArray().SelectMany(d => Words(d.GetProperty("conditions"))).ShouldContain("clip-over-80");
        other.GetProperty("raised").EnumerateArray().SelectMany(d => Words(d.GetProperty("conditions"))).ShouldNotContain("clip-over-80");
        (await server.Client.JsonAsync($"/api/v1/runs/{run}/diagnoses")).GetProperty("items").EnumerateArray().ShouldContain(d => Words(d.GetProperty("signals"), "id").Contains("clip-over-80"));
    }

    [Fact]
    public async Task Pages_cover_each_run_once_and_none_from_before()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var runs = new List<string>();
        for (var i = 0; i < 3; i++) runs.Add(await RunAsync(server, norm: 0.1));
        var found = new List<string>();
        var request = """{"limit":2}""";
        for (string? cursor = ""; cursor is not null; request = $$"""{"limit":2,"cursor":"{{cursor}}"}""")
        {
            var page = await BacktestAsync(server, request);
            found.AddRange(page.GetProperty("items").EnumerateArray().Select(r => r.GetProperty("run").GetString()!));
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }

        found.ShouldBe(runs);
        (await BacktestAsync(server, """{"since":"2100-01-01T00:00:00Z"}""")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"options":{"clipping":{"oftn":0.4}}}""", "options.clipping.oftn")]
    [InlineData("""{"options":{"clipping":null}}""", "options.clipping")]
    [InlineData("""{"options":{"clipping":{"often":"much"}}}""", "options.clipping.often")]
    [InlineData("""{"options":[1]}""", "options")]
    [InlineData("""{"limit":0}""", "limit")]
    public async Task What_is_no_threshold_is_refused_by_its_name(string request, string field)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await RunAsync(server, norm: 0.1);
        using var refused = await server.Client.PostAsync("/api/v1/projects/digits/backtest", request);
        ((int)refused.StatusCode).ShouldBe(422);
        JsonElement.Parse(await refused.Content.ReadAsStringAsync()).GetProperty("field").GetString().ShouldBe(field);
    }

    [Fact]
    public async Task A_project_that_is_not_there_is_not_found()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var answer = await server.Client.PostAsync("/api/v1/projects/nothing/backtest", "{}");
        ((int)answer.StatusCode).ShouldBe(404);
    }

    private static List<string?> Words(JsonElement list, string field) => [.. list.EnumerateArray().Select(w => w.GetProperty(field).GetString())];
}
