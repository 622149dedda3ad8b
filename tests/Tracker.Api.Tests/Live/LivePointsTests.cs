using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Live;

public sealed class LivePointsTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Points_arrive_once_and_in_order()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        var snapshot = await browser.WatchRunAsync(log.Run, 0);
        snapshot.GetProperty("reset").GetBoolean().ShouldBeFalse();
        snapshot.GetProperty("run").GetProperty("id").GetString().ShouldBe(log.Run);
        var seen = new PointsSeen(snapshot.GetProperty("sequence").GetInt64());
        await log.LogAsync(batches: 100, points: 3);
        await seen.UntilAsync(browser, await HeadAsync(server, log.Run));
        seen.Steps.ShouldBe(Enumerable.Range(1, 300).Select(step => (long)step));
        seen.Values.ShouldBe(seen.Steps.Select(step => step / 2.0));
        seen.Late.ShouldBeFalse();
    }

    [Fact]
    public async Task NaN_and_the_infinities_arrive_and_a_late_point_is_marked()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        var snapshot = await browser.WatchRunAsync(log.Run, 0);
        await log.PostAsync(new { name = "train/loss", steps = new[] { 5, 6, 7 }, values = new object[] { "NaN", "Infinity", "-Infinity" } });
        await log.PostAsync(new { name = "train/loss", steps = new[] { 6 }, values = new object[] { 1.5 } });
        var seen = await new PointsSeen(snapshot.GetProperty("sequence").GetInt64()).UntilAsync(browser, await HeadAsync(server, log.Run));
        seen.Steps.ShouldBe([5, 6, 7, 6]);
        seen.Values.ShouldBe([double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1.5]);
        seen.Late.ShouldBeTrue();
    }

    [Fact]
    public async Task A_reconnect_misses_nothing_and_doubles_nothing()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var log = await RunLogger.CreateAsync(server.Client);
        PointsSeen seen;
        await using (var first = await Browser.ConnectAsync(server.Address))
        {
            seen = new PointsSeen((await first.WatchRunAsync(log.Run, 0)).GetProperty("sequence").GetInt64());
            await log.LogAsync(batches: 10);
            await seen.UntilAsync(first, await HeadAsync(server, log.Run));
        }
        await log.LogAsync(batches: 10);
        await using var second = await Browser.ConnectAsync(server.Address);
        (await second.WatchRunAsync(log.Run, seen.Sequence)).GetProperty("reset").GetBoolean().ShouldBeFalse();
        await log.LogAsync(batches: 10);
        await seen.UntilAsync(second, await HeadAsync(server, log.Run));
        seen.Steps.ShouldBe(Enumerable.Range(1, 30).Select(step => (long)step));
    }

    [Fact]
    public async Task Browsers_that_join_while_a_run_grows_get_everything_after_their_sequence_once()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        await browser.WatchRunAsync(log.Run, 0);
        var logging = log.LogAsync(batches: 300);
        var joined = new List<(Browser Browser, PointsSeen Seen)>();
        for (var n = 0; n < 5; n++)
        {
            var sequence = (await browser.NextAsync("points")).Message.GetProperty("sequence").GetInt64();
            // One asks for what it has, one is behind.
            foreach (var after in new[] { sequence, sequence / 2 })
            {
                var other = await Browser.ConnectAsync(server.Address);
                joined.Add((other, new PointsSeen((await other.WatchRunAsync(log.Run, after)).GetProperty("sequence").GetInt64())));
            }
        }
        await logging;
        var head = await HeadAsync(server, log.Run);
        foreach (var (other, seen) in joined)
        {
            await using var one = other;
            await seen.UntilAsync(other, head);
            seen.Steps.ShouldBe(Enumerable.Range(301 - seen.Steps.Count, seen.Steps.Count).Select(step => (long)step));
        }
    }

    [Fact]
    public async Task Only_the_wanted_series_are_pushed()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        var snapshot = await browser.WatchRunAsync(log.Run, 0, "val/loss");
        await log.LogAsync(batches: 2, series: "train/loss");
        await log.LogAsync(batches: 2, series: "val/loss");
        var seen = await new PointsSeen(snapshot.GetProperty("sequence").GetInt64()).UntilAsync(browser, await HeadAsync(server, log.Run));
        seen.Steps.ShouldBe([3, 4]);
    }

    [Fact]
    public async Task A_gap_that_was_compacted_is_filled_when_it_is_small()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        await log.LogAsync(batches: 5, points: 1000);
        await CompactedAsync(server, log.Run);
        var snapshot = await browser.WatchRunAsync(log.Run, 2);
        snapshot.GetProperty("reset").GetBoolean().ShouldBeFalse();
        var seen = await new PointsSeen(2).UntilAsync(browser, await HeadAsync(server, log.Run));
        seen.Steps.ShouldBe(Enumerable.Range(5001 - seen.Steps.Count, seen.Steps.Count).Select(step => (long)step));
        seen.Steps.Count.ShouldBeInRange(3000, 4000);
    }

    [Fact]
    public async Task A_gap_that_is_too_large_is_answered_with_reset_and_pushes_go_on_after_it()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        await log.LogAsync(batches: 1100);
        await log.LogAsync(batches: 3, points: 1000);
        await CompactedAsync(server, log.Run);

        var snapshot = await browser.WatchRunAsync(log.Run, 0);
        snapshot.GetProperty("reset").GetBoolean().ShouldBeTrue();
        var sequence = snapshot.GetProperty("sequence").GetInt64();
        sequence.ShouldBe(await HeadAsync(server, log.Run));
        await log.LogAsync(batches: 1);
        var seen = await new PointsSeen(sequence).UntilAsync(browser, sequence + 1);
        seen.Steps.ShouldBe([4101]);
    }

    [Fact]
    public async Task A_browser_that_hangs_gets_fewer_messages_and_nothing_twice()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var browser = await Browser.ConnectAsync(server.Address);
        var log = await RunLogger.CreateAsync(server.Client);
        var snapshot = await browser.WatchRunAsync(log.Run, 0);
        browser.Freeze(TimeSpan.FromSeconds(3));
        await log.LogAsync(batches: 400, points: 1000);
        await log.LogAsync(batches: 1);
        var seen = await new PointsSeen(snapshot.GetProperty("sequence").GetInt64()).UntilAsync(browser, await HeadAsync(server, log.Run));
        // PointsSeen has checked the chain of sequences; what came after the last reset is without a hole up to the last point.
        seen.Steps.ShouldBe(Enumerable.Range(400_002 - seen.Steps.Count, seen.Steps.Count).Select(step => (long)step));
        if (!seen.WasReset) seen.Steps.Count.ShouldBe(400_001);
        seen.Messages.ShouldBeLessThan(300);
    }

    [Fact]
    public async Task A_watch_goes_on_over_a_restart_of_the_server()
    {
        PointsSeen seen;
        RunLogger log;
        string database;
        await using (var server = await TrackerServer.StartAsync(postgres))
        {
            database = server.ConnectionString;
            log = await RunLogger.CreateAsync(server.Client);
            await using var browser = await Browser.ConnectAsync(server.Address);
            seen = new PointsSeen((await browser.WatchRunAsync(log.Run, 0)).GetProperty("sequence").GetInt64());
            await log.LogAsync(batches: 10);
            await seen.UntilAsync(browser, await HeadAsync(server, log.Run));
            await log.LogAsync(batches: 5);
        }
        await using var again = TrackerServer.Start(database);
        await using var reconnected = await Browser.ConnectAsync(again.Address);
        (await reconnected.WatchRunAsync(log.Run, seen.Sequence)).GetProperty("reset").GetBoolean().ShouldBeFalse();
        await log.Over(again.Client).LogAsync(batches: 5);
        await seen.UntilAsync(reconnected, await HeadAsync(again, log.Run));
        seen.Steps.ShouldBe(Enumerable.Range(1, 20).Select(step => (long)step));
    }

    [Fact]
    public async Task Points_that_another_node_took_arrive()
    {
        await using var first = await TrackerServer.StartAsync(postgres);
        await using var second = TrackerServer.Start(first.ConnectionString);
        await using var browser = await Browser.ConnectAsync(second.Address);
        var log = await RunLogger.CreateAsync(first.Client);
        var snapshot = await browser.WatchRunAsync(log.Run, 0);
        await log.LogAsync(batches: 20);
        var seen = await new PointsSeen(snapshot.GetProperty("sequence").GetInt64()).UntilAsync(browser, await HeadAsync(first, log.Run));
        seen.Steps.Count.ShouldBe(20);
    }

    private static async Task CompactedAsync(TrackerServer server, string run)
    {
        while (await QueryAsync(server, $"select count(*) from journal where sequence <= 4 and {Of(run)}") > 0)
            await Task.Delay(50, TestContext.Current.CancellationToken);
    }

    private static string Of(string run) => $"run_key = (select run_key from runs where id = '{run}')";

    private static Task<long> HeadAsync(TrackerServer server, string run) => QueryAsync(server, $"select sequence from run_heads where {Of(run)}");

    private static async Task<long> QueryAsync(TrackerServer server, string sql)
    {
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        await using var command = database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
