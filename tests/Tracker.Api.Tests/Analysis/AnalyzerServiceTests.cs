using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using Microsoft.AspNetCore.Hosting;
using Shouldly;
using Tracker.Api.Tests.Alerts;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Analysis;

public sealed class AnalyzerServiceTests(PostgresFixture postgres)
{
    /// <summary>A loss that falls and then is NaN, with a gradient norm above the threshold in every step.</summary>
    private static string Batch(int number, int size, int nanFrom)
    {
        var steps = Enumerable.Range((number - 1) * size, size).ToArray();
        string Column(Func<int, string> value) => string.Join(',', steps.Select(value));
        return $$"""
            {"writer":"w","batch":{{number}},"series":[
              {"name":"train/loss","steps":[{{Column(s => $"{s}")}}],"times":[{{Column(s => $"{s}")}}],"values":[{{Column(s => s >= nanFrom ? "NaN" : string.Create(CultureInfo.InvariantCulture, $"{2.3 / (1 + (s / 40.0)):R}"))}}]},
              {"name":"grad_norm/total","steps":[{{Column(s => $"{s}")}}],"times":[{{Column(s => $"{s}")}}],"values":[{{Column(s => s >= nanFrom ? "NaN" : "3.5")}}]}]}
            """;
    }

    private const string Config = """{"max_grad_norm":1.0,"lr":0.1,"total_steps":1000,"num_classes":10}""";

    private static async Task<List<JsonElement>> DiagnosesAsync(HttpClient client, string run) =>
        [.. (await client.JsonAsync($"/api/v1/runs/{run}/diagnoses")).GetProperty("items").EnumerateArray()];

    private static List<string> Signals(IEnumerable<JsonElement> diagnoses) =>
        [.. diagnoses.SelectMany(d => d.GetProperty("signals").EnumerateArray()).Select(s => s.GetProperty("id").GetString()!).Distinct().Order()];

