using System.Net.Sockets;
using Shouldly;
using Tracker.Client.Grpc;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>A run is a new one unless somebody says otherwise, however often its creation has to be asked for.</summary>
public sealed class ResumeTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_id_that_is_known_is_gone_on_with_only_when_asked()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await using (var first = await StartAsync(server.Address, "known")) first.Log(1, ("loss", 1));
        var refused = await Should.ThrowAsync<TrackerRefusedException>(() => StartAsync(server.Address, "known"));
        refused.Message.ShouldContain("known");
        refused.Message.ShouldContain("exists");
        var byGrpc = Options(server.Address, "known", TrackerResume.Never);
        await Should.ThrowAsync<TrackerRefusedException>(() => TrackerGrpc.StartAsync(byGrpc, server.GrpcAddress, Cancel));
        await Should.ThrowAsync<TrackerRefusedException>(() => StartAsync(server.Address, "unknown", TrackerResume.Must));
        await using (var second = await StartAsync(server.Address, "known", TrackerResume.Allow)) second.Log(2, ("loss", 2));
        await using (var third = await StartAsync(server.Address, "known", TrackerResume.Must)) third.Log(3, ("loss", 3));
        (await server.Client.PointsAsync("known", "loss")).ShouldBe(["1,1", "2,2", "3,3"]);
    }

    [Fact]
    public async Task A_run_whose_creation_was_not_answered_is_the_same_run()
    {
        await using var server = await FaultServer.StartAsync();
        var cuts = 1;
        server.Fault = (context, request) =>
        {
            if (request.Path != "/api/v1/runs" || cuts-- <= 0) return Task.FromResult(false);
            context.Abort();
            return Task.FromResult(true);
        };
        await using (var run = await StartAsync(server.Url, "mine")) run.Log(1, ("loss", 1));
        Resumes(server).ShouldBe(["never", "allow"]);
    }

    [Fact]
    public async Task A_creation_that_never_arrived_joins_no_other_run()
    {
        var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var run = await StartAsync(new Uri($"http://127.0.0.1:{port}"), "mine");
        await using var server = await FaultServer.StartAsync(port);
        run.Log(1, ("loss", 1));
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        Resumes(server).ShouldBe(["never"]);
    }

    [Fact]
    public async Task Ranks_start_in_any_order_and_an_id_made_here_may_be_asked_for_twice()
    {
        await using var server = await FaultServer.StartAsync();
        await using (await StartAsync(server.Url, "shared", rank: 1)) { }
        await using (await StartAsync(server.Url, "shared", rank: 0)) { }
        await using (await StartAsync(server.Url, null)) { }
        Resumes(server).ShouldBe(["allow", "allow", "allow"]);
        await Should.ThrowAsync<ArgumentException>(() => StartAsync(server.Url, null, TrackerResume.Must));
    }

    [Fact]
    public async Task An_alert_that_comes_again_too_soon_is_left_out()
    {
        await using var server = await FaultServer.StartAsync();
        await using (var run = await StartAsync(server.Url, null))
        {
            foreach (var title in new[] { "again", "again", "other" }) run.Alert(title, "text", TrackerLevel.High, wait: TimeSpan.FromHours(1));
            run.Alert("again");
        }

        var alerts = server.Logs.SelectMany(log => log.Body["events"]?.AsArray() ?? []).ToList();
        alerts.Select(alert => (string)alert!["name"]!).ShouldBe(["again", "other", "again"]);
        alerts[0]!["data"]!.ToJsonString().ShouldBe("""{"text":"text","wait":3600}""");
    }

    private static List<string> Resumes(FaultServer server) => [.. server.Requests.Where(request => request.Path == "/api/v1/runs").Select(request => (string)request.Body["resume"]!)];

    private static TrackerRunOptions Options(Uri url, string? id, TrackerResume resume, int? rank = null) =>
        new() { Url = url, Id = id, Resume = resume, Rank = rank, Mode = TrackerMode.Online, Collect = TrackerCollect.None, SpoolFolder = "", Report = _ => { } };

    private static Task<TrackerRun> StartAsync(Uri url, string? id, TrackerResume resume = TrackerResume.Never, int? rank = null) => TrackerRun.StartAsync(Options(url, id, resume, rank), Cancel);
}
