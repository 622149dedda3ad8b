using System.Diagnostics;
using System.Text.Json;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests.Nodes;

/// <summary>
/// An older version and this one side by side on one database, exchanged node by node under load. <c>TRACKER_TEST_OLD_SERVER</c> names the older version's <c>Tracker.Api.dll</c>;
/// <c>.ci/old-version COMMIT</c> builds one and runs this.
/// </summary>
public sealed class RollingUpgradeTests(PostgresFixture postgres, ITestOutputHelper output) : IAsyncDisposable
{
    private const int Runs = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly NodeLoad load = new();

    public ValueTask DisposeAsync() => load.DisposeAsync();

    [Fact]
    public async Task Nodes_of_two_versions_share_a_database_while_they_are_exchanged_one_by_one()
    {
        var old = Environment.GetEnvironmentVariable("TRACKER_TEST_OLD_SERVER");
        Assert.SkipWhen(string.IsNullOrEmpty(old), "TRACKER_TEST_OLD_SERVER names no older version's Tracker.Api.dll.");
        await using var receiver = await AlertKillTests.ReceiveAsync(_ => Task.CompletedTask);
        var url = receiver.Urls.First();
        var database = await postgres.CreateDatabaseAsync(withSchema: false);
        var (firstOld, secondOld) = (await load.StartAsync(database, url, old), await load.StartAsync(database, url, old));
        await using var sql = NpgsqlDataSource.Create(database);
        var before = await SchemaAsync(sql);
        var runs = Enumerable.Range(0, Runs).Select(n => $"run-{n}").ToArray();
        foreach (var run in runs) await load.PostAsync("/api/v1/runs", $$"""{"project":"upgrade","id":"{{run}}"}""");

        // Written until the exchange is over, so that every moment of it is met by batches.
        var done = false;
        var counts = new int[Runs];
        var writing = Task.WhenAll(runs.Select((run, n) => Task.Run(async () =>
        {
            for (var batch = 1; !Volatile.Read(ref done) || batch <= 24; batch++)
            {
                if (n == 1) await load.StreamAsync(run, batch, () => { }, from: batch - 1);
                else (await load.PostAsync($"/api/v1/runs/{run}/log", NodeLoad.Batch(batch))).GetProperty("acceptedThrough").GetInt64().ShouldBe(batch);
                Volatile.Write(ref counts[n], batch);
                await Task.Delay(40);
            }
        })));
        await ProgressAsync(counts, 5, writing);

        var clock = Stopwatch.StartNew();
        var firstNew = await load.StartAsync(database, url);
        var migrated = clock.Elapsed;
        (await SchemaAsync(sql)).Except(before).ShouldNotBeEmpty("the versions have the same schema: take an older one");
        // Both versions serve the same runs now: what either commits, browsers of both see.
        await using (var oldWatch = await LiveWatch.StartAsync(firstOld.Address!, runs[0], NodeLoad.Loss))
        {
            await ProgressAsync(counts, 10, writing);
            var (seen, written) = (0, Volatile.Read(ref counts[0]) * NodeLoad.StepsPerBatch);
            await TrackerApi.UntilAsync(() => Task.FromResult(seen = oldWatch.Steps.Length), count => count >= written, "a browser of the old node sees what both write", Patience);
            oldWatch.Steps.ShouldBe(Enumerable.Range(0, seen).Select(step => (long)step));
        }

        await using var watch = await LiveWatch.StartAsync(firstNew.Address!, runs[0], NodeLoad.Loss);
        (await load.RetireAsync(secondOld)).ShouldBe(0);
        await ProgressAsync(counts, 5, writing);
        var secondNew = await load.StartAsync(database, url);
        (await load.RetireAsync(firstOld)).ShouldBe(0);
        await ProgressAsync(counts, 5, writing);
        var exchanged = clock.Elapsed;
        Volatile.Write(ref done, true);
        await writing;
        foreach (var run in runs) await load.PostAsync($"/api/v1/runs/{run}/finish", "{}");

        await TrackerApi.UntilAsync(() => NodeLoad.BehindAsync(sql), behind => behind.Length == 0, "every run is followed to its end", Patience);
        foreach (var node in new[] { firstNew, secondNew })
        {
            using var client = new HttpClient { BaseAddress = node.Address };
            foreach (var (run, n) in runs.Select((run, n) => (run, n))) (await client.PointsAsync(run, NodeLoad.Loss)).ShouldBe(NodeLoad.Expected(counts[n]));
            var found = await NodeLoad.ItemsAsync(client, "/api/v1/diagnoses?project=upgrade&limit=1000");
            found.Select(diagnosis => diagnosis.GetProperty("id").GetString()).ShouldBeUnique();
            foreach (var run in runs) found.ShouldContain(diagnosis => diagnosis.GetProperty("run").GetString() == run && diagnosis.GetProperty("severity").GetString() == "crit", run);
        }

        var last = counts[0] * NodeLoad.StepsPerBatch;
        await TrackerApi.UntilAsync(() => Task.FromResult(watch.Steps.Length), count => count >= last, "a browser of the new node has seen every step", Patience);
        watch.Steps.ShouldBe(Enumerable.Range(0, last).Select(step => (long)step));
        output.WriteLine($"New node ready after {migrated.TotalSeconds:F1} s, both exchanged after {exchanged.TotalSeconds:F1} s; {counts.Sum()} batches written meanwhile, none lost, none doubled.");
    }

    private static async Task ProgressAsync(int[] counts, int more, Task writing)
    {
        var then = counts.ToArray();
        await TrackerApi.UntilAsync(() => Task.FromResult(writing.IsCompleted || counts.Zip(then).All(pair => pair.First >= pair.Second + more)), holds => holds, "every run goes on", Patience);
        if (writing.IsCompleted) await writing;
    }

    private static async Task<List<string>> SchemaAsync(NpgsqlDataSource sql)
    {
        await using var command = sql.CreateCommand("""select "MigrationId" from "__EFMigrationsHistory" """);
        await using var reader = await command.ExecuteReaderAsync();
        var names = new List<string>();
        while (await reader.ReadAsync()) names.Add(reader.GetString(0));
        return names;
    }
}
