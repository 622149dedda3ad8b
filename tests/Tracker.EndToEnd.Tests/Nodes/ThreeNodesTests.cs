using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests.Nodes;

/// <summary>Three servers on one database, requests going round without sticky sessions, one server killed in the middle.</summary>
public sealed class ThreeNodesTests(PostgresFixture postgres, ITestOutputHelper output) : IAsyncDisposable
{
    private const int Runs = 9;
    private const int Batches = 24;
    private const int StepsPerBatch = 10;
    private const string Loss = "train/loss";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly TemporaryFolder data = new();
    private readonly List<TrackerProcess> nodes = [];
    private readonly ConcurrentDictionary<string, ConcurrentBag<string>> delivered = new();
    private int requests;

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes) await node.DisposeAsync();
        data.Dispose();
    }

    [Fact]
    public async Task A_node_killed_in_the_middle_loses_and_doubles_nothing_and_the_others_go_on()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Processes are stopped by signal.");
        await using var receiver = await AlertKillTests.ReceiveAsync(async context =>
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body);
            delivered.GetOrAdd(context.Request.Headers["webhook-id"].ToString(), _ => []).Add(body.RootElement.GetProperty("data").GetRawText());
        });
        // They find nothing there: all three make the schema at once.
        var database = await postgres.CreateDatabaseAsync(withSchema: false);
        nodes.AddRange(await Task.WhenAll(Enumerable.Range(0, 3).Select(n => StartNodeAsync(n, database, receiver.Urls.First()))));
        await using var sql = NpgsqlDataSource.Create(database);
        using var first = new HttpClient { BaseAddress = nodes[0].Address };
        using var second = new HttpClient { BaseAddress = nodes[1].Address };
        var runs = Enumerable.Range(0, Runs).Select(n => $"run-{n}").ToArray();
        foreach (var run in runs) await PostAsync("/api/v1/runs", $$"""{"project":"nodes","id":"{{run}}"}""");
        await using var watch = await LiveWatch.StartAsync(nodes[0].Address!, runs[0], Loss);

        var half = new TaskCompletionSource();
        var acknowledged = 0;
        var writing = Task.WhenAll(runs.Select(run => Task.Run(async () =>
        {
            for (var batch = 1; batch <= Batches; batch++)
            {
                var answer = await PostAsync($"/api/v1/runs/{run}/log", Batch(batch));
                answer.GetProperty("acceptedThrough").GetInt64().ShouldBe(batch);
                if (Interlocked.Increment(ref acknowledged) == Runs * Batches / 2) half.SetResult();
            }
        })));
        await Task.WhenAny(half.Task, writing);
        var leasesThen = await LeasesAsync(sql);
        await nodes[2].KillAsync();
        var clock = Stopwatch.StartNew();
        await writing;

        await TrackerApi.UntilAsync(() => BehindAsync(sql), behind => behind.Length == 0, "every run is followed to its end by a node that lives", Patience);
        var settled = clock.Elapsed;
        var expected = Enumerable.Range(0, Batches * StepsPerBatch).Select(step => $"{step},{Text(step)}").ToList();
        foreach (var run in runs)
        {
            (await first.PointsAsync(run, Loss)).ShouldBe(expected);
            (await second.PointsAsync(run, Loss)).ShouldBe(expected);
        }

        // What one node pushed is what all three wrote, each step once and in order.
        await TrackerApi.UntilAsync(() => Task.FromResult(watch.Steps.Length), count => count >= expected.Count, "the watcher has seen every step", Patience);
        watch.Steps.ShouldBe(Enumerable.Range(0, expected.Count).Select(step => (long)step));

        await CheckDiagnosesAsync(first, second, runs);
        await CheckDeliveriesAsync(first, runs);
        output.WriteLine($"{leasesThen.Select(lease => lease.Node).Distinct().Count()} nodes held {leasesThen.Count} runs at the kill; all runs settled {settled.TotalSeconds:F1} s after it.");
    }

    private async Task CheckDiagnosesAsync(HttpClient first, HttpClient second, string[] runs)
    {
        var here = await ItemsAsync(first, "/api/v1/diagnoses?project=nodes&limit=1000");
        var there = await ItemsAsync(second, "/api/v1/diagnoses?project=nodes&limit=1000");
        var ids = here.Select(diagnosis => diagnosis.GetProperty("id").GetString()).ToArray();
        ids.ShouldBeUnique();
        there.Select(diagnosis => diagnosis.GetProperty("id").GetString()).ShouldBe(ids, ignoreOrder: true);
        // The same points give the same diagnoses, whoever analysed them and whoever took over in the middle.
        var found = here.GroupBy(diagnosis => diagnosis.GetProperty("run").GetString()!).ToDictionary(group => group.Key, group => group
            .Select(diagnosis => $"{diagnosis.GetProperty("cause")} {diagnosis.GetProperty("severity")} {diagnosis.GetProperty("onsetStep")} {diagnosis.GetProperty("step")}").Order(StringComparer.Ordinal).ToArray());
        found.Keys.ShouldBe(runs, ignoreOrder: true);
        found[runs[0]].ShouldContain(text => text.Contains(" crit "));
        foreach (var run in runs) found[run].ShouldBe(found[runs[0]], run);
    }

    private async Task CheckDeliveriesAsync(HttpClient node, string[] runs)
    {
        var alerts = await TrackerApi.UntilAsync(() => ItemsAsync(node, "/api/v1/alerts?limit=1000"),
            items => items.Length > 0 && items.All(alert => delivered.ContainsKey(alert.GetProperty("id").GetString()!)), "every alert is delivered", Patience);
        delivered.Keys.ShouldBe(alerts.Select(alert => alert.GetProperty("id").GetString()!), ignoreOrder: true);
        // A node that dies between a delivery and its note leaves a double; it bears the same id and says the same.
        delivered.Values.ShouldAllBe(bodies => bodies.Distinct().Count() == 1);
        var told = delivered.Values.Select(bodies => JsonDocument.Parse(bodies.First()).RootElement).Select(alert => $"{alert.GetProperty("run")} {alert.GetProperty("title")}").ToArray();
        told.ShouldBeUnique();
        foreach (var run in runs) told.ShouldContain(text => text.StartsWith(run + " ", StringComparison.Ordinal), run);
    }

    private static async Task<JsonElement[]> ItemsAsync(HttpClient client, string path) => [.. (await client.JsonAsync(path)).GetProperty("items").EnumerateArray()];

    /// <summary>To the next node in turn; when it does not answer, to the one after it, as a proxy and a client that sends again do.</summary>
    private async Task<JsonElement> PostAsync(string path, string body)
    {
        for (var attempt = 0; ; attempt++)
        {
            var node = nodes[Interlocked.Increment(ref requests) % nodes.Count];
            using var client = new HttpClient { BaseAddress = node.Address };
            try
            {
                return await (await client.PostAsync(path, body)).JsonAsync();
            }
            catch (HttpRequestException) when (attempt < 20)
            {
                // The batch may have been stored: its number tells.
            }
        }
    }

    private static string Batch(int number)
    {
        var steps = Enumerable.Range((number - 1) * StepsPerBatch, StepsPerBatch).ToArray();
        var values = steps.Select(step => double.IsNaN(Value(step)) ? "NaN" : Text(step));
        return $$$"""{"writer":"w","batch":{{{number}}},"series":[{"name":"{{{Loss}}}","steps":[{{{string.Join(',', steps)}}}],"times":[{{{string.Join(',', steps.Select(step => 1_700_000_000_000L + (step * 100L)))}}}],"values":[{{{string.Join(',', values)}}}]}]}""";
    }

    private static double Value(int step) => step < Batches * StepsPerBatch / 2 ? 2.3 / (1 + (step / 40.0)) : double.NaN;

    private static string Text(int step) => Value(step).ToString("R", CultureInfo.InvariantCulture);

    private async Task<TrackerProcess> StartNodeAsync(int number, string database, string receiver)
    {
        var folder = Path.Combine(data.Path, $"node-{number}");
        Directory.CreateDirectory(folder);
        return await TrackerProcess.StartAsync(folder, new Dictionary<string, string>
        {
            ["ConnectionStrings__Tracker"] = database,
            ["Alerts__Webhook__Url"] = receiver,
            ["Alerts__AllowPrivateAddresses"] = "true",
            ["Alerts__ClaimDuration"] = "00:00:03",
            ["Alerts__RequestTimeout"] = "00:00:02",
        });
    }

    private static async Task<List<(string Run, string Node)>> LeasesAsync(NpgsqlDataSource sql)
    {
        await using var command = sql.CreateCommand("select r.id, l.node from leases l join runs r using (run_key) where l.until > clock_timestamp()");
        await using var reader = await command.ExecuteReaderAsync();
        var leases = new List<(string, string)>();
        while (await reader.ReadAsync()) leases.Add((reader.GetString(0), reader.GetString(1)));
        return leases;
    }

    /// <summary>Runs of which some consumer has not come to the head, or that nobody settled.</summary>
    private static async Task<string> BehindAsync(NpgsqlDataSource sql)
    {
        await using var command = sql.CreateCommand("""
            select coalesce(string_agg(distinct r.id || ' ' || coalesce(c.consumer, 'nobody') || ' ' || coalesce(c.sequence, 0) || '/' || h.sequence, ', '), '')
            from runs r join run_heads h using (run_key) left join cursors c using (run_key)
            where c.sequence is distinct from h.sequence
            """);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
