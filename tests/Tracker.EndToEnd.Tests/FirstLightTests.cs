using System.Diagnostics;
using Microsoft.Playwright;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>The product as its users meet it: a server, seven real trainings at once, and a browser that nobody reloads.</summary>
public sealed class FirstLightTests(BrowserFixture browser) : IDisposable
{
    private const string Project = "failure-modes";
    private const float Patience = 240_000;

    private readonly TemporaryFolder _data = new();

    public void Dispose() => _data.Dispose();

    /// <summary>Modes of the example.</summary>
    private const int Trainings = 13;

    [Fact]
    public async Task The_trainings_are_watched_live_and_three_kinds_of_diagnosis_come_with_their_evidence_on_the_chart()
    {
        await using var server = await TrackerProcess.StartAsync(_data.Path);
        using var client = new HttpClient { BaseAddress = server.Address };
        using var training = Train(server, "--step-delay", "8", "--steps", "1600");
        try
        {
            var runs = await TrackerApi.UntilAsync(() => RunsAsync(client), found => found.Count == Trainings, "all runs are there", TimeSpan.FromMilliseconds(Patience));

            var project = await OpenAsync(server, $"/projects/{Project}/charts");
            await project.GetByText("healthy", new() { Exact = true }).First.WaitForAsync(new() { Timeout = Patience });
            await GrowsAsync(project);

            // Each page is opened before its fault is known, and is never loaded again.
            var expected = new[] { ("clip-0.05", "clipped"), ("log-zero", "NaN"), ("lr-1e-6", "never left its start") };
            var pages = new List<(IPage Page, string Words)>();
            foreach (var (name, words) in expected) pages.Add((await OpenAsync(server, $"/runs/{runs[name]}"), words));
            foreach (var (page, words) in pages)
            {
                var diagnosis = page.Locator("article.diagnosis").Filter(new() { HasText = words });
                await diagnosis.WaitForAsync(new() { Timeout = Patience });
                (await diagnosis.InnerTextAsync()).ShouldContain("since step");
                var marked = page.Locator("figure.chart").Filter(new() { HasText = "Marked:" }).Filter(new() { HasText = words });
                await marked.First.WaitForAsync(new() { Timeout = Patience, State = WaitForSelectorState.Attached });
                (await page.EvaluateAsync<bool>("window.notReloaded === true")).ShouldBeTrue();
            }

            (await project.EvaluateAsync<bool>("window.notReloaded === true")).ShouldBeTrue();
            await training.WaitForExitAsync(TestContext.Current.CancellationToken);
            training.ExitCode.ShouldBe(0);
            await PicturesAsync(server, runs);
        }
        finally
        {
            if (!training.HasExited) training.Kill(entireProcessTree: true);
        }
    }

    [Fact]
    public async Task A_kill_in_the_middle_loses_no_point_doubles_none_and_raises_no_diagnosis_anew()
    {
        const int Steps = 1_500;
        await using var server = await TrackerProcess.StartAsync(_data.Path);
        using var client = new HttpClient { BaseAddress = server.Address };
        using var training = Train(server, "--step-delay", "10", "--steps", $"{Steps}");
        try
        {
            var before = await TrackerApi.UntilAsync(() => RaisedAsync(client), raised => raised.Count >= 2, "the first diagnoses are raised", TimeSpan.FromMilliseconds(Patience));
            training.HasExited.ShouldBeFalse("the kill comes in the middle");
            await server.KillAsync();
            await server.StartAsync();
            await training.WaitForExitAsync(TestContext.Current.CancellationToken);
            training.ExitCode.ShouldBe(0);

            var runs = await RunsAsync(client);
            runs.Count.ShouldBe(Trainings);
            foreach (var (name, run) in runs)
            {
                var points = await client.PointsAsync(run, "train/loss");
                var steps = points.ConvertAll(point => long.Parse(point.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture));
                steps.ShouldBe(Enumerable.Range(0, steps.Count).Select(step => (long)step), $"every step of {name} once and in order");
                // The run without a clamp ends itself some hundred steps after its NaN.
                if (name != "log-zero") steps.Count.ShouldBe(Steps, name);
            }

            var after = await RaisedAsync(client);
            foreach (var (diagnosis, times) in after) times.ShouldBe(1, diagnosis);
            before.Keys.ShouldBeSubsetOf(after.Keys);
        }
        finally
        {
            if (!training.HasExited) training.Kill(entireProcessTree: true);
        }
    }

