using System.Diagnostics;
using System.Text.Json.Nodes;
using Shouldly;
using Tracker.Client;
using Tracker.Testing;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary>The small commands, as processes against one server.</summary>
public sealed class CommandTests(SharedServer server) : IClassFixture<SharedServer>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Wide_and_long_files_become_runs()
    {
        await File.WriteAllTextAsync(_folder["wide.csv"], "step,time,\"train/loss\",\"a \"\"b\"\", c\",note\n1,1700000000,0.5,1,hello\n2,1700000001.5,nan,,x\r\n3,1700000002,-inf,1e3,\n", Cancel);
        await File.WriteAllTextAsync(_folder["long.csv"], "series;step;value\nloss;1;2\nloss;2;1\nacc;2;0.5\n", Cancel);
        var (exit, output, error) = await CliProcess.RunAsync("import", "csv", _folder["wide.csv"], _folder["long.csv"], "--server", server.Address, "--project", "csv", "--json");
        exit.ShouldBe(0, output + error);
        var runs = await server.RunsAsync("csv");
        (await server.Client.PointsAsync(runs["wide"], "train/loss")).ShouldBe(["1,0.5", "2,NaN", "3,-Infinity"]);
        (await server.Client.PointsAsync(runs["wide"], "a \"b\", c")).ShouldBe(["1,1", "3,1000"]);
        var times = (await server.GetAsync($"runs/{runs["wide"]}/points?name=train/loss&format=json"))["series"]![0]!["times"]!.AsArray();
        ((long)times[1]!).ShouldBe(1_700_000_001_500);
        (await server.Client.PointsAsync(runs["long"], "loss")).ShouldBe(["1,2", "2,1"]);
        (await server.Client.PointsAsync(runs["long"], "acc")).ShouldBe(["2,0.5"]);
        (await CliProcess.RunAsync("import", "csv", _folder["wide.csv"], "--step", "epoch", "--server", server.Address)).Exit.ShouldBe(2);
    }

    [Fact]
    public async Task A_file_that_is_imported_again_adds_its_new_lines_only()
    {
        const string head = "step,loss,acc\n", first = "1,0.5,0.1\n2,nan,\n", more = "3,0.25,0.2\n4,0.75,0.3\n";
        await File.WriteAllTextAsync(_folder["grows.csv"], head + first, Cancel);
        (await ImportAsync("grows.csv")).ShouldBe((3, 0));
        (await ImportAsync("grows.csv")).ShouldBe((0, 3));
        await File.AppendAllTextAsync(_folder["grows.csv"], more, Cancel);
        (await ImportAsync("grows.csv")).ShouldBe((4, 3));
        var run = (await server.RunsAsync("again")).ShouldHaveSingleItem().Value;
        (await server.Client.PointsAsync(run, "loss")).ShouldBe(["1,0.5", "2,NaN", "3,0.25", "4,0.75"]);
        (await server.Client.PointsAsync(run, "acc")).ShouldBe(["1,0.1", "3,0.2", "4,0.3"]);
        ((string)(await server.GetAsync($"runs/{run}"))["state"]!).ShouldBe("finished");
        (await CliProcess.RunAsync("import", "csv", _folder["grows.csv"], "--server", server.Address, "--project", "again")).Output.ShouldContain("already there, nothing new");

        // Another training has written over it: another run. One that is named is the one that is named.
        await File.WriteAllTextAsync(_folder["grows.csv"], head + "1,0.6,0.1\n", Cancel);
        (await ImportAsync("grows.csv")).ShouldBe((2, 0));
        (await ImportAsync("grows.csv", "--run", "by.name")).ShouldBe((2, 0));
        (await server.GetAsync("runs?project=again"))["items"]!.AsArray().Count.ShouldBe(3);
        (await CliProcess.RunAsync("import", "csv", _folder["grows.csv"], "--run", "no name", "--server", server.Address)).Exit.ShouldBe(1);

        async Task<(long New, long There)> ImportAsync(string file, params string[] more)
        {
            var (exit, output, error) = await CliProcess.RunAsync(["import", "csv", _folder[file], "--server", server.Address, "--project", "again", "--json", .. more]);
            exit.ShouldBe(0, output + error);
            var line = JsonNode.Parse(output)!;
            return ((long)line["points"]!, (long)line["there"]!);
        }
    }

    [Fact]
    public async Task What_is_exported_comes_back_the_same()
    {
        var run = await LogAsync("there");
        var (exit, csv, error) = await CliProcess.RunAsync("export", run, "--server", server.Address);
        exit.ShouldBe(0, error);
        csv.Split('\n')[0].ShouldBe("step,time,value,series");
        await File.WriteAllTextAsync(_folder["back.csv"], csv, Cancel);
        (await CliProcess.RunAsync("import", "csv", _folder["back.csv"], "--server", server.Address, "--project", "export")).Exit.ShouldBe(0);
        var back = (await server.RunsAsync("export"))["back"];
        foreach (var name in new[] { "train/loss", "with,comma" }) (await server.Client.PointsAsync(back, name)).ShouldBe(await server.Client.PointsAsync(run, name));

        var json = JsonNode.Parse((await CliProcess.RunAsync("export", run, "--json", "--series", "lr", "--server", server.Address)).Output)!;
        json["series"]!.AsArray().ShouldHaveSingleItem()!["values"]!.ToJsonString().ShouldBe("[0.1,0.1,0.1]");
        (await CliProcess.RunAsync("export", run, "--format", "recording", "-o", _folder["run.jsonl"], "--server", server.Address)).Exit.ShouldBe(0);
        var lines = await File.ReadAllLinesAsync(_folder["run.jsonl"], Cancel);
        lines.Length.ShouldBe(4);
        lines[2].ShouldContain("\"train/loss\":\"NaN\"");
        (await CliProcess.RunAsync("diagnose", _folder["run.jsonl"], "--json")).Output.ShouldContain("nan-");
    }

    [Fact]
    public async Task Projects_and_runs_are_listed_for_people_and_for_programs()
    {
        var run = await LogAsync("listed");
        (await CliProcess.RunAsync("ls", "--server", server.Address)).Output.ShouldContain("listed");
        (await CliProcess.RunAsync("ls", "listed", "--server", server.Address)).Output.ShouldContain(run);
        var line = (await CliProcess.RunAsync("ls", "listed", "--filter", "metrics.lr > 0", "--order-by", "name", "--json", "--server", server.Address)).Output;
        ((string)JsonNode.Parse(line)!["id"]!).ShouldBe(run);
        var (exit, _, error) = await CliProcess.RunAsync("ls", "listed", "--filter", "metrics.lr >", "--server", server.Address);
        (exit, error.Contains("422", StringComparison.Ordinal)).ShouldBe((2, true));
        (await CliProcess.RunAsync("ls", "--server", "http://127.0.0.1:9")).Exit.ShouldBe(3);
    }

    [Fact]
    public async Task The_address_of_a_run_is_printed()
    {
        var run = await LogAsync("opened");
        (await CliProcess.RunAsync("open", run, "--print", "--server", server.Address)).Output.Trim().ShouldBe(new Uri(new Uri(server.Address), $"/runs/{run}").ToString());
        (await CliProcess.RunAsync("open", "nobody", "--print", "--server", server.Address)).Exit.ShouldBe(2);
    }

    [Fact]
    public async Task Offline_runs_of_both_clients_are_synced_once()
    {
        await using (var run = await TrackerRun.StartAsync(
            new TrackerRunOptions { Id = "net-offline", Project = "sync", Mode = TrackerMode.Offline, Collect = TrackerCollect.None, SpoolFolder = _folder["offline"], Report = _ => { } }, Cancel))
        {
            for (var step = 0; step < 10; step++) run.Log(step, ("loss", step));
        }

        await File.WriteAllLinesAsync(
            _folder["offline/py-offline.ndjson"],
            [
                """{"method": "POST", "path": "/runs", "body": {"id": "py-offline", "project": "sync", "resume": "never"}}""",
                """{"method": "POST", "path": "/runs/py-offline/log", "body": {"writer": "py-1", "batch": 1, "series": [{"name": "loss", "steps": [1, 2], "values": [1, NaN]}]}}""".Replace("NaN", "\"NaN\"", StringComparison.Ordinal),
                """{"method": "POST", "path": "/runs/py-offline/finish", "body": {"state": "finished"}}""",
            ],
            Cancel);
        for (var time = 0; time < 2; time++)
        {
            var (exit, output, error) = await CliProcess.RunAsync("sync", _folder["offline"], "--server", server.Address, "--json");
            exit.ShouldBe(0, output + error);
            // The .NET spool is gone after the first time; the file stays, and its batches keep their numbers.
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(2 - time);
        }

        (await server.Client.PointsAsync("net-offline", "loss")).Count.ShouldBe(10);
        (await server.Client.PointsAsync("py-offline", "loss")).ShouldBe(["1,1", "2,NaN"]);
        foreach (var id in new[] { "net-offline", "py-offline" }) ((string)(await server.GetAsync($"runs/{id}"))["state"]!).ShouldBe("finished");
        (await CliProcess.RunAsync("sync", _folder["nowhere"], "--server", server.Address)).Exit.ShouldBe(2);
    }

    [Fact]
    public async Task A_spool_stays_when_the_server_is_away()
    {
        await using (await TrackerRun.StartAsync(
            new TrackerRunOptions { Id = "waiting", Mode = TrackerMode.Offline, Collect = TrackerCollect.None, SpoolFolder = _folder["waiting"], Report = _ => { } }, Cancel))
        {
        }

        (await CliProcess.RunAsync("sync", _folder["waiting"], "--server", "http://127.0.0.1:9", "--patience", "0.1")).Exit.ShouldBe(3);
        TrackerSpool.List(_folder["waiting"]).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Commands_and_options_are_completed()
    {
        (await CliProcess.RunAsync("[suggest:10]", "tracker im")).Output.ShouldContain("import");
        (await CliProcess.RunAsync("[suggest:22]", "tracker import tensor")).Output.ShouldContain("tensorboard");
        (await CliProcess.RunAsync("[suggest:18]", "tracker export --f")).Output.ShouldContain("--format");
        foreach (var shell in new[] { "bash", "zsh", "fish", "pwsh" }) (await CliProcess.RunAsync("completion", shell)).Output.ShouldContain("[suggest:");
    }

    [Theory]
    [InlineData("bash", """
        source <(tracker completion bash)
        COMP_LINE="tracker import cs" COMP_POINT=17 COMP_WORDS=(tracker import cs) COMP_CWORD=2
        _tracker
        echo "${COMPREPLY[@]}"
        """)]
    [InlineData("fish", "tracker completion fish | source; complete -C 'tracker import cs'")]
    public async Task A_shell_completes_a_word_by_its_script(string shell, string script)
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, shell)).FirstOrDefault(File.Exists);
        if (OperatingSystem.IsWindows() || program is null)
        {
            Assert.Skip($"{shell} is not installed");
            return;
        }

        await File.WriteAllTextAsync(_folder["tracker"], $"#!/bin/sh\nexec dotnet '{typeof(RecordedRunFile).Assembly.Location}' \"$@\"\n", Cancel);
        File.SetUnixFileMode(_folder["tracker"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo(program, ["-c", script]) { UseShellExecute = false, RedirectStandardOutput = true, WorkingDirectory = _folder.Path };
        start.Environment["PATH"] = $"{_folder.Path}:{start.Environment["PATH"]}";
        using var process = Process.Start(start)!;
        (await process.StandardOutput.ReadToEndAsync(Cancel)).Trim().ShouldBe("csv");
    }

    [Fact]
    public async Task An_option_that_is_none_is_told_and_taken_for_nothing_else()
    {
        var (exit, _, error) = await CliProcess.RunAsync("ls", "--jsn", "--server", server.Address);
        (exit, error.Contains("--jsn", StringComparison.Ordinal)).ShouldBe((1, true));
        (await CliProcess.RunAsync("diagnose", "--", "--no-such-file")).Exit.ShouldBe(2, "after -- everything is a file");
    }

    [Fact]
    public void Progress_is_a_bar_with_what_is_done_and_what_there_is()
    {
        ProgressBar.Line("x", 500, 2_000).ShouldBe("x [#######.......................]  25 %  500 of 2,000");
        ProgressBar.Line("x", 7, 0).ShouldBe("x 7");
    }

    private async Task<string> LogAsync(string project)
    {
        await using var run = await TrackerRun.StartAsync(
            new TrackerRunOptions { Url = new Uri(server.Address), Project = project, Mode = TrackerMode.Online, Collect = TrackerCollect.None, SpoolFolder = "", Report = _ => { } }, Cancel);
        double[] losses = [1, double.NaN, 0.25];
        for (var step = 0; step < losses.Length; step++) run.Log(step, ("train/loss", losses[step]), ("lr", 0.1), ("with,comma", step));
        (await run.FinishAsync(cancellationToken: Cancel)).Complete.ShouldBeTrue();
        return run.Id;
    }
}
