using System.Collections.Concurrent;
using System.Diagnostics;
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
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly NodeLoad load = new();
    private readonly ConcurrentDictionary<string, ConcurrentBag<string>> delivered = new();

    public ValueTask DisposeAsync() => load.DisposeAsync();

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
        var nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => load.StartAsync(database, receiver.Urls.First())));
        await using var sql = NpgsqlDataSource.Create(database);
        using var first = new HttpClient { BaseAddress = nodes[0].Address };
        using var second = new HttpClient { BaseAddress = nodes[1].Address };
        var runs = Enumerable.Range(0, Runs).Select(n => $"run-{n}").ToArray();
        foreach (var run in runs) await load.PostAsync("/api/v1/runs", $$"""{"project":"nodes","id":"{{run}}"}""");
        await using var watch = await LiveWatch.StartAsync(nodes[0].Address!, runs[0], NodeLoad.Loss);

        var half = new TaskCompletionSource();
        var acknowledged = 0;
        // Every third run over a stream of gRPC, the others over REST.
        var writing = Task.WhenAll(runs.Select((run, n) => Task.Run(async () =>
        {
            if (n % 3 == 1)
            {
                await load.StreamAsync(run, Batches, Acknowledge);
                return;
            }

            for (var batch = 1; batch <= Batches; batch++)
            {
                var answer = await load.PostAsync($"/api/v1/runs/{run}/log", NodeLoad.Batch(batch));
                answer.GetProperty("acceptedThrough").GetInt64().ShouldBe(batch);
                Acknowledge();
            }
        })));
        await Task.WhenAny(half.Task, writing);
        var dead = nodes[2].ProcessId;
        await nodes[2].KillAsync();
        var clock = Stopwatch.StartNew();
        var taken = TakenOverAsync(sql, dead, clock);
        await writing;
        var (held, handOver) = await taken;

        await TrackerApi.UntilAsync(() => NodeLoad.BehindAsync(sql), behind => behind.Length == 0, "every run is followed to its end by a node that lives", Patience);
        var settled = clock.Elapsed;
        var expected = NodeLoad.Expected(Batches);
        foreach (var run in runs)
        {
            (await first.PointsAsync(run, NodeLoad.Loss)).ShouldBe(expected);
            (await second.PointsAsync(run, NodeLoad.Loss)).ShouldBe(expected);
        }

        // What one node pushed is what all three wrote, each step once and in order.
        await TrackerApi.UntilAsync(() => Task.FromResult(watch.Steps.Length), count => count >= expected.Count, "the watcher has seen every step", Patience);
        watch.Steps.ShouldBe(Enumerable.Range(0, expected.Count).Select(step => (long)step));

        await CheckDiagnosesAsync(first, second, runs);
        await CheckDeliveriesAsync(first, runs);
        output.WriteLine($"The node that was killed held {held} runs; others had them {handOver.TotalSeconds:F1} s after it, and all was compacted after {settled.TotalSeconds:F1} s.");

        void Acknowledge()
        {
            if (Interlocked.Increment(ref acknowledged) == Runs * Batches / 2) half.SetResult();
        }
    }

    /// <summary>How many unsettled runs the dead node had, and how long it took until it had none.</summary>
    private static async Task<(long Held, TimeSpan Took)> TakenOverAsync(NpgsqlDataSource sql, int process, Stopwatch since)
    {
        await using var command = sql.CreateCommand("select count(*) from leases join run_heads using (run_key) where unsettled and node like $1");
        command.Parameters.AddWithValue($"%-{process}-%");
        var held = (long)(await command.ExecuteScalarAsync())!;
        await TrackerApi.UntilAsync(async () => (long)(await command.ExecuteScalarAsync())!, count => count == 0, "a node that lives takes every run", Patience);
        return (held, since.Elapsed);
    }

    private async Task CheckDiagnosesAsync(HttpClient first, HttpClient second, string[] runs)
    {
        var here = await NodeLoad.ItemsAsync(first, "/api/v1/diagnoses?project=nodes&limit=1000");
        var there = await NodeLoad.ItemsAsync(second, "/api/v1/diagnoses?project=nodes&limit=1000");
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
        var alerts = await TrackerApi.UntilAsync(() => NodeLoad.ItemsAsync(node, "/api/v1/alerts?limit=1000"),
            items => items.Length > 0 && items.All(alert => delivered.ContainsKey(alert.GetProperty("id").GetString()!)), "every alert is delivered", Patience);
        delivered.Keys.ShouldBe(alerts.Select(alert => alert.GetProperty("id").GetString()!), ignoreOrder: true);
        // A node that dies between a delivery and its note leaves a double; it bears the same id and says the same.
        delivered.Values.ShouldAllBe(bodies => bodies.Distinct().Count() == 1);
        var told = delivered.Values.Select(bodies => JsonDocument.Parse(bodies.First()).RootElement).Select(alert => $"{alert.GetProperty("run")} {alert.GetProperty("title")}").ToArray();
        told.ShouldBeUnique();
        foreach (var run in runs) told.ShouldContain(text => text.StartsWith(run + " ", StringComparison.Ordinal), run);
    }
}
