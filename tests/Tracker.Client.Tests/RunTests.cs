using System.Text.Json.Nodes;
using Shouldly;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>What a run tells the server, and what it hears from it.</summary>
public sealed class RunTests : IAsyncLifetime
{
    private FaultServer _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await FaultServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Starting_sends_what_the_run_is()
    {
        await using var run = await TrackerRun.StartAsync(
            new TrackerRunOptions
            {
                Url = _server.Url, Mode = TrackerMode.Online, Collect = TrackerCollect.None, Project = "digits", Name = "first", Id = "my-run_1.a", Resume = TrackerResume.Must, Tags = ["a", "b"],
                Group = "fold", JobType = "train", Notes = "why", Reference = "other",
                Config = new Dictionary<string, object?>
                {
                    ["lr"] = 0.1f, ["steps"] = 10L, ["clip"] = null, ["nan"] = double.NaN, ["on"] = true, ["kind"] = DayOfWeek.Friday,
                    ["hidden"] = new[] { 64, 32 }, ["optimizer"] = new Dictionary<string, int> { ["warmup"] = 5 }, ["node"] = JsonNode.Parse("{\"x\":1}"),
                },
            },
            Cancel);
        run.Url.ShouldBe(new Uri(_server.Url, "/runs/my-run_1.a"));
        _server.Requests.First().Body.ToJsonString().ShouldBe(
            """
            {"project":"digits","id":"my-run_1.a","resume":"must","name":"first","group":"fold","jobType":"train","notes":"why","reference":"other","tags":["a","b"],"config":{"lr":0.1,"steps":10,"clip":null,"nan":"NaN","on":true,"kind":"Friday","hidden":[64,32],"optimizer":{"warmup":5},"node":{"x":1}}}
            """);
    }

    [Fact]
    public async Task A_config_that_holds_itself_is_cut_not_followed()
    {
        var config = new Dictionary<string, object?>();
        config["self"] = config;
        await using var run = await StartAsync(config: config);
        _server.Requests.First().Body["config"]!["self"]!["self"].ShouldNotBeNull();
    }

    [Fact]
    public async Task The_stop_flag_comes_with_an_answer_and_with_its_reason()
    {
        _server.Fault = async (context, request) => request.IsLog
            && await FaultServer.Problem(context, 200, "", new { acceptedThrough = request.Batch, stop = new { reason = "loss is NaN", by = "ann" } });
        await using var run = await StartAsync();
        run.ShouldStop.ShouldBeFalse();
        run.Log(1, ("loss", 1));
        await Waiting.Until(() => run.ShouldStop, "the run should stop");
        run.StopReason.ShouldBe("loss is NaN");
    }

    [Fact]
    public async Task A_silent_run_sends_heartbeats_and_hears_the_stop_flag_from_them()
    {
        _server.Fault = async (context, request) => request.Path.EndsWith("/heartbeat", StringComparison.Ordinal)
            && await FaultServer.Problem(context, 200, "", new { state = "running", stop = new { reason = (string?)null, by = "api" } });
        await using var run = await StartAsync(heartbeat: 10);
        await Waiting.Until(() => run.ShouldStop, "the run should stop");
        run.StopReason.ShouldBe("");
    }

    [Theory]
    [InlineData(TrackerFinishState.Finished, "finished")]
    [InlineData(TrackerFinishState.Failed, "failed")]
    [InlineData(TrackerFinishState.Killed, "killed")]
    public async Task Finishing_tells_the_state_and_the_exit_code(TrackerFinishState state, string word)
    {
        await using var run = await StartAsync();
        await run.FinishAsync(state, exitCode: 3, cancellationToken: Cancel);
        var last = _server.Requests.Last();
        last.Path.ShouldBe($"/api/v1/runs/{run.Id}/finish");
        last.Body.ToJsonString().ShouldBe($$"""{"state":"{{word}}","exitCode":3}""");
    }

    [Fact]
    public async Task Disposing_finishes_once_in_the_state_that_was_asked_for()
    {
        await using (var run = await StartAsync(onDispose: TrackerFinishState.Failed)) run.Log(1, ("loss", 1));
        await using (var run = await StartAsync(onDispose: TrackerFinishState.Failed)) await run.FinishAsync(cancellationToken: Cancel);
        _server.Requests.Where(request => request.Path.EndsWith("/finish", StringComparison.Ordinal))
            .Select(request => (string)request.Body["state"]!).ShouldBe(["failed", "finished"]);
    }

    [Fact]
    public async Task What_is_logged_after_the_end_is_dropped_and_counted()
    {
        var run = await StartAsync();
        await run.DisposeAsync();
        run.Log(1, ("loss", 1), ("lr", 1));
        run.Alert("too late");
        run.Statistics.Dropped.ShouldBe(3);
    }