    private static Process Train(TrackerProcess server, params string[] arguments)
    {
        var program = Repository.PathOf("examples", "FailureModes", "bin", Repository.Configuration, "net10.0", "FailureModes.dll");
        return Process.Start(new ProcessStartInfo("dotnet", [program, "--url", server.Address!.ToString(), .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })!;
    }

    private async Task<IPage> OpenAsync(TrackerProcess server, string address)
    {
        var page = await browser.NewPageAsync(server.Address!);
        await page.GotoAsync(address);
        await page.EvaluateAsync("window.notReloaded = true");
        return page;
    }

    /// <summary>With <c>TRACKER_UPDATE=1</c>: the pictures of the README and the docs, dark and light.</summary>
    private async Task PicturesAsync(TrackerProcess server, Dictionary<string, string> runs)
    {
        if (Environment.GetEnvironmentVariable("TRACKER_UPDATE") != "1") return;
        var pages = new[]
        {
            ("run", $"/runs/{runs["lr-10"]}", "figure.chart canvas"),
            ("workspace", $"/projects/{Project}/charts", "figure.chart canvas"),
            ("examination", $"/runs/{runs["ten-sigmoid"]}?tab=examination", ".instrument canvas"),
            ("diagnoses", "/diagnoses", ".inbox-row"),
            ("gallery", "/gallery", ".shape-card"),
        };
        foreach (var (name, address, sign) in pages)
        {
            foreach (var scheme in new[] { ColorScheme.Dark, ColorScheme.Light })
            {
                var page = await browser.NewPageAsync(server.Address!, new() { ColorScheme = scheme, ViewportSize = new() { Width = 1600, Height = 900 } });
                await page.GotoAsync(address);
                await page.Locator(sign).Nth(3).WaitForAsync(new() { Timeout = Patience });
                await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
                var path = Repository.PathOf("docs", "images", $"{name}-{scheme}.png".ToLowerInvariant());
                await page.ScreenshotAsync(new() { Path = path });
            }
        }
    }

    /// <summary>The chart of the training loss says more points than a moment ago, by itself.</summary>
    private static async Task GrowsAsync(IPage page)
    {
        const string Count = "[...document.querySelectorAll('.chart-count')].map(e => e.textContent).find(t => t && t.includes('point'))";
        await page.WaitForFunctionAsync($"() => !!({Count})", null, new() { Timeout = Patience });
        var now = await page.EvaluateAsync<string>(Count);
        await page.WaitForFunctionAsync($"before => ({Count}) !== before", now, new() { Timeout = Patience });
    }

    private static async Task<Dictionary<string, string>> RunsAsync(HttpClient client)
    {
        var items = (await client.JsonAsync($"/api/v1/runs?project={Project}")).GetProperty("items").EnumerateArray();
        return items.ToDictionary(run => run.GetProperty("name").GetString()!, run => run.GetProperty("id").GetString()!);
    }

    /// <summary>How often each diagnosis was told to people as raised.</summary>
    private static async Task<Dictionary<string, int>> RaisedAsync(HttpClient client)
    {
        var alerts = (await client.JsonAsync("/api/v1/alerts?since=0&limit=1000")).GetProperty("items").EnumerateArray();
        return alerts.Where(alert => alert.GetProperty("type").GetString() == "diagnosis.raised")
            .GroupBy(alert => alert.GetProperty("data").GetProperty("diagnosis").GetString()!)
            .ToDictionary(group => group.Key, group => group.Count());
    }
}
