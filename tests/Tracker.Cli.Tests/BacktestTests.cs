using System.Diagnostics;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary><c>tracker backtest</c> against the real server.</summary>
public sealed class BacktestTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Each_run_is_a_line_and_a_wrong_threshold_is_named()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync("p");
        await (await server.Client.LogAsync(run, """{"points":[{"step":0,"values":{"train/loss":2.3}},{"step":1,"values":{"train/loss":2.2}}]}""")).JsonAsync();
        var (exit, output, _) = await RunAsync("backtest", "--project", "p", "--since", "2020-01-01", "--server", server.Address.ToString());
        exit.ShouldBe(0);
        output.ShouldContain($"{run}  as stored");
        output.ShouldContain("1 runs, 0 with other warnings");

        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["o.json"], """{"clipping":{"oftn":1}}""", TestContext.Current.CancellationToken);
        var (refused, _, errors) = await RunAsync("backtest", "--project", "p", "--options", folder["o.json"], "--server", server.Address.ToString());
        refused.ShouldBe(2);
        errors.ShouldContain("options.clipping.oftn");
    }

    private static async Task<(int Exit, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "tracker.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }
}
