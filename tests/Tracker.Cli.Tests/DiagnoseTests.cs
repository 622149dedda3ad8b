using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Shouldly;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary>The real command, as a process of its own, on recorded runs.</summary>
public sealed class DiagnoseTests
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Here(), "../.."));

    private static string Recorded(string name) => Path.Combine(Root, "tests/data/runs", name + ".jsonl.gz");

    [Theory]
    [InlineData("clipped", "clip-over-80", "clip-threshold-too-low", 148)]
    [InlineData("nan", "nan-after-n", "numeric-precision", 420)]
    [InlineData("plateau", "plateau-from-start", "lr-too-low", 400)]
    public async Task A_faulty_run_is_found_in_time_with_its_cause(string run, string signal, string cause, long latest)
    {
        var (exit, output, errors) = await Tracker("diagnose", "--json", Recorded(run));
        exit.ShouldBe(0);
        errors.ShouldBeEmpty();
        var events = Warnings(output);
        var first = events.First(e => e.GetProperty("signals").EnumerateArray().Any(s => s.GetProperty("id").GetString() == signal));
        first.GetProperty("run").GetString().ShouldBe(run);
        first.GetProperty("step").GetInt64().ShouldBeLessThanOrEqualTo(latest);
        events[^1].GetProperty("cause").GetString().ShouldBe(cause);
        events.Select(e => e.GetProperty("diagnosis").GetString()).Distinct().ShouldHaveSingleItem();
        events[0].GetProperty("event").GetString().ShouldBe("raised");
    }

    [Fact]
    public async Task A_healthy_run_gives_notes_at_most()
    {
        var (exit, output, _) = await Tracker("diagnose", "--json", Recorded("healthy"));
        exit.ShouldBe(0);
        Warnings(output).ShouldBeEmpty();
        Events(output).ShouldContain(e => e.GetProperty("cause").GetString() == "healthy");
    }

    [Fact]
    public async Task The_report_ends_with_what_the_run_could_not_show_and_the_line_that_would_log_it()
    {
        var (exit, output, _) = await Tracker("diagnose", Recorded("clipped"));
        exit.ShouldBe(0);
        output.ShouldContain("NOT SEEN");
        output.ShouldContain("run.log_histogram(f\"weights/{n}\"");
        output.ShouldContain("overfit-one-batch");
        output.ShouldNotContain("clip-over-80: ");
    }

    [Fact]
    public async Task Twice_the_same_run_gives_the_same_lines()
    {
        var (_, output, _) = await Tracker("diagnose", "--json", Recorded("nan"), Recorded("nan"));
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBeGreaterThan(2);
        lines.Take(lines.Length / 2).ShouldBe(lines.Skip(lines.Length / 2));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_exits_with_2_and_the_others_are_diagnosed()
    {
        var broken = Path.GetTempFileName();
        await File.WriteAllTextAsync(broken, "{\"run\":\"x\"}\n{\"step\":0,\"scalars\":{\"train/loss\":1}}\n{\"step\":1,", TestContext.Current.CancellationToken);
        var (exit, output, errors) = await Tracker("diagnose", "--json", broken, "no-such-file", Recorded("nan"));
        File.Delete(broken);
        exit.ShouldBe(2);
        errors.ShouldContain("line 3");
        errors.ShouldContain("no-such-file");
        Events(output).ShouldAllBe(e => e.GetProperty("run").GetString() == "nan");
        Events(output).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task The_report_for_people_has_plot_symptom_cause_and_what_to_do()
    {
        var (exit, output, _) = await Tracker("diagnose", Recorded("nan"));
        exit.ShouldBe(0);
        output.ShouldContain("CRIT  The loss became NaN at step 420");
        output.ShouldContain("! not finite");
        output.ShouldContain("cause: ");
        output.ShouldContain("do: ");
        output.ShouldContain("check: ");
    }

    [Fact]
    public async Task The_corpus_beside_the_checkout_holds_healthy_runs_that_stay_silent_and_faulty_ones_that_do_not()
    {
        var corpus = Path.Combine(Root, "../shared/corpus");
        if (!File.Exists(Path.Combine(corpus, "labels.json"))) Assert.Skip("no ../shared/corpus beside the checkout");
        using var labels = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(corpus, "labels.json"), TestContext.Current.CancellationToken));
        var runs = labels.RootElement.GetProperty("runs").EnumerateObject().ToList();
        var healthy = runs.Where(r => r.Value.GetProperty("healthy").GetBoolean()).Take(10).ToList();
        var faulty = runs.Where(r => Conditions(r.Value).Intersect(["nan-loss", "clipping-saturated", "plateau-from-start", "loss-constant"]).Any()).Take(12).ToList();
        var (exit, output, _) = await Tracker(["diagnose", "--json", .. healthy.Concat(faulty).Select(r => Path.Combine(corpus, r.Value.GetProperty("file").GetString()!))]);
        exit.ShouldBe(0);
        var told = Events(output).Where(e => e.GetProperty("severity").GetString() != "info").Select(e => e.GetProperty("run").GetString()).ToHashSet();
        healthy.Where(r => told.Contains(r.Name)).ShouldBeEmpty();
        faulty.Where(r => !told.Contains(r.Name)).ShouldBeEmpty();
    }

    private static IEnumerable<string> Conditions(JsonElement label) => label.GetProperty("conditions").EnumerateArray().Select(c => c.GetProperty("id").GetString()!);

    private static List<JsonElement> Events(string output) => [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonElement.Parse(l))];

    private static List<JsonElement> Warnings(string output) => Events(output).FindAll(e => e.GetProperty("severity").GetString() != "info");

    private static async Task<(int Exit, string Output, string Errors)> Tracker(params string[] arguments)
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

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
