using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Shouldly;
using Tracker.Client.Surroundings;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>What a run logs by itself, and the calls beside the points.</summary>
public sealed partial class SurroundingsTests : IAsyncLifetime
{
    private FaultServer _server = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _server = await FaultServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task The_start_says_where_the_run_runs_and_from_which_commit()
    {
        await using (await StartAsync(TrackerCollect.Environment | TrackerCollect.Git)) { }
        var process = Events("env", "process").ShouldHaveSingleItem();
        ((int)process["pid"]!, (int)process["processors"]!).ShouldBe((Environment.ProcessId, Environment.ProcessorCount));
        process["packages"]!.AsObject().ContainsKey("Shouldly").ShouldBeTrue();
        // The tests run in a checkout, except where somebody unpacked an archive.
        var inside = await Tool.OutputAsync("git", ["rev-parse", "HEAD"], Cancel);
        if (inside is not null) ((string)Events("env", "git").ShouldHaveSingleItem()["commit"]!).ShouldBe(inside.Trim());
    }

    [Fact]
    public void Secrets_of_the_command_line_are_not_logged() =>
        EnvironmentFacts.WithoutSecrets(["train", "--api-key", "s1", "--lr", "0.1", "--token=s2", "password=s3", "--key-frames", "--fast"])
            .ShouldBe(["train", "--api-key", "***", "--lr", "0.1", "--token=***", "password=***", "--key-frames", "***"]);

    [Fact]
    public void An_address_loses_its_password() => GitFacts.WithoutSecret("https://ann:pw@host/x.git").ShouldBe("https://host/x.git");

    [Fact]
    public async Task Lines_of_the_console_are_logged_and_still_printed()
    {
        var printed = new StringWriter();
        var before = Console.Out;
        Console.SetOut(printed);
        try
        {
            await using (await StartAsync(TrackerCollect.Console))
            {
                Console.Write("one ");
                Console.WriteLine("line");
                Console.Write("10 %\r50 %\r100 %\n");
                Console.Error.WriteLine("bad");
            }
        }
        finally
        {
            Console.SetOut(before);
        }

        printed.ToString().ShouldContain("one line");
        Lines("stdout").ShouldContain("one line");
        Lines("stdout").ShouldContain("100 %");
        Lines("stdout").ShouldNotContain(line => line.Contains("50 %", StringComparison.Ordinal));
        Lines("stderr").ShouldContain("bad");
    }

