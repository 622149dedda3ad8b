using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FailureModes;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>The client against the real server.</summary>
public sealed class ServerTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Values_come_back_as_they_were_logged()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        double[] hard =
        [
            0, -0.0, 0.1, 0.1f, 1.0 / 3, double.Epsilon, double.MaxValue, double.MinValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 1e-320, 12345678901234567890,
        ];
        await using var run = await StartAsync(server.Address);
        for (var step = 0; step < 3_000; step++) run.Log(step, ("hard", hard[step % hard.Length]), ("half", step * 0.5));
        run.Log(5, ("half", -1));
        run.Log((1L << 53) - 1, ("half", -2));
        (await run.FinishAsync(cancellationToken: Cancel)).ShouldBe(new TrackerFinish(true, 0, 0));

        var points = await PointsAsync(server.Client, run.Id, "hard", "half");
        points["hard"].Select(p => p.Step).ShouldBe(Enumerable.Range(0, 3_000).Select(n => (long)n));
        points["hard"].Select(p => BitConverter.DoubleToInt64Bits(p.Value)).ShouldBe(Enumerable.Range(0, 3_000).Select(n => BitConverter.DoubleToInt64Bits(hard[n % hard.Length])));
        points["half"].Count.ShouldBe(3_002);
        points["half"].ShouldContain((5, -1));
        points["half"][^1].ShouldBe(((1L << 53) - 1, -2));
    }

    [Fact]
    public async Task Histograms_events_and_config_come_back()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var run = await StartAsync(server.Address);
        run.LogHistogram("weights/fc1", [-1f, 0, 0, 1, float.NaN], 3);
        run.LogHistogram("weights/fc2", edges: [0, 1, 2], counts: [5, 7], step: 3);
        run.Alert("odd", "look", TrackerLevel.High, 4);
        (await run.FinishAsync(TrackerFinishState.Failed, exitCode: 2, cancellationToken: Cancel)).Complete.ShouldBeTrue();

        var series = (await GetAsync(server.Client, $"runs/{run.Id}/series"))["items"]!.AsArray();
        series.Select(s => ((string)s!["name"]!, (string)s["kind"]!)).ShouldBe([("weights/fc1", "histogram"), ("weights/fc2", "histogram")], ignoreOrder: true);
        var item = (await GetAsync(server.Client, $"runs/{run.Id}/events?kind=alert"))["items"]!.AsArray().ShouldHaveSingleItem()!;
        ((string)item["name"]!, (string)item["level"]!, (long)item["step"]!, (string)item["data"]!["text"]!).ShouldBe(("odd", "high", 4, "look"));
        var stored = await GetAsync(server.Client, $"runs/{run.Id}");
        ((string)stored["state"]!, (int)stored["exitCode"]!, (double)stored["config"]!["lr"]!).ShouldBe(("failed", 2, 0.5));
    }

    [Fact]
    public async Task A_stop_asked_for_by_the_API_reaches_a_silent_run()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var run = await StartAsync(server.Address, heartbeat: 50);
        run.Log(1, ("loss", 1));
        await Waiting.Until(() => run.Statistics.Pending == 0, "the run is there");
        (await server.Client.PostAsJsonAsync($"api/v1/runs/{run.Id}/stop", new { reason = "enough" }, Cancel)).EnsureSuccessStatusCode();
        await Waiting.Until(() => run.ShouldStop, "the run should stop");
        run.StopReason.ShouldBe("enough");
    }

    [Fact]
    public async Task A_deleted_run_takes_nothing_more()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var run = await StartAsync(server.Address);
        run.Log(1, ("loss", 1));
        await Waiting.Until(() => run.Statistics.Acknowledged == 1, "the first point is stored");
        (await server.Client.DeleteAsync($"api/v1/runs/{run.Id}", Cancel)).EnsureSuccessStatusCode();
        run.Log(2, ("loss", 2));
        (await run.FinishAsync(cancellationToken: Cancel)).ShouldBe(new TrackerFinish(false, 0, 1));
    }

    [Fact]
    public async Task A_refused_batch_leaves_no_hole_in_the_numbers_and_a_change_of_the_run_arrives()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var run = await StartAsync(server.Address, flush: 1);
        run.Log(1, ("loss", 1));
        await Waiting.Until(() => run.Statistics.Acknowledged == 1, "the first point is stored");
        // A control character in a name: the server refuses the whole batch.
        run.Log(2, ("bad\u0001name", 1));
        await Waiting.Until(() => run.Statistics.Dropped == 1, "the batch is dropped");
        run.Log(3, ("loss", 3));
        run.Update(new TrackerRunUpdate { Tags = ["later"], Notes = "n" });
        (await run.FinishAsync(cancellationToken: Cancel)).ShouldBe(new TrackerFinish(false, 0, 1));
        (await PointsAsync(server.Client, run.Id, "loss"))["loss"].ShouldBe([(1, 1), (3, 3)]);
        var stored = await GetAsync(server.Client, $"runs/{run.Id}");
        ((string)stored["tags"]![0]!, (string)stored["notes"]!).ShouldBe(("later", "n"));
    }

    [Fact]
    public async Task The_example_can_be_stopped_from_the_server()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var session = new Session(new Plan(100_000, 1, TimeSpan.FromMilliseconds(1)), DataSet.Digits(), "tests", server.Address, isSent: true, record: null);
        var training = session.RunAsync(Mode.All.Where(mode => mode.Name is "healthy" or "lr-10"), Cancel);
        string[] ids = [];
        await WaitAsync(async () =>
        {
            var runs = (await GetAsync(server.Client, "runs?project=tests"))["items"]!.AsArray();
            ids = [.. runs.Where(r => (long?)r!["lastStep"] > 20).Select(r => (string)r!["id"]!)];
            return ids.Length == 2;
        });
        foreach (var id in ids) (await server.Client.PostAsJsonAsync($"api/v1/runs/{id}/stop", new { }, Cancel)).EnsureSuccessStatusCode();
        await training;
        foreach (var id in ids) ((string)(await GetAsync(server.Client, $"runs/{id}"))["state"]!).ShouldBe("killed");
    }

    [Fact]
    public async Task A_server_killed_and_started_again_in_the_middle_has_every_point_once()
    {
        using var folder = new TemporaryFolder();
        await using var server = await TrackerProcess.StartAsync(folder.Path);
        await using var run = await StartAsync(server.Address!, flush: 5);
        var step = 0;
        async Task Train(int steps)
        {
            for (var end = step + steps; step < end; step++)
            {
                run.Log(step, ("loss", step), ("lr", 0.1));
                if (step % 20 == 0) await Task.Delay(1, Cancel);
            }
        }

        await Train(2_000);
        await Waiting.Until(() => run.Statistics.Acknowledged > 1_000, "the server has some");
        var killing = server.KillAsync();
        await Train(2_000);
        await killing;
        await Train(1_000);
        await server.StartAsync();
        await Train(2_000);
        (await run.FinishAsync(timeout: TimeSpan.FromMinutes(2), cancellationToken: Cancel)).ShouldBe(new TrackerFinish(true, 0, 0));

        using var client = new HttpClient { BaseAddress = server.Address };
        (await PointsAsync(client, run.Id, "loss"))["loss"].ShouldBe(Enumerable.Range(0, 7_000).Select(n => ((long)n, (double)n)));
    }

    private static Task<TrackerRun> StartAsync(Uri url, int heartbeat = 5_000, int flush = 50) => TrackerRun.StartAsync(
        new TrackerRunOptions
        {
            Url = url,
            Project = "tests",
            Mode = TrackerMode.Online,
            Config = new Dictionary<string, object?> { ["lr"] = 0.5 },
            FlushInterval = TimeSpan.FromMilliseconds(flush),
            HeartbeatInterval = TimeSpan.FromMilliseconds(heartbeat),
            Collect = TrackerCollect.None,
            Report = _ => { },
        },
        Cancel);

    private static async Task<JsonNode> GetAsync(HttpClient client, string path) => (await client.GetFromJsonAsync<JsonNode>("api/v1/" + path, Cancel))!;

    private static async Task<Dictionary<string, List<(long Step, double Value)>>> PointsAsync(HttpClient client, string run, params string[] names)
    {
        var json = await GetAsync(client, $"runs/{run}/points?format=json&{string.Join('&', names.Select(name => "name=" + Uri.EscapeDataString(name)))}");
        return json["series"]!.AsArray().ToDictionary(
            series => (string)series!["name"]!,
            series => series!["steps"]!.AsArray().Zip(series["values"]!.AsArray(), (step, value) => ((long)step!, Number(value!))).ToList());
    }

    private static double Number(JsonNode value) => value.ToString() switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        var text => double.Parse(text),
    };

    private static async Task WaitAsync(Func<Task<bool>> condition)
    {
        while (!await condition()) await Task.Delay(20, Cancel);
    }
}
