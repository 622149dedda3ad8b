using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Tracker.Client.Grpc;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>The client by gRPC against the real server.</summary>
public sealed class GrpcTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_run_logged_by_gRPC_reads_back_as_it_was_logged()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        double[] hard = [0, -0.0, 0.1, double.Epsilon, double.MaxValue, double.NaN, double.PositiveInfinity, double.NegativeInfinity];
        await using var run = await StartAsync(server);
        for (var step = 0; step < 3_000; step++) run.Log(step, ("hard", hard[step % hard.Length]), ("half", step * 0.5));
        run.LogHistogram("weights/fc1", edges: [0, 1, 2], counts: [5, 7], step: 3);
        run.Alert("odd", "look", TrackerLevel.High, 4);
        run.Update(new TrackerRunUpdate { Notes = "by gRPC" });
        (await run.FinishAsync(TrackerFinishState.Failed, exitCode: 2, cancellationToken: Cancel)).ShouldBe(new TrackerFinish(true, 0, 0));

        var points = await server.Client.PointsAsync(run.Id, "hard");
        points.Count.ShouldBe(3_000);
        points.Take(8).ShouldBe(["0,0", "1,-0.0", "2,0.1", "3,5E-324", "4,1.7976931348623157E+308", "5,NaN", "6,Infinity", "7,-Infinity"], StringComparer.Ordinal);
        var stored = (await server.Client.GetFromJsonAsync<JsonNode>($"api/v1/runs/{run.Id}", Cancel))!;
        ((string)stored["state"]!, (int)stored["exitCode"]!, (double)stored["config"]!["lr"]!, (string)stored["tags"]![0]!, (string)stored["notes"]!).ShouldBe(("failed", 2, 0.5, "grpc", "by gRPC"));
        var alert = (await server.Client.GetFromJsonAsync<JsonNode>($"api/v1/runs/{run.Id}/events?kind=alert", Cancel))!["items"]![0]!;
        ((string)alert["name"]!, (string)alert["level"]!, (long)alert["step"]!, (string)alert["data"]!["text"]!).ShouldBe(("odd", "high", 4, "look"));
    }

    [Fact]
    public async Task The_stop_flag_a_refused_batch_and_a_deleted_run_are_understood()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using var run = await StartAsync(server);
        run.Log(1, ("bad\u0001name", 1));
        await Waiting.Until(() => run.Statistics.Dropped == 1, "the batch is refused");
        (await server.Client.PostAsJsonAsync($"api/v1/runs/{run.Id}/stop", new { reason = "enough" }, Cancel)).EnsureSuccessStatusCode();
        run.Log(2, ("loss", 1));
        await Waiting.Until(() => run.ShouldStop && run.Statistics.Acknowledged == 1, "the next arrives, and the stop comes back");
        run.StopReason.ShouldBe("enough");
        (await server.Client.DeleteAsync($"api/v1/runs/{run.Id}", Cancel)).EnsureSuccessStatusCode();
        run.Log(3, ("loss", 1));
        (await run.FinishAsync(cancellationToken: Cancel)).ShouldBe(new TrackerFinish(false, 0, 2));
    }

    [Fact]
    public async Task Without_a_server_everything_waits()
    {
        using var spool = new TemporaryFolder();
        await using var run = await TrackerGrpc.StartAsync(
            new TrackerRunOptions { Url = new Uri("http://127.0.0.1:9"), Mode = TrackerMode.Online, Collect = TrackerCollect.None, SpoolFolder = spool.Path, Report = _ => { } }, cancellationToken: Cancel);
        run.Log(1, ("loss", 1));
        var finish = await run.FinishAsync(timeout: TimeSpan.FromMilliseconds(100), cancellationToken: Cancel);
        (finish.Left, finish.Dropped).ShouldBe((1, 0));
    }

    private static Task<TrackerRun> StartAsync(TrackerServer server) => TrackerGrpc.StartAsync(
        new TrackerRunOptions
        {
            Url = server.Address, Project = "tests", Mode = TrackerMode.Online, Collect = TrackerCollect.None, FlushInterval = TimeSpan.FromMilliseconds(20),
            Config = new Dictionary<string, object?> { ["lr"] = 0.5 }, Tags = ["grpc"], Report = _ => { },
        },
        server.GrpcAddress, Cancel);
}
