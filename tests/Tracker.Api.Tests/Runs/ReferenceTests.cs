using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Runs;

public sealed class ReferenceTests(PostgresFixture postgres)
{
    private static Task<HttpResponseMessage> LogAsync(TrackerServer server, string run, string name, Func<int, double> value)
    {
        string Column(Func<int, double> of) => string.Join(',', Enumerable.Range(0, 400).Select(step => of(step).ToString("R", CultureInfo.InvariantCulture)));
        return server.Client.LogAsync(run, $$"""{"writer":"w","batch":1,"series":[{"name":"{{name}}","steps":[{{Column(step => step)}}],"values":[{{Column(value)}}]}]}""");
    }

    private static double Falls(int step) => (2 / (1 + (step / 40.0))) + (0.02 * (step % 7));

    private static async Task<string> CreateAsync(TrackerServer server, string body) =>
        (await (await server.Client.PostAsync("/api/v1/runs", body)).JsonAsync()).GetProperty("id").GetString()!;

    private static async Task<List<string>> EventsAsync(TrackerServer server, string run, string kind) =>
        [.. (await server.Client.JsonAsync($"/api/v1/runs/{run}/events?kind={kind}")).GetProperty("items").EnumerateArray().Select(e => e.GetProperty("data").GetRawText())];

    [Fact]
    public async Task A_run_is_compared_with_the_band_of_its_reference_until_it_has_none()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var reference = await CreateAsync(server, """{"project":"digits","name":"base"}""");
        await (await LogAsync(server, reference, "loss", Falls)).JsonAsync();
        var run = await CreateAsync(server, $$"""{"project":"digits","reference":"{{reference}}"}""");

        var shown = await server.Client.JsonAsync($"/api/v1/runs/{run}/reference");
        (shown.GetProperty("run").GetString(), shown.GetProperty("name").GetString()).ShouldBe((reference, "base"));
        var band = shown.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        (band.GetProperty("series").GetString(), band.GetProperty("role").GetString()).ShouldBe(("loss", "train/loss"));
        var (low, level, high) = (Numbers(band, "low"), Numbers(band, "level"), Numbers(band, "high"));
        for (var i = 0; i < level.Count; i++) level[i].ShouldBeInRange(low[i], high[i]);

        await (await LogAsync(server, run, "train/loss", _ => 1.9)).JsonAsync();
        var departure = await TrackerApi.UntilAsync(
            async () => (await server.Client.JsonAsync($"/api/v1/runs/{run}/diagnoses")).GetProperty("items").EnumerateArray()
                .SelectMany(d => d.GetProperty("signals").EnumerateArray()).FirstOrDefault(s => s.GetProperty("id").GetString() == "known-recipe"),
            signal => signal.ValueKind == JsonValueKind.Object, "the departure is noted");
        departure.GetProperty("severity").GetString().ShouldBe("info");

        await (await server.Client.PatchAsync($"/api/v1/runs/{run}", new StringContent("""{"reference":""}""", System.Text.Encoding.UTF8, "application/json"))).JsonAsync();
        (await server.Client.JsonAsync($"/api/v1/runs/{run}/reference")).GetProperty("items").EnumerateArray().ShouldBeEmpty();

        List<double> Numbers(JsonElement of, string name) => [.. of.GetProperty(name).EnumerateArray().Select(n => n.GetDouble())];
    }

    [Fact]
    public async Task A_sibling_with_another_batch_size_at_the_same_rate_is_named_and_others_are_not()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await CreateAsync(server, """{"project":"scale","name":"small","config":{"model":"cnn","optimizer":"sgd","lr":0.1,"batch_size":64,"seed":1}}""");
        var large = await CreateAsync(server, """{"project":"scale","config":{"model":"cnn","optimizer":"sgd","lr":0.1,"batch_size":256,"seed":2}}""");
        var other = await CreateAsync(server, """{"project":"scale","config":{"model":"vit","optimizer":"sgd","lr":0.1,"batch_size":512,"depth":12,"heads":8}}""");
        (await EventsAsync(server, large, "sibling")).ShouldHaveSingleItem().ShouldContain("\"small\"");
        (await EventsAsync(server, other, "sibling")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_that_lives_and_logs_nothing_says_so_in_its_journal()
    {
        await using var server = await TrackerServer.StartAsync(postgres, host => host.UseSetting("Runs:SilentAfter", "00:00:01"));
        var run = await CreateAsync(server, """{"project":"digits"}""");
        await (await LogAsync(server, run, "train/loss", Falls)).JsonAsync();
        await TrackerApi.UntilAsync(async () =>
        {
            await server.Client.PostAsync($"/api/v1/runs/{run}/heartbeat", """{"writer":"w"}""");
            return await EventsAsync(server, run, "stalled");
        }, events => events.Count > 0, "the silence is written");
    }
}