    [Fact]
    public async Task Probes_batch_ids_and_roles_by_hand_reach_the_analyzer_and_the_catalogue()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync(config: """{"tracker.roles":{"my/score":"train/loss","loss":"none"}}""");
        await (await server.Client.LogAsync(run, """
            {"writer":"w","batch":1,
             "points":[{"step":0,"values":{"my/score":2.3,"loss":1}},{"step":1,"values":{"my/score":"NaN","loss":1}}],
             "histograms":[{"name":"weights/fc1","step":1,"edges":[-1,0,1],"counts":[3,4]}],
             "events":[{"kind":"probe","name":"overfit-one-batch","step":0,"data":{"start":2.3,"end":2.2,"steps":500}}]}
            """)).JsonAsync();
        await TrackerApi.UntilAsync(() => DiagnosesAsync(server.Client, run), list => Signals(list) is ["nan-immediately", "overfit-one-batch"], "both are found");
        var roles = (await server.Client.JsonAsync($"/api/v1/runs/{run}/series")).GetProperty("items").EnumerateArray()
            .ToDictionary(s => s.GetProperty("name").GetString()!, s => s.TryGetProperty("role", out var role) ? role.GetString() : null);
        (roles["my/score"], roles["loss"], roles["weights/fc1"]).ShouldBe(("train/loss", null, "weights/fc1"));
    }

    [Fact]
    public async Task Clipping_and_NaN_are_found_stored_with_evidence_and_told_to_webhook_and_Slack()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var slack = await Receiver.StartAsync();
        await using var server = await TrackerServer.StartAsync(postgres, host =>
        {
            host.UseSetting("Alerts:Webhook:Url", webhook.Url.ToString());
            host.UseSetting("Alerts:Slack:Url", slack.Url.ToString());
            host.UseSetting("Alerts:AllowPrivateAddresses", "true");
        });
        var run = await server.Client.CreateRunAsync(config: Config);
        for (var n = 1; n <= 30; n++) await (await server.Client.LogAsync(run, Batch(n, 20, 500))).JsonAsync();
        var found = await TrackerApi.UntilAsync(() => DiagnosesAsync(server.Client, run), list => Signals(list).Contains("clip-over-80") && Signals(list).Contains("consecutive-nan"), "both are found");
        var clip = found.Single(d => d.GetProperty("signals").EnumerateArray().Any(s => s.GetProperty("id").GetString() == "clip-over-80"));
        clip.GetProperty("title").GetString()!.ShouldContain("clipped");
        var evidence = clip.GetProperty("signals").EnumerateArray().SelectMany(s => s.GetProperty("evidence").EnumerateArray()).ToList();
        evidence.ShouldContain(e => e.GetProperty("series").GetString() == "grad_norm/total" && e.GetProperty("value").GetDouble() > 0.8);
        var nan = found.Single(d => d.GetProperty("signals").EnumerateArray().Any(s => s.GetProperty("id").GetString() == "nan-after-n"));
        nan.GetProperty("severity").GetString().ShouldBe("crit");
        nan.GetProperty("onsetStep").GetInt64().ShouldBe(500);

        foreach (var receiver in new[] { webhook, slack })
        {
            var told = new List<string>();
            while (!told.Exists(text => text.Contains("NaN", StringComparison.Ordinal)) || !told.Exists(text => text.Contains("clipped", StringComparison.Ordinal)))
            {
                told.Add(Encoding.UTF8.GetString((await receiver.NextAsync()).Body));
            }
        }

        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var signals = database.CreateCommand("select count(*) from signals where signal_id in ('clip-over-50', 'clip-over-80', 'nan-after-n', 'consecutive-nan')");
        ((long)(await signals.ExecuteScalarAsync())!).ShouldBeGreaterThanOrEqualTo(4);
    }

    [Fact]
    public async Task What_was_raised_is_not_raised_anew_by_a_restart_nor_by_folding_the_run_from_its_chunks()
    {
        var first = await TrackerServer.StartAsync(postgres);
        var connection = first.ConnectionString;
        var run = await first.Client.CreateRunAsync(config: Config);
        for (var n = 1; n <= 20; n++) await (await first.Client.LogAsync(run, Batch(n, 20, 500))).JsonAsync();
        await TrackerApi.UntilAsync(() => DiagnosesAsync(first.Client, run), list => Signals(list).Contains("clip-over-80"), "clipping is found");
        await first.DisposeAsync();

        await using (var second = TrackerServer.Start(connection))
        {
            for (var n = 21; n <= 30; n++) await (await second.Client.LogAsync(run, Batch(n, 20, 500))).JsonAsync();
            await (await second.Client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
            await TrackerApi.UntilAsync(() => DiagnosesAsync(second.Client, run), list => Signals(list).Contains("consecutive-nan"), "NaN is found");
            await TrackerApi.UntilAsync(() => UnsettledAsync(connection), left => left == 0, "the run is settled");
        }

        var before = await StoredAsync(connection);
        await ExecuteAsync(connection, "update cursors set state = null, state_sequence = 0 where consumer = 'analyzer'; update run_heads set unsettled = true");
        await using var third = TrackerServer.Start(connection);
        await TrackerApi.UntilAsync(() => UnsettledAsync(connection), left => left == 0, "the run is settled again, from its beginning");
        (await StoredAsync(connection)).ShouldBe(before);
        var alerts = (await third.Client.JsonAsync("/api/v1/alerts?since=0")).GetProperty("items").EnumerateArray().ToList();
        alerts.Where(a => a.GetProperty("type").GetString() == "diagnosis.raised").GroupBy(a => a.GetProperty("data").GetProperty("diagnosis").GetString()).ShouldAllBe(g => g.Count() == 1);
    }

    [Fact]
    public async Task Two_nodes_raise_a_diagnosis_once()
    {
        await using var first = await TrackerServer.StartAsync(postgres);
        await using var second = TrackerServer.Start(first.ConnectionString);
        var run = await first.Client.CreateRunAsync(config: Config);
        for (var n = 1; n <= 30; n++) await (await (n % 2 == 0 ? first : second).Client.LogAsync(run, Batch(n, 20, 500))).JsonAsync();
        await TrackerApi.UntilAsync(() => DiagnosesAsync(second.Client, run), list => Signals(list).Contains("consecutive-nan") && Signals(list).Contains("clip-over-80"), "both are found");
        var alerts = (await first.Client.JsonAsync("/api/v1/alerts?since=0")).GetProperty("items").EnumerateArray().ToList();
        alerts.Where(a => a.GetProperty("type").GetString() == "diagnosis.raised").GroupBy(a => a.GetProperty("data").GetProperty("diagnosis").GetString()).ShouldAllBe(g => g.Count() == 1);
    }

    [Fact]
    public async Task What_a_person_says_stays_and_can_be_taken_back()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync(config: Config);
        await (await server.Client.LogAsync(run, Batch(1, 20, 12))).JsonAsync();
        var found = await TrackerApi.UntilAsync(() => DiagnosesAsync(server.Client, run), list => list.Count > 0, "NaN is found");
        var id = found[0].GetProperty("id").GetString();
        (await (await server.Client.PostAsync($"/api/v1/diagnoses/{id}/verdict", """{"verdict":"wrong"}""")).JsonAsync()).GetProperty("verdict").GetString().ShouldBe("wrong");
        (await server.Client.JsonAsync($"/api/v1/runs/{run}")).GetProperty("diagnoses").GetArrayLength().ShouldBe(0);
        (await (await server.Client.PostAsync($"/api/v1/diagnoses/{id}/verdict", """{"verdict":null}""")).JsonAsync()).GetProperty("verdict").ValueKind.ShouldBe(JsonValueKind.Null);
        using var refused = await server.Client.PostAsync($"/api/v1/diagnoses/{id}/verdict", """{"verdict":"perhaps"}""");
        ((int)refused.StatusCode).ShouldBe(422);
    }

    [Fact]
    public async Task The_list_of_diagnoses_is_narrowed_by_severity_verdict_and_condition_and_paged()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync(config: Config);
        for (var n = 1; n <= 25; n++) await (await server.Client.LogAsync(run, Batch(n, 20, 480))).JsonAsync();
        await TrackerApi.UntilAsync(() => DiagnosesAsync(server.Client, run), list => Signals(list).Contains("consecutive-nan") && Signals(list).Contains("clip-over-80"), "both are found");
        async Task<List<string>> List(string query) =>
            [.. (await server.Client.JsonAsync($"/api/v1/diagnoses?{query}")).GetProperty("items").EnumerateArray().Select(d => d.GetProperty("id").GetString()!)];

        var all = await List("limit=100");
        var critical = (await List("severity=crit")).ShouldHaveSingleItem();
        (await List("condition=consecutive-nan")).ShouldBe([critical]);
        (await List("severity=warn&verdict=none")).Count.ShouldBeGreaterThan(1);
        await (await server.Client.PostAsync($"/api/v1/diagnoses/{critical}/verdict", """{"verdict":"muted"}""")).JsonAsync();
        (await List("severity=crit&verdict=none")).ShouldBeEmpty();
        (await List("verdict=muted")).ShouldBe([critical]);
        (await server.Client.JsonAsync($"/api/v1/runs/{run}")).GetProperty("diagnoses").EnumerateArray().ShouldNotContain(d => d.GetProperty("id").GetString() == critical);

        var paged = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await server.Client.JsonAsync($"/api/v1/diagnoses?limit=1{(cursor.Length > 0 ? $"&cursor={cursor}" : "")}");
            paged.AddRange(page.GetProperty("items").EnumerateArray().Select(d => d.GetProperty("id").GetString()!));
            cursor = page.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
        }

        paged.ShouldBe(all);
        using var refused = await server.Client.GetAsync("/api/v1/diagnoses?condition=bad-luck", TestContext.Current.CancellationToken);
        ((int)refused.StatusCode).ShouldBe(422);
    }

    private static async Task<long> UnsettledAsync(string connection)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        await using var command = database.CreateCommand("select count(*) from run_heads where unsettled");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(string connection, string sql)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        await using var command = database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>All that the analyzer wrote, with the numbers and times of its writing.</summary>
    private static async Task<string> StoredAsync(string connection)
    {
        await using var database = NpgsqlDataSource.Create(connection);
        await using var command = database.CreateCommand("""
            select (select jsonb_agg(to_jsonb(d) order by d.id) from diagnoses d)::text || (select jsonb_agg(to_jsonb(s) order by s.signal_id, s.series, s.onset_step) from signals s)::text
              || (select jsonb_agg(a.id order by a.id) from alerts a)::text
            """);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
