using System.Text.Json;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary><c>tracker alerts</c> and <c>tracker snapshot</c> against the real server.</summary>
public sealed class AlertsTests(PostgresFixture postgres)
{
    private static async Task<string> RunAsync(TrackerServer server, params string[] arguments)
    {
        var (exit, output, error) = await CliProcess.RunAsync([.. arguments, "--server", server.Address.ToString()]);
        exit.ShouldBe(0, error);
        return output;
    }

    [Fact]
    public async Task A_script_follows_alerts_and_looks_at_the_curves_around_one()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync("p", """{"total_steps":1000}""");
        await (await server.Client.LogAsync(run, """{"writer":"w","batch":1,"events":[{"kind":"alert","name":"first","level":"error","time":1000,"data":{"text":"one"}}]}""")).JsonAsync();
        await TrackerApi.UntilAsync(() => RunAsync(server, "alerts", "--project", "p"), text => text.Contains("code.alert", StringComparison.Ordinal) && text.Contains("first", StringComparison.Ordinal), "it is listed");

        using var follower = CliProcess.Start("alerts", "--follow", "--json", "--server", server.Address.ToString());
        try
        {
            Title(await follower.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldBe("first");
            var steps = string.Join(',', Enumerable.Range(0, 300));
            var values = string.Join(',', Enumerable.Range(0, 300).Select(i => i < 200 ? (2.3 / (1 + (i / 40.0))).ToString("R", System.Globalization.CultureInfo.InvariantCulture) : "NaN"));
            await (await server.Client.LogAsync(run, $$$"""{"writer":"w","batch":2,"series":[{"name":"train/loss","steps":[{{{steps}}}],"values":[{{{values}}}]}]}""")).JsonAsync();
            Title(await follower.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldContain("NaN");
        }
        finally
        {
            follower.Kill();
        }

        var text = await RunAsync(server, "snapshot", run, "--around", "200");
        text.ShouldContain("train/loss, steps");
        text.ShouldContain("nan-after-n on train/loss");
        var snapshot = JsonSerializer.Deserialize<JsonElement>(await RunAsync(server, "snapshot", run, "--json"));
        snapshot.GetProperty("around").GetInt64().ShouldBe(200);
        snapshot.GetProperty("series")[0].GetProperty("nonFinite").GetArrayLength().ShouldBeGreaterThan(0);
        snapshot.GetProperty("diagnoses").GetArrayLength().ShouldBeGreaterThan(0);

        foreach (var command in new[] { new[] { "snapshot", "nobody" }, ["alerts", "--since", "-1", "--follow"], ["backtest", "--project", "nobody"] })
        {
            var (exit, output, error) = await CliProcess.RunAsync([.. command, "--server", server.Address.ToString()]);
            (exit, output).ShouldBe((2, ""), error);
        }
    }

    private static string Title(string? line) => JsonSerializer.Deserialize<JsonElement>(line!).GetProperty("data").GetProperty("title").GetString()!;
}
