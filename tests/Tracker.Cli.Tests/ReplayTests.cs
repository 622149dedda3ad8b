using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary><c>tracker replay</c> against the real server.</summary>
public sealed class ReplayTests(PostgresFixture postgres)
{
    private const string Recorded =
        """
        {"run":"made","config":{"lr":0.1,"max_grad_norm":null}}
        {"step":1,"t":0.5,"scalars":{"train/loss":2.25,"lr":0.1},"histograms":{"weights/a":{"edges":[0,1,2],"counts":[3,4]}}}
        {"step":2,"t":0.625,"scalars":{"train/loss":"NaN","lr":0.1},"events":[{"kind":"note","name":"odd","level":"warn","data":{"why":[1]}}]}
        {"step":4,"t":1.5,"scalars":{"train/loss":"-Infinity","lr":0.05}}

        """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("max")]
    [InlineData("20")]
    public async Task A_replayed_run_reads_back_value_by_value_with_the_times_between(string speed)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["made.jsonl"], Recorded, Cancel);
        var (exit, output) = await RunAsync("replay", folder["made.jsonl"], "--server", server.Address.ToString(), "--speed", speed, "--project", "p", "--json");
        exit.ShouldBe(0, output);
        var run = (string)JsonNode.Parse(output)!["run"]!;

        var series = (await GetAsync(server, $"runs/{run}/points?name=train/loss&name=lr&format=json"))["series"]!.AsArray();
        series[0]!["steps"]!.ToJsonString().ShouldBe("[1,2,4]");
        series[0]!["values"]!.ToJsonString().ShouldBe("""[2.25,"NaN","-Infinity"]""");
        series[1]!["values"]!.ToJsonString().ShouldBe("[0.1,0.1,0.05]");
        var times = series[0]!["times"]!.AsArray().Select(time => (long)time!).ToList();
        (times[1] - times[0], times[2] - times[0]).ShouldBe((125, 1_000));
        times[2].ShouldBeLessThanOrEqualTo(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

        var stored = await GetAsync(server, $"runs/{run}");
        ((string)stored["name"]!, (string)stored["project"]!, (string)stored["state"]!, stored["config"]!.ToJsonString())
            .ShouldBe(("made", "p", "finished", """{"lr":0.1,"max_grad_norm":null}"""));
        (await GetAsync(server, $"runs/{run}/events?kind=note"))["items"]![0]!["data"]!.ToJsonString().ShouldBe("""{"why":[1]}""");
        ((string)(await GetAsync(server, $"runs/{run}/series"))["items"]!.AsArray().Single(s => (string)s!["name"]! == "weights/a")!["kind"]!).ShouldBe("histogram");
    }

    [Fact]
    public async Task Runs_of_the_corpus_read_back_value_by_value()
    {
        var corpus = Path.Combine(Repository.PathOf(".."), "shared", "corpus", "runs");
        Assert.SkipUnless(Directory.Exists(corpus), "no corpus of recorded runs beside the checkout");
        await using var server = await TrackerServer.StartAsync(postgres);
        var files = Directory.GetFiles(corpus, "*.gz").Order(StringComparer.Ordinal).Take(5).ToArray();
        var (exit, output) = await RunAsync(["replay", .. files, "--server", server.Address.ToString(), "--speed", "0", "--json"]);
        exit.ShouldBe(0, output);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => JsonNode.Parse(text)!))
        {
            using var file = RecordedRunFile.Open((string)line["file"]!);
            var recorded = file.Run.ReadSteps().SelectMany(step => step.Batch.Scalars).GroupBy(column => column.Name).ToList();
            var names = string.Join('&', recorded.Select(column => "name=" + Uri.EscapeDataString(column.Key)));
            var stored = (await GetAsync(server, $"runs/{line["run"]}/points?format=json&{names}"))["series"]!.AsArray().ToDictionary(s => (string)s!["name"]!, s => s!);
            foreach (var column in recorded)
            {
                stored[column.Key]["steps"]!.Deserialize<long[]>().ShouldBe(column.Select(c => c.Steps[0]));
                stored[column.Key]["values"]!.AsArray().Select(value => value!.ToString()).Select(Number).ShouldBe(column.Select(c => c.Values[0]));
            }
        }
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_said_in_a_line_and_by_the_exit_code()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["made.jsonl"], Recorded, Cancel);
        (await RunAsync("replay", folder["made.jsonl"], "--server", "http://127.0.0.1:9")).Exit.ShouldBe(3);
    }

    [Fact]
    public async Task A_file_that_is_no_run_is_said_in_a_line_and_by_the_exit_code()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["bad.jsonl"], "{\"run\":\"x\"}\n{\"step\":1,\"t\":0,\"scalars\":{\"a\":[]}}\n", Cancel);
        (await RunAsync("replay", folder["bad.jsonl"], "--server", "http://127.0.0.1:9")).Exit.ShouldBe(2);
        (await RunAsync("replay", folder["none.jsonl"], "--server", "http://127.0.0.1:9")).Exit.ShouldBe(2);
    }

    [Theory]
    [InlineData("--speed", "-1")]
    [InlineData("--speed", "fast")]
    [InlineData("--server", "nowhere")]
    public async Task An_option_that_makes_no_sense_is_refused(string option, string value) =>
        (await RunAsync("replay", "file", option, value)).Exit.ShouldBe(1);

    /// <summary>The command as its users run it: a process, its exit code and its standard output.</summary>
    private static async Task<(int Exit, string Output)> RunAsync(params string[] arguments)
    {
        var start = new System.Diagnostics.ProcessStartInfo("dotnet", [typeof(RecordedRunFile).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = System.Diagnostics.Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        return (process.ExitCode, output.Length > 0 ? output : await error);
    }

    private static async Task<JsonNode> GetAsync(TrackerServer server, string path) => (await server.Client.GetFromJsonAsync<JsonNode>("api/v1/" + path, Cancel))!;

    private static double Number(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.Parse(text),
    };
}
