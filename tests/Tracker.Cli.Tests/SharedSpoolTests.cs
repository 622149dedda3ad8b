using System.Diagnostics;
using Shouldly;
using Tracker.Client;
using Tracker.Testing;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary>The page about spools holds for both clients: what one has left, the other sends.</summary>
public sealed class SharedSpoolTests(SharedServer server) : IClassFixture<SharedServer>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_a_killed_Python_process_has_left_is_sent_by_the_command()
    {
        // It is killed by itself, once everything is on disk; nobody answers at its server.
        const string script = """
            import os, signal
            import tracker
            knobs = tracker.Settings(flush_interval=0.01, init_timeout=0.01, system_interval=0, console=False, environment=False)
            run = tracker.init(project="shared", id="py", url="http://127.0.0.1:9", mode="online", config={"lr": 0.5}, settings=knobs)
            for step in range(2000):
                run.log({"loss": float(step), "nan": float("nan")}, step=step)
            run.log({"h": tracker.Histogram([0.0, 1.0, 1.0], num_bins=2)}, step=3)
            run.alert("odd", "look")
            run.name = "later"
            while run._buffer.points or run._sender._changes:
                run._buffer._freed.wait(1)
            os.kill(os.getpid(), signal.SIGKILL)
            """;
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no SIGKILL");
        (await PythonAsync("-c", script)).Exit.ShouldNotBe(0);
        var (exit, output, error) = await CliProcess.RunAsync("sync", _folder.Path, "--server", server.Address);
        exit.ShouldBe(0, output + error);
        await HasAllAsync("py", "later");
        TrackerSpool.List(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_the_other_client_has_left_is_sent_by_Python()
    {
        var options = new TrackerRunOptions
        {
            Project = "shared", Id = "net", Url = new Uri("http://127.0.0.1:9"), Mode = TrackerMode.Online, Collect = TrackerCollect.None, SpoolFolder = _folder.Path,
            Config = new Dictionary<string, object?> { ["lr"] = 0.5 }, Report = _ => { },
        };
        await using (var run = await TrackerRun.StartAsync(options, Cancel))
        {
            for (var step = 0; step < 2000; step++) run.Log(step, ("loss", step), ("nan", double.NaN));
            run.LogHistogram("h", edges: [0, 0.5, 1], counts: [1, 2], step: 3);
            run.Alert("odd", "look");
            run.Update(new TrackerRunUpdate { Name = "later" });
            (await run.FinishAsync(timeout: TimeSpan.Zero, cancellationToken: Cancel)).Left.ShouldBe(4002);
        }

        var (exit, output) = await PythonAsync("-m", "tracker", "sync", _folder.Path, "--url", server.Address);
        exit.ShouldBe(0, output);
        output.ShouldContain("1 of 1 spools sent");
        await HasAllAsync("net", "later");
        ((string)(await server.GetAsync("runs/net"))["state"]!).ShouldBe("finished");
        TrackerSpool.List(_folder.Path).ShouldBeEmpty();
    }

    private async Task HasAllAsync(string id, string name)
    {
        var run = await server.GetAsync($"runs/{id}");
        ((string)run["name"]!, (double)run["config"]!["lr"]!).ShouldBe((name, 0.5));
        (await server.Client.PointsAsync(id, "loss")).ShouldBe(Enumerable.Range(0, 2000).Select(step => $"{step},{step}"));
        (await server.Client.PointsAsync(id, "nan")).ShouldBe(Enumerable.Range(0, 2000).Select(step => $"{step},NaN"));
        ((double)(await server.GetAsync($"runs/{id}/histograms?name=h&columns=10"))["columns"]![0]!["statistics"]!["count"]!).ShouldBe(3);
        ((string)(await server.GetAsync($"runs/{id}/events?kind=alert"))["items"]!.AsArray().ShouldHaveSingleItem()!["data"]!["text"]!).ShouldBe("look");
    }

    private async Task<(int Exit, string Output)> PythonAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("python3", arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder.Path };
        start.Environment["PYTHONPATH"] = Repository.PathOf("src", "tracker-python");
        start.Environment["TRACKER_SPOOL"] = _folder.Path;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, output + await error);
    }
}
