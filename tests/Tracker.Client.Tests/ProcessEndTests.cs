using System.Diagnostics;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>A process that trains, and ends in every way that a process can.</summary>
public sealed class ProcessEndTests : IAsyncLifetime
{
    private readonly TemporaryFolder _spool = new();
    private FaultServer _server = null!;
    private volatile bool _isAway;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = await FaultServer.StartAsync();
        _server.Fault = async (context, request) => _isAway && await FaultServer.Problem(context, 503, "away");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _spool.Dispose();
    }

    [Theory]
    [InlineData("return", "finished", 0)]
    [InlineData("dispose", "finished", null)]
    [InlineData("exit", "failed", 3)]
    [InlineData("throw", "failed", null)]
    public async Task The_way_a_process_ends_is_the_state_of_its_run(string end, string state, int? exitCode)
    {
        using var process = Start(end, end);
        await process.WaitForExitAsync(Cancel);
        await EndedAsync(end, state, exitCode);
        _server.Points().Count(point => point.Series == "train/loss").ShouldBe(50);
        Directory.GetDirectories(_spool.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_exception_that_nobody_caught_is_logged()
    {
        using var process = Start("failing", "throw");
        await process.WaitForExitAsync(Cancel);
        var events = _server.Logs.SelectMany(log => log.Body["events"]?.AsArray() ?? []);
        events.ShouldContain(e => (string)e!["name"]! == "exception" && (string)e["data"]!["message"]! == "out of luck");
    }

    [Theory]
    [InlineData("TERM", 143)]
    [InlineData("INT", 130)]
    public async Task A_signal_ends_the_run_as_killed(string signal, int exitCode)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no signals");
        using var process = Start("killed", "loop");
        await Waiting.Until(() => _server.Points().Count > 50, "points arrive");
        await KillAsync(process, signal);
        await EndedAsync("killed", "killed", exitCode);
    }

    [Fact]
    public async Task What_a_killed_process_had_logged_the_next_one_sends_once_and_in_order()
    {
        _isAway = true;
        using var process = Start("dead", "loop");
        // The process is off on its own; what it has on disk says how far it is.
        await Waiting.Until(() => Directory.GetFiles(_spool.Path, "*.log", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) > 40_000, "it has logged a lot");
        process.Kill();
        await process.WaitForExitAsync(Cancel);
        _server.Requests.Clear();
        _isAway = false;

        using var next = Start("alive", "return");
        await next.WaitForExitAsync(Cancel);
        var steps = FaultServer.PointsOf(_server.Logs.Where(log => log.Path.Contains("/dead/", StringComparison.Ordinal)).DistinctBy(log => (log.Writer, log.Batch)))
            .Where(point => point.Series == "train/loss").Select(point => point.Step).ToList();
        steps.Count.ShouldBeGreaterThan(100);
        steps.ShouldBe(Enumerable.Range(0, steps.Count).Select(n => (long)n));
        Directory.GetDirectories(_spool.Path).ShouldBeEmpty();
        // Nobody knows how it ended: that is for the server to say.
        _server.Requests.ShouldNotContain(request => request.Path == "/api/v1/runs/dead/finish");
    }

    private async Task EndedAsync(string run, string state, int? exitCode)
    {
        await Waiting.Until(() => _server.Requests.Any(request => request.Path == $"/api/v1/runs/{run}/finish"), "the run ends");
        var body = _server.Requests.Single(request => request.Path == $"/api/v1/runs/{run}/finish").Body;
        ((string)body["state"]!, (int?)body["exitCode"]).ShouldBe((state, exitCode));
    }

    private static async Task KillAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        await kill.WaitForExitAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
    }

    private Process Start(string id, string end)
    {
        var program = Repository.PathOf("tests", "Tracker.Client.Trainer", "bin", Repository.Configuration, "net10.0", "Tracker.Client.Trainer.dll");
        var start = new ProcessStartInfo("dotnet", [program, id, end]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["TRACKER_URL"] = _server.Url.ToString();
        start.Environment["TRACKER_SPOOL"] = _spool.Path;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