    [Fact]
    public async Task A_name_out_of_its_limits_is_left_out_and_counted_and_the_others_are_kept()
    {
        await using var run = await StartAsync();
        run.Log(1, ("good", 1), ("", 2), (new string('x', 513), 3), (null!, 4), ("also good", 5));
        await run.FinishAsync(cancellationToken: Cancel);
        _server.Points().ShouldBe([("good", 1, "1"), ("also good", 1, "5")]);
        run.Statistics.ShouldSatisfyAllConditions(s => s.Logged.ShouldBe(5), s => s.Acknowledged.ShouldBe(2), s => s.Dropped.ShouldBe(3), s => s.Pending.ShouldBe(0));
    }

    [Fact]
    public async Task Events_and_alerts_arrive_with_their_details()
    {
        await using var run = await StartAsync();
        run.LogEvent(new TrackerEvent
        {
            Kind = TrackerEventKind.Batch, Name = "batch", Step = 7, Time = DateTimeOffset.FromUnixTimeMilliseconds(5),
            Data = new Dictionary<string, object?> { ["ids"] = new[] { 1, 2 } },
        });
        run.Alert("loss is odd", "look \"here\"", TrackerLevel.Crit, 8);
        run.LogEvent(null!);
        await run.FinishAsync(cancellationToken: Cancel);
        var events = _server.Logs.SelectMany(log => log.Body["events"]!.AsArray()).ToList();
        events.Count.ShouldBe(2);
        events[0]!.ToJsonString().ShouldBe("""{"kind":"batch","name":"batch","step":7,"time":5,"data":{"ids":[1,2]}}""");
        ((string)events[1]!["level"]!).ShouldBe("crit");
        ((string)events[1]!["name"]!).ShouldBe("loss is odd");
        ((string)events[1]!["data"]!["text"]!).ShouldBe("look \"here\"");
    }

    [Fact]
    public async Task Large_batches_travel_packed_and_small_ones_plain()
    {
        await using var run = await StartAsync();
        run.Log(1, ("loss", 1));
        await Waiting.Until(() => run.Statistics.Batches == 1, "the first batch is acknowledged");
        for (var step = 0; step < 5_000; step++) run.Log(step, ("loss", step));
        await run.FinishAsync(cancellationToken: Cancel);
        _server.Logs.First().IsGzip.ShouldBeFalse();
        _server.Logs.Skip(1).ShouldContain(log => log.IsGzip);
        _server.Points().Count.ShouldBe(5_001);
    }

    [Fact]
    public async Task A_disabled_run_does_nothing_at_all()
    {
        await using var run = await TrackerRun.StartAsync(new TrackerRunOptions { Url = _server.Url, Mode = TrackerMode.Disabled }, Cancel);
        run.Log(1, ("loss", 1));
        run.LogHistogram("w", [1f], 1);
        run.Alert("nobody hears");
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        run.Url.ShouldBeNull();
        _server.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("with space")]
    [InlineData("x1234567890123456789012345678901234567890123456789012345678901234")]
    public async Task An_id_that_no_server_takes_is_refused_at_once(string id) =>
        (await Should.ThrowAsync<ArgumentException>(() => TrackerRun.StartAsync(new TrackerRunOptions { Id = id }, Cancel))).Message.ShouldContain("1 to 64");

    [Fact]
    public async Task An_address_that_is_none_is_refused_at_once() =>
        (await Should.ThrowAsync<ArgumentException>(() => TrackerRun.StartAsync(new TrackerRunOptions { Url = new Uri("ftp://x") }, Cancel)))
        .Message.ShouldContain("ftp://x");

    [Fact]
    public void Log_allocates_nothing_once_warm()
    {
        var buffer = new LogBuffer(new MemoryBudget(64 * 1024 * 1024), () => { });
        long Measure()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var step = 0; step < 500; step++)
            {
                buffer.Add(
                    step, step,
                    [("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5), ("f", 6), ("g", 7), ("h", 8), ("i", 9), ("j", step)]);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        // As the packer does it: taken and given back.
        for (var i = 0; i < 4; i++)
        {
            Measure();
            while (buffer.Take(open: true) is { } segment) buffer.Return(segment);
        }

        Measure().ShouldBe(0);
    }

    private Task<TrackerRun> StartAsync(
        int heartbeat = 5_000, TrackerFinishState onDispose = TrackerFinishState.Finished, IReadOnlyDictionary<string, object?>? config = null) => TrackerRun.StartAsync(
        new TrackerRunOptions
        {
            Url = _server.Url,
            Mode = TrackerMode.Online,
            Project = "tests",
            Config = config,
            HeartbeatInterval = TimeSpan.FromMilliseconds(heartbeat),
            StateOnDispose = onDispose,
            Collect = TrackerCollect.None,
            Report = _ => { },
        },
        Cancel);
}