    [Fact]
    public void A_flood_of_lines_is_cut_and_says_so()
    {
        var events = new ConcurrentQueue<TrackerEvent>();
        using (new ConsoleCapture(events.Enqueue, new StillClock()))
        {
            for (var i = 0; i < 250; i++) Console.Error.WriteLine($"flood {i}");
        }

        var lines = events.Select(e => (string)e.Data!["text"]!).ToList();
        lines.Count(line => line.StartsWith("flood", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(100);
        lines[^1].ShouldContain("lines were left out");
    }

    [Fact]
    public async Task The_load_of_the_machine_is_logged_at_the_steps_of_the_training()
    {
        await using var run = await StartAsync(TrackerCollect.System, interval: 100);
        run.Log(7, ("loss", 1));
        await Waiting.Until(() => _server.Points().Any(point => point.Series == "system/process_memory"), "a sample arrives");
        var points = _server.Points();
        points.Where(point => point.Series.StartsWith("system/", StringComparison.Ordinal)).ShouldAllBe(point => point.Step == 7);
        var memory = double.Parse(points.First(point => point.Series == "system/memory").Value);
        memory.ShouldBeInRange(0, 100);
    }

    [Fact]
    public void What_nvidia_smi_prints_becomes_series()
    {
        GpuSample.Parse("0, 98, 20480, 71, 250.31\n").ShouldBe([("system/gpu_util", 98), ("system/gpu_mem", 20480), ("system/gpu_temperature", 71), ("system/gpu_power", 250.31)]);
        GpuSample.Parse("0, 98, 1, 71, 250\n1, 0, 2, 40, [N/A]\n").Select(item => item.Name).ShouldBe(
            ["system/gpu_util/0", "system/gpu_mem/0", "system/gpu_temperature/0", "system/gpu_power/0", "system/gpu_util/1", "system/gpu_mem/1", "system/gpu_temperature/1"]);
    }

    [Fact]
    public async Task Batches_and_summaries_are_events_and_changes_keep_their_place()
    {
        await using (var run = await StartAsync(TrackerCollect.None))
        {
            run.LogBatch(3, "a", "b");
            run.Summarize("best", 0.5);
            run.Summarize("epochs", 3);
            run.Update(new TrackerRunUpdate { Name = "new", Config = new Dictionary<string, object?> { ["lr"] = 1 } });
        }

        Events("batch", "batch").ShouldHaveSingleItem()["ids"]!.ToJsonString().ShouldBe("""["a","b"]""");
        Events("note", "summary").Last().ToJsonString().ShouldBe("""{"best":0.5,"epochs":3}""");
        _server.Requests.Single(request => request.Body["name"]?.ToString() == "new").Body.ToJsonString().ShouldBe("""{"name":"new","config":{"lr":1}}""");
    }

    [Fact]
    public async Task Another_rank_joins_under_its_own_names_and_does_not_end_the_run()
    {
        await using (var run = await StartAsync(TrackerCollect.None, new TrackerRunOptions { Id = "shared", Rank = 2, Resume = TrackerResume.Never }))
        {
            run.Log(1, ("train/loss", 1));
            run.LogHistogram("grads/fc1", [1f, 2f], 1);
        }

        ((string)_server.Requests.First().Body["resume"]!).ShouldBe("allow");
        _server.Points().ShouldBe([("rank2/train/loss", 1, "1")]);
        ((string)_server.Logs.Single().Body["histograms"]![0]!["name"]!).ShouldBe("rank2/grads/fc1");
        _server.Requests.ShouldNotContain(request => request.Path.EndsWith("/finish", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_training_that_throws_ends_its_run_as_failed()
    {
        var options = Options(TrackerCollect.None, new TrackerRunOptions());
        await Should.ThrowAsync<InvalidOperationException>(() => TrackerRun.RunAsync(options, _ => throw new InvalidOperationException("why"), Cancel));
        ((string)_server.Requests.Last().Body["state"]!).ShouldBe("failed");
        ((string)Events("note", "exception").ShouldHaveSingleItem()["message"]!).ShouldBe("why");
        (await TrackerRun.RunAsync(options, run =>
        {
            run.Log(1, ("loss", 1));
            return Task.CompletedTask;
        }, Cancel)).Complete.ShouldBeTrue();
        ((string)_server.Requests.Last().Body["state"]!).ShouldBe("finished");
    }

    [Fact]
    public void A_settings_class_becomes_a_config()
    {
        var config = TrackerConfig.Of(new Settings(0.1, 3), SettingsJson.Default.Settings);
        config.Select(item => (item.Key, item.Value!.ToString())).ShouldBe([("lr", "0.1"), ("layers", "3")]);
        Should.Throw<ArgumentException>(() => TrackerConfig.Of(1));
    }

    [Fact]
    public void A_run_has_at_most_a_dozen_methods() =>
        typeof(TrackerRun).GetMethods().Where(method => method.DeclaringType == typeof(TrackerRun) && !method.IsSpecialName).Select(method => method.Name).Distinct().Count().ShouldBeLessThanOrEqualTo(12);

    private IEnumerable<string> Lines(string stream) => Events("console", stream).Select(data => (string)data["text"]!);

    private List<JsonNode> Events(string kind, string name) =>
    [
        .. _server.Logs.SelectMany(log => log.Body["events"]?.AsArray() ?? []).Where(e => (string)e!["kind"]! == kind && (string)e["name"]! == name).Select(e => e!["data"]!),
    ];

    private Task<TrackerRun> StartAsync(TrackerCollect collect, TrackerRunOptions? options = null, int interval = 10_000) => TrackerRun.StartAsync(Options(collect, options ?? new(), interval), Cancel);

    private TrackerRunOptions Options(TrackerCollect collect, TrackerRunOptions options, int interval = 10_000) => new()
    {
        Id = options.Id,
        Rank = options.Rank,
        Resume = options.Resume,
        Url = _server.Url,
        Project = "tests",
        Mode = TrackerMode.Online,
        Collect = collect,
        SystemInterval = TimeSpan.FromMilliseconds(interval),
        EndsOnSignals = false,
        Report = _ => { },
    };

    internal sealed record Settings([property: JsonPropertyName("lr")] double Rate, [property: JsonPropertyName("layers")] int Layers);

    [JsonSerializable(typeof(Settings))]
    internal sealed partial class SettingsJson : JsonSerializerContext;

    private sealed class StillClock : TimeProvider
    {
        public override long GetTimestamp() => 0;
    }
}
