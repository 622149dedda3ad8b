using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Runs;

public sealed class LostContactTests(PostgresFixture postgres)
{
    private static Task<TrackerServer> StartAsync(PostgresFixture postgres, string lostAfter = "00:00:01", string withoutHeartbeat = "00:00:02") =>
        TrackerServer.StartAsync(postgres, host =>
        {
            host.UseSetting("Runs:LostAfter", lostAfter);
            host.UseSetting("Runs:LostAfterWithoutHeartbeat", withoutHeartbeat);
        });

    private static async Task<string> StateAsync(TrackerServer server, string run) => (await server.Client.JsonAsync($"/api/v1/runs/{run}")).GetProperty("state").GetString()!;

    private static async Task<List<string>> EventsAsync(TrackerServer server, string run) =>
        [.. (await server.Client.JsonAsync($"/api/v1/runs/{run}/events")).GetProperty("items").EnumerateArray().Select(e => e.GetProperty("kind").GetString()!)];

    private static Task<HttpResponseMessage> LogAsync(TrackerServer server, string run, int batch) =>
        server.Client.LogAsync(run, $$$"""{"writer":"w","batch":{{{batch}}},"points":[{"step":{{{batch}}},"values":{"train/loss":1}}]}""");

    private static Task<HttpResponseMessage> BeatAsync(TrackerServer server, string run) => server.Client.PostAsync($"/api/v1/runs/{run}/heartbeat", """{"writer":"w"}""");

    [Fact]
    public async Task A_run_that_falls_silent_is_lost_returns_with_its_writer_and_can_still_finish()
    {
        await using var server = await StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await LogAsync(server, run, 1);
        await BeatAsync(server, run);
        await TrackerApi.UntilAsync(() => StateAsync(server, run), state => state == "lost", "the silent run is lost");

        await BeatAsync(server, run);
        await TrackerApi.UntilAsync(() => EventsAsync(server, run), kinds => kinds is ["config", "lost", "returned", ..], "a sign of life brings it back");
        await TrackerApi.UntilAsync(() => StateAsync(server, run), state => state == "lost", "it falls silent again");
        await LogAsync(server, run, 2);
        await TrackerApi.UntilAsync(() => EventsAsync(server, run), kinds => kinds.Count(kind => kind == "returned") == 2, "a batch brings it back");
        await server.Client.PostAsync($"/api/v1/runs/{run}/finish", """{"exitCode":137,"state":"killed"}""");
        var finished = await server.Client.JsonAsync($"/api/v1/runs/{run}");
        (finished.GetProperty("state").GetString(), finished.GetProperty("exitCode").GetInt32()).ShouldBe(("killed", 137));
        await BeatAsync(server, run);
        (await StateAsync(server, run)).ShouldBe("killed");
    }

    [Fact]
    public async Task A_run_that_never_logged_does_not_run_for_ever()
    {
        await using var server = await StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await TrackerApi.UntilAsync(() => StateAsync(server, run), state => state == "lost", "it is lost");
        (await EventsAsync(server, run)).ShouldBe(["config", "lost"]);
    }

    [Fact]
    public async Task A_script_without_heartbeats_may_be_silent_for_longer_and_a_writer_of_an_SDK_may_not()
    {
        await using var server = await StartAsync(postgres, withoutHeartbeat: "01:00:00");
        var script = await server.Client.CreateRunAsync();
        await LogAsync(server, script, 1);
        var sdk = await server.Client.CreateRunAsync();
        await server.Client.LogAsync(sdk, """{"writer":"00c0ffee00c0ffee","batch":1,"points":[{"step":1,"values":{"train/loss":1}}]}""");
        await TrackerApi.UntilAsync(() => StateAsync(server, sdk), state => state == "lost", "the SDK's run is lost");
        (await StateAsync(server, script)).ShouldBe("running");
    }

    [Fact]
    public async Task A_server_that_was_away_gives_runs_time_to_be_heard()
    {
        await using var server = await StartAsync(postgres, "01:00:00", "01:00:00");
        var run = await server.Client.CreateRunAsync();
        await LogAsync(server, run, 1);
        await BeatAsync(server, run);
        await using var database = NpgsqlDataSource.Create(server.ConnectionString);
        // As after two hours in which no server was there: to this one, an hour of silence is more than it has heard.
        await using var past = database.CreateCommand("update writers set heartbeat_at = now() - interval '2 hours'; update runs set running_since = now() - interval '2 hours'");
        await past.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        var other = await server.Client.CreateRunAsync();
        await using var second = TrackerServer.Start(server.ConnectionString, host =>
        {
            host.UseSetting("Runs:LostAfter", "00:00:02");
            host.UseSetting("Runs:LostAfterWithoutHeartbeat", "00:00:02");
        });
        await BeatAsync(second, run);
        // The second node judges by now: it has turned the run that nobody spoke for, not the one that was heard.
        await TrackerApi.UntilAsync(async () => (await BeatStateAsync(second, run), await StateAsync(second, other)), seen => seen.Item2 == "lost", "the other one is lost");
        (await StateAsync(second, run)).ShouldBe("running");
    }

    private static async Task<string> BeatStateAsync(TrackerServer server, string run)
    {
        using var answer = await server.Client.PostAsync($"/api/v1/runs/{run}/heartbeat", """{"writer":"w"}""");
        return (await answer.JsonAsync()).GetProperty("state").GetString()!;
    }

    [Fact]
    public async Task Two_nodes_turn_a_silent_run_once()
    {
        await using var server = await StartAsync(postgres);
        await using var second = TrackerServer.Start(server.ConnectionString, host =>
        {
            host.UseSetting("Runs:LostAfter", "00:00:01");
            host.UseSetting("Runs:LostAfterWithoutHeartbeat", "00:00:01");
        });
        var runs = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.Client.CreateRunAsync()));
        foreach (var run in runs) await TrackerApi.UntilAsync(() => StateAsync(server, run), state => state == "lost", "it is lost");
        foreach (var run in runs) (await EventsAsync(server, run)).ShouldBe(["config", "lost"]);
    }
}
