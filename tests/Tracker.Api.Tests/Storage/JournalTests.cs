using System.Net;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

public sealed class JournalTests(PostgresFixture postgres)
{
    private static string Batch(string writer, long number, long step, double value = 1) =>
        $$"""{"writer":"{{writer}}","batch":{{number}},"series":[{"name":"train/loss","steps":[{{step}}],"values":[{{value}}],"times":[0]}]}""";

    [Fact]
    public async Task A_batch_sent_twice_counts_once()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        for (var i = 0; i < 2; i++)
        {
            var answer = await (await server.Client.LogAsync(run, Batch("w", 1, 0))).JsonAsync();
            answer.GetProperty("acceptedThrough").GetInt64().ShouldBe(1);
        }

        (await server.Client.PointsAsync(run, "train/loss")).ShouldBe(["0,1"]);
    }

    [Fact]
    public async Task A_gap_is_refused_with_the_number_that_is_stored()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, Batch("w", 1, 0))).JsonAsync();
        using var response = await server.Client.LogAsync(run, Batch("w", 3, 2));
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"acceptedThrough\":1");
        (await server.Client.PointsAsync(run, "train/loss")).ShouldBe(["0,1"]);
    }

    [Fact]
    public async Task Another_first_batch_of_the_same_writer_is_never_a_silent_double()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, Batch("w", 1, 0))).JsonAsync();
        using var response = await server.Client.LogAsync(run, Batch("w", 1, 7));
        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await server.Client.PointsAsync(run, "train/loss")).ShouldBe(["0,1"]);
    }

    [Fact]
    public async Task A_writer_that_restarts_and_forgot_its_number_goes_on_from_the_one_it_is_told()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var step = 0;
        for (var life = 0; life < 4; life++)
        {
            var number = 1L;
            for (var sent = 0; sent < 3;)
            {
                using var response = await server.Client.LogAsync(run, Batch("w", number, step));
                if (response.StatusCode == HttpStatusCode.Conflict)
                {
                    number = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement.GetProperty("acceptedThrough").GetInt64() + 1;
                    continue;
                }

                response.StatusCode.ShouldBe(HttpStatusCode.OK);
                (number, step, sent) = (number + 1, step + 1, sent + 1);
            }
        }

        (await server.Client.PointsAsync(run, "train/loss")).ShouldBe(Enumerable.Range(0, 12).Select(i => $"{i},1"));
    }

    [Fact]
    public async Task Batches_without_a_number_count_each_time()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        for (var i = 0; i < 3; i++) await (await server.Client.LogAsync(run, """{"series":[{"name":"a","steps":[5],"values":[2]}]}""")).JsonAsync();
        (await server.Client.PointsAsync(run, "a")).ShouldBe(["5,2", "5,2", "5,2"]);
    }

    [Fact]
    public async Task Batches_with_a_writer_but_no_number_count_each_time()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        for (var i = 0; i < 3; i++) await (await server.Client.LogAsync(run, $$$"""{"writer":"w","points":[{"step":{{{i}}},"values":{"a":{{{i}}}}}]}""")).JsonAsync();
        (await server.Client.PointsAsync(run, "a")).ShouldBe(["0,0", "1,1", "2,2"]);
        (await server.Client.JsonAsync($"/api/v1/runs/{run}")).GetProperty("metrics").GetProperty("a").GetProperty("count").GetInt64().ShouldBe(3);
    }

    [Fact]
    public async Task Clients_that_race_on_the_same_batches_through_two_nodes_store_each_once()
    {
        await using var first = await TrackerServer.StartAsync(postgres);
        await using var second = TrackerServer.Start(first.ConnectionString);
        var runs = new List<string>();
        for (var i = 0; i < 3; i++) runs.Add(await first.Client.CreateRunAsync());
        const int Batches = 60;

        // Every client of a writer sends all of its batches, in order, and goes on at a conflict from where the answer says.
        async Task SendAsync(HttpClient client, string run, string writer)
        {
            for (var n = 1; n <= Batches; n++)
            {
                using var response = await client.LogAsync(run, Batch(writer, n, n));
                response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
            }
        }

        await Task.WhenAll(runs.SelectMany(run => new[] { "w0", "w1" }.SelectMany(writer =>
            new[] { first, second, first }.Select(node => SendAsync(node.Client, run, writer)))));
        foreach (var run in runs)
        {
            var points = await second.Client.PointsAsync(run, "train/loss");
            points.Count.ShouldBe(2 * Batches);
            points.GroupBy(point => point).ShouldAllBe(group => group.Count() == 2);
        }

        await using var database = NpgsqlDataSource.Create(first.ConnectionString);
        await using var command = database.CreateCommand("select count(*) from run_heads h where sequence <> (select count(*) from journal j where j.run_key = h.run_key) + coalesce((select c.sequence from cursors c where c.run_key = h.run_key and c.consumer = 'compactor'), 0)");
        (await command.ExecuteScalarAsync()).ShouldBe(0L);
    }

    [Fact]
    public async Task A_deleted_run_answers_410_and_a_missing_one_404_also_while_batches_race_with_the_deletion()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        var seen = new System.Collections.Concurrent.ConcurrentBag<HttpStatusCode>();
        var writers = Enumerable.Range(0, 4).Select(async w =>
        {
            for (var n = 1; ; n++)
            {
                using var response = await server.Client.LogAsync(run, Batch($"w{w}", n, n));
                seen.Add(response.StatusCode);
                if (response.StatusCode != HttpStatusCode.OK) return;
            }
        }).ToList();
        await TrackerApi.UntilAsync(() => Task.FromResult(seen.Count), count => count > 20, "batches are stored");
        using (var deleted = await server.Client.DeleteAsync(new Uri($"/api/v1/runs/{run}?permanently=true", UriKind.Relative))) deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Task.WhenAll(writers);
        seen.Where(status => status != HttpStatusCode.OK).ShouldAllBe(status => status == HttpStatusCode.Gone);
        using var missing = await server.Client.LogAsync("no-such-run", Batch("w", 1, 0));
        missing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await TrackerApi.UntilAsync(async () =>
        {
            await using var left = database.CreateCommand("select (select count(*) from journal) + (select count(*) from chunks) + (select count(*) from summaries)");
            return (long)(await left.ExecuteScalarAsync())!;
        }, rows => rows == 0, "the rows of the deleted run go");
    }

    [Fact]
    public async Task A_database_that_goes_away_and_comes_back_loses_and_doubles_nothing()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await using var other = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "postgres" }.ConnectionString);
        var name = new NpgsqlConnectionStringBuilder(server.ConnectionString).Database!;
        var sender = Task.Run(async () =>
        {
            for (var n = 1; n <= 200; n++)
            {
                using var response = await server.Client.LogAsync(run, Batch("w", n, n));
                if (!response.IsSuccessStatusCode) n--;
            }
        });
        while (!sender.IsCompleted)
        {
            await using var cut = other.CreateCommand("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()");
            cut.Parameters.AddWithValue(name);
            await cut.ExecuteScalarAsync();
            await Task.WhenAny(sender, Task.Delay(60));
        }

        await sender;
        // A pooled connection that was cut last may still answer one read with 503.
        var stored = await TrackerApi.UntilAsync(() => TryPointsAsync(server.Client, run), points => points is not null, "the points are read");
        stored.ShouldBe(Enumerable.Range(1, 200).Select(n => $"{n},1"));
    }

    private static async Task<List<string>?> TryPointsAsync(HttpClient client, string run)
    {
        try
        {
            return await client.PointsAsync(run, "train/loss");
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
