using System.Globalization;
using System.Text;
using System.Text.Json;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Analysis;

public sealed class OptionsAndMutesTests(PostgresFixture postgres)
{
    /// <summary>A falling loss whose gradients are above the threshold of 1 in every step.</summary>
    private static string Steps(int from, int count)
    {
        string Column(Func<int, double> value) => string.Join(',', Enumerable.Range(from, count).Select(s => value(s).ToString("R", CultureInfo.InvariantCulture)));
        return $$"""
            {"series":[{"name":"train/loss","steps":[{{Column(s => s)}}],"values":[{{Column(s => 2.3 / (1 + (s / 40.0)))}}]},
                       {"name":"grad_norm/total","steps":[{{Column(s => s)}}],"values":[{{Column(s => 3.5 + (0.001 * (s % 7)))}}]}]}
            """;
    }

    private static async Task<JsonElement> PutAsync(TrackerServer server, string path, string json) =>
        await (await server.Client.PutAsync(new Uri(path, UriKind.Relative), new StringContent(json, Encoding.UTF8, "application/json"))).JsonAsync();

    private static Task<JsonElement> RunAsync(TrackerServer server, string run) => server.Client.JsonAsync($"/api/v1/runs/{run}");

    private static string? Status(JsonElement run) => run.GetProperty("health").GetProperty("status").GetString();

    private static async Task<string> ClippedAsync(TrackerServer server, string project)
    {
        var run = await server.Client.CreateRunAsync(project, """{"max_grad_norm":1.0}""");
        await (await server.Client.LogAsync(run, Steps(0, 400))).JsonAsync();
        return run;
    }

    [Fact]
    public async Task Thresholds_of_a_run_and_of_its_project_hold_live_and_replayed()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await (await server.Client.LogAsync(await server.Client.CreateRunAsync("tuned"), """{"series":[]}""")).JsonAsync();
        var set = await PutAsync(server, "/api/v1/projects/tuned/options", """{"clipping":{"often":1,"mostly":1}}""");
        set.GetProperty("effective").GetProperty("clipping").GetProperty("mostly").GetDouble().ShouldBe(1);
        var quiet = await ClippedAsync(server, "tuned");
        var loud = await server.Client.CreateRunAsync("tuned", """{"max_grad_norm":1.0}""");
        var own = await PutAsync(server, $"/api/v1/runs/{loud}/options", """{"clipping":{"mostly":0.8}}""");
        own.GetProperty("project").GetProperty("clipping").GetProperty("often").GetDouble().ShouldBe(1);
        own.GetProperty("effective").GetProperty("clipping").GetProperty("often").GetDouble().ShouldBe(1);
        own.GetProperty("effective").GetProperty("clipping").GetProperty("mostly").GetDouble().ShouldBe(0.8);
        await (await server.Client.LogAsync(loud, Steps(0, 400))).JsonAsync();
        await TrackerApi.UntilAsync(() => RunAsync(server, loud), run => Status(run) == "critical", "clipping above 80 % is found");

        var replayed = (await (await server.Client.PostAsync("/api/v1/projects/tuned/backtest", "{}")).JsonAsync()).GetProperty("items").EnumerateArray()
            .ToDictionary(item => item.GetProperty("run").GetString()!, item => item.GetProperty("raised").EnumerateArray().SelectMany(d => d.GetProperty("conditions").EnumerateArray()).Select(c => c.GetString()).ToList());
        replayed[loud].ShouldContain("clip-over-80");
        replayed[loud].ShouldNotContain("clip-over-50");
        replayed[quiet].ShouldNotContain("clip-over-80");
    }

    [Fact]
    public async Task Every_threshold_is_listed_with_its_meaning_and_limits_that_options_take()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var book = (await server.Client.JsonAsync("/api/v1/thresholds")).GetProperty("items").EnumerateArray().ToList();
        var effective = (await server.Client.JsonAsync($"/api/v1/runs/{run}/options")).GetProperty("effective");
        foreach (var detector in book)
        {
            foreach (var threshold in detector.GetProperty("thresholds").EnumerateArray())
            {
                var name = threshold.GetProperty("name").GetString()!;
                threshold.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty($"{detector.GetProperty("detector")}.{name} is explained");
                effective.GetProperty(detector.GetProperty("detector").GetString()!).GetProperty(name).GetDouble().ShouldBe(threshold.GetProperty("default").GetDouble());
            }
        }

        var clipping = book.Single(detector => detector.GetProperty("detector").GetString() == "clipping");
        clipping.GetProperty("conditions").EnumerateArray().Select(id => id.GetString()).ShouldBe(["clip-over-50", "clip-over-80"]);
        var most = clipping.GetProperty("thresholds").EnumerateArray().Single(threshold => threshold.GetProperty("name").GetString() == "points").GetProperty("most").GetDouble();
        await PutAsync(server, $"/api/v1/runs/{run}/options", $$$"""{"clipping":{"points":{{{most}}}}}""");
    }

    [Fact]
    public async Task A_threshold_that_is_unknown_or_out_of_range_is_named()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        foreach (var (json, field) in new[] { ("""{"clipping":{"oftn":0.4}}""", "options.clipping.oftn"), ("""{"clipping":{"often":-1}}""", "options.clipping.often"), ("""{"clipping":{"points":0}}""", "options.clipping.points") })
        {
            using var answer = await server.Client.PutAsync(new Uri($"/api/v1/runs/{run}/options", UriKind.Relative), new StringContent(json, Encoding.UTF8, "application/json"));
            ((int)answer.StatusCode).ShouldBe(422);
            JsonDocument.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement.GetProperty("field").GetString().ShouldBe(field);
        }
    }

    [Fact]
    public async Task A_mute_silences_counts_and_health_and_leaves_the_diagnosis()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await ClippedAsync(server, "muted");
        await TrackerApi.UntilAsync(() => RunAsync(server, run), r => Status(r) == "critical", "clipping is found");
        (await RunAsync(server, run)).GetProperty("diagnoses").GetArrayLength().ShouldBeInRange(1, 3);

        foreach (var condition in new[] { "clip-over-50", "clip-over-80", "missing-val" }) await (await server.Client.PostAsync("/api/v1/mutes", $$"""{"project":"muted","condition":"{{condition}}"}""")).JsonAsync();
        Status(await RunAsync(server, run)).ShouldNotBe("critical");
        (await server.Client.JsonAsync("/api/v1/projects")).GetProperty("items").EnumerateArray().Single(p => p.GetProperty("name").GetString() == "muted").GetProperty("openDiagnoses").GetInt64().ShouldBe(0);
        (await server.Client.JsonAsync($"/api/v1/runs/{run}/diagnoses")).GetProperty("items").EnumerateArray().ShouldContain(d => d.GetProperty("severity").GetString() == "high");

        foreach (var mute in (await server.Client.JsonAsync("/api/v1/mutes?project=muted")).GetProperty("items").EnumerateArray().ToList())
        {
            (await server.Client.DeleteAsync(new Uri($"/api/v1/mutes/{mute.GetProperty("id").GetString()}", UriKind.Relative))).EnsureSuccessStatusCode();
        }

        Status(await RunAsync(server, run)).ShouldBe("critical");
        using var past = await server.Client.PostAsync("/api/v1/mutes", $$"""{"run":"{{run}}","until":"2001-01-01T00:00:00Z"}""");
        ((int)past.StatusCode).ShouldBe(422);
    }
}
