using System.IO.Compression;
using System.Text.Json.Nodes;
using Microsoft.Playwright;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>The page of a run, the inbox and the gallery, with real recorded runs.</summary>
public sealed class RunPageTests(PostgresFixture postgres, BrowserFixture browser)
{
    private const float Patience = 60_000;

    [Fact]
    public async Task A_sick_run_says_why_on_its_instruments_and_a_healthy_one_is_quiet()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var sick = await SendAsync(server.Client, "sigmoid-10");
        var healthy = await SendAsync(server.Client, "healthy");
        var page = await browser.NewPageAsync(server.Address, new() { ViewportSize = new() { Width = 1280, Height = 1600 } });
        var errors = Errors(page);

        await page.GotoAsync($"/runs/{sick}?tab=examination");
        await page.Locator("article.diagnosis").WaitForAsync(new() { Timeout = Patience });
        var layers = page.Locator("#instrument-layers");
        await layers.GetByText("Vanishing.").WaitForAsync(new() { Timeout = Patience });
        await layers.Locator(".verdict").GetByText("First / last = 1/").WaitForAsync(new() { Timeout = Patience });
        (await layers.Locator(".bar-rect[data-tone=crit]").CountAsync()).ShouldBeGreaterThan(4);
        await page.Locator("#instrument-updates .verdict").GetByText("Ordinary.").WaitForAsync(new() { Timeout = Patience });

        // A probe that reports while the page is open is shown without a reload.
        await (await server.Client.LogAsync(sick, """{"writer":"late","batch":1,"events":[{"kind":"probe","name":"overfit-one-batch","step":700,"data":{"start":2.3,"end":0.01,"steps":300}}]}""")).JsonAsync();
        await page.GetByText("The loss on one batch went from 2.3 to 0.01 in 300 steps.").WaitForAsync(new() { Timeout = Patience });
        await page.Locator(".ten li").Filter(new() { HasText = "One batch can be learnt by heart" }).GetByText("passed").WaitForAsync(new() { Timeout = Patience });

        await AccessibleAsync(page);

        // From the evidence to the charts at its range.
        await page.Locator("button.fact").First.ClickAsync();
        await page.Locator(".chart-place[data-pointed]").WaitForAsync(new() { Timeout = Patience });
        page.Url.ShouldContain("from=");

        await page.GotoAsync($"/runs/{healthy}");
        await page.Locator(".run-header .health[data-tone=ok]").Filter(new() { HasText = "healthy" }).WaitForAsync(new() { Timeout = Patience });
        (await page.Locator("article.diagnosis").CountAsync()).ShouldBe(0);
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Diagnoses_of_all_projects_are_answered_with_the_keyboard_many_at_once()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        await SendAsync(server.Client, "diverging", "one");
        await SendAsync(server.Client, "nan", "two");
        await SendAsync(server.Client, "clipped", "two");
        var page = await browser.NewPageAsync(server.Address);
        var errors = Errors(page);
        await page.GotoAsync("/diagnoses");
        var rows = page.Locator(".inbox-row");
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.inbox-row').length >= 3", null, new() { Timeout = Patience });
        var count = await rows.CountAsync();
        await AccessibleAsync(page);
        await page.Keyboard.PressAsync("a");
        await page.WaitForFunctionAsync("count => document.querySelectorAll('.inbox-row').length === count - 1", count, new() { Timeout = Patience });
        await page.Keyboard.PressAsync("*");
        await page.Locator(".inbox-bulk").WaitForAsync();
        await page.Keyboard.PressAsync("c");
        await page.GetByText("Nothing here wants an answer.").WaitForAsync(new() { Timeout = Patience });
        await page.GotoAsync("/diagnoses?state=open&verdict=confirmed&severity=info&project=two");
        await rows.First.WaitForAsync(new() { Timeout = Patience });
        (await rows.First.Locator(".inbox-said").InnerTextAsync()).ShouldBe("confirmed");
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Histograms_are_shown_in_three_shapes_at_any_step_and_beside_another_run()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var runs = new List<string>();
        foreach (var shift in new[] { 0, 2 })
        {
            var run = await server.Client.CreateRunAsync();
            var histograms = string.Join(',', Enumerable.Range(0, 12).Select(step => $$"""{"name":"weights/fc1","step":{{step * 10}},"edges":[-2,-1,0,1,2,3,4],"counts":[{{string.Join(',', Enumerable.Range(0, 6).Select(bin => bin == shift + (step / 6) ? 50 : 5))}}]}"""));
            await (await server.Client.LogAsync(run, $$"""{"writer":"w","batch":1,"histograms":[{{histograms}}]}""")).JsonAsync();
            runs.Add(run);
        }

        var page = await browser.NewPageAsync(server.Address);
        var errors = Errors(page);
        await page.GotoAsync($"/runs/{runs[0]}?tab=histograms&at=0&beside={runs[1]}");
        var facts = page.Locator(".step-facts");
        await facts.Nth(1).WaitForAsync(new() { Timeout = Patience });
        (await facts.Nth(0).InnerTextAsync()).ShouldContain("step 0");
        (await facts.Nth(1).InnerTextAsync()).ShouldContain("the other, step 0");
        (await page.Locator("figure.chart svg path").CountAsync()).ShouldBe(2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Percentiles" }).ClickAsync();
        (await page.Locator("figure.chart polygon").CountAsync()).ShouldBe(4);
        await page.GetByRole(AriaRole.Button, new() { Name = "Ridgeline" }).ClickAsync();
        await page.Locator("figure.chart canvas[aria-label='weights/fc1 over time']").WaitForAsync();
        page.Url.ShouldContain("shape=ridge");
        await AccessibleAsync(page);
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_gallery_loads_each_of_six_shapes_into_one_plot_and_prints_them_all()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var page = await browser.NewPageAsync(server.Address);
        var errors = Errors(page);
        await page.GotoAsync("/gallery");
        var cards = page.Locator(".shape-card");
        await cards.Nth(5).WaitForAsync(new() { Timeout = Patience });
        foreach (var name in new[] { "Overfitting", "Schedule kick" })
        {
            await cards.Filter(new() { HasText = name }).ClickAsync();
            (await page.Locator(".shape-plot h3").InnerTextAsync()).ShouldStartWith(name);
        }

        (await page.Locator(".regimes article").CountAsync()).ShouldBe(4);
        (await page.Locator(".pair article").CountAsync()).ShouldBe(2);
        await AccessibleAsync(page);
        await page.EmulateMediaAsync(new() { Media = Media.Print });
        (await page.Locator(".shapes-printed article:visible").CountAsync()).ShouldBe(6);
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_connection_is_told_with_the_time_of_the_data_and_what_came_meanwhile_is_there_after_it()
    {
        using var data = new TemporaryFolder();
        await using var server = await TrackerProcess.StartAsync(data.Path);
        using var client = new HttpClient { BaseAddress = server.Address };
        var run = await client.CreateRunAsync();
        await (await client.LogAsync(run, """{"writer":"w","batch":1,"points":[{"step":0,"values":{"train/loss":2}},{"step":1,"values":{"train/loss":1.5}}]}""")).JsonAsync();
        var page = await browser.NewPageAsync(server.Address!);
        await page.GotoAsync($"/runs/{run}");
        await page.GetByText("2 points", new() { Exact = true }).First.WaitForAsync(new() { Timeout = Patience });
        await page.GetByText("live", new() { Exact = true }).First.WaitForAsync(new() { Timeout = Patience });
        await server.KillAsync();
        await page.Locator(".banner").GetByText("What you see is from").WaitForAsync(new() { Timeout = Patience });
        await server.StartAsync();
        await (await client.LogAsync(run, """{"writer":"w","batch":2,"points":[{"step":2,"values":{"train/loss":1}}]}""")).JsonAsync();
        await page.GetByText("3 points", new() { Exact = true }).First.WaitForAsync(new() { Timeout = Patience });
        (await page.Locator(".banner").CountAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Points_come_where_a_proxy_lets_no_WebSocket_through_and_a_deleted_run_says_so()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, """{"writer":"w","batch":1,"points":[{"step":0,"values":{"train/loss":2}}]}""")).JsonAsync();
        var page = await browser.NewPageAsync(server.Address);
        await page.RouteWebSocketAsync("**/hubs/live", socket => _ = socket.CloseAsync());
        await page.GotoAsync($"/runs/{run}");
        await page.GetByText("live", new() { Exact = true }).First.WaitForAsync(new() { Timeout = Patience });
        await (await server.Client.LogAsync(run, """{"writer":"w","batch":2,"points":[{"step":1,"values":{"train/loss":1}}]}""")).JsonAsync();
        await page.GetByText("2 points", new() { Exact = true }).First.WaitForAsync(new() { Timeout = Patience });
        (await server.Client.DeleteAsync(new Uri($"/api/v1/runs/{run}", UriKind.Relative), TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        await page.GetByText("This run was moved to the trash.").WaitForAsync(new() { Timeout = Patience });
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await page.GetByText("This run was moved to the trash.").WaitForAsync(new() { State = WaitForSelectorState.Detached, Timeout = Patience });
    }

    [Fact]
    public async Task A_series_gets_its_role_by_hand_and_thresholds_are_set_for_the_run_and_its_project()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        await (await server.Client.LogAsync(run, """{"writer":"w","batch":1,"points":[{"step":0,"values":{"my_objective":2}},{"step":1,"values":{"my_objective":1}}]}""")).JsonAsync();
        var page = await browser.NewPageAsync(server.Address);
        var errors = Errors(page);
        await page.GotoAsync($"/runs/{run}?tab=overview");
        await page.GetByRole(AriaRole.Button, new() { Name = "Role of my_objective: none" }).ClickAsync();
        await page.GetByLabel("Role", new() { Exact = true }).FillAsync("train/loss");
        await page.Keyboard.PressAsync("Enter");
        await page.GetByRole(AriaRole.Button, new() { Name = "Role of my_objective: train/loss" }).WaitForAsync(new() { Timeout = Patience });

        await page.GotoAsync("/projects/test/settings?condition=clip-over-80");
        await page.GetByLabel("often clears").FillAsync("0.3");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try on stored runs" }).ClickAsync();
        await page.GetByText("1 run would be judged as before").WaitForAsync(new() { Timeout = Patience });
        await AccessibleAsync(page);
        await page.Locator(".thresholds button[type=submit]").ClickAsync();
        await page.GetByText("Saved", new() { Exact = true }).WaitForAsync(new() { Timeout = Patience });

        await page.GotoAsync($"/runs/{run}?tab=examination&condition=clip-over-80");
        await page.GetByText("Thresholds of the detectors for this run").ClickAsync();
        await page.GetByText("The project has 0.3.").WaitForAsync(new() { Timeout = Patience });
        await page.GetByLabel("often clears").FillAsync("2000000");
        await page.Locator(".thresholds button[type=submit]").ClickAsync();
        (await page.GetByLabel("often clears").EvaluateAsync<bool>("input => input.validity.rangeOverflow")).ShouldBeTrue();
        errors.ShouldBeEmpty();
    }

    private static List<string> Errors(IPage page)
    {
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") errors.Add(message.Text);
        };
        return errors;
    }

    /// <summary>axe finds nothing serious on the page as it stands.</summary>
    private static async Task AccessibleAsync(IPage page)
    {
        // Evaluated, not added as a script: a policy of the page may refuse those.
        await page.EvaluateAsync(await File.ReadAllTextAsync(Repository.PathOf("src", "Tracker.Web", "node_modules", "axe-core", "axe.min.js"), TestContext.Current.CancellationToken));
        var found = await page.EvaluateAsync<string[]>("""
            async () => (await axe.run()).violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(' ')}`)
            """);
        found.ShouldBeEmpty();
    }

    /// <summary>A recording of the gallery as a run of its own.</summary>
    private static async Task<string> SendAsync(HttpClient client, string name, string project = "gallery")
    {
        await using var file = File.OpenRead(Repository.PathOf("examples", "gallery", $"{name}.jsonl.gz"));
        using var reader = new StreamReader(new GZipStream(file, CompressionMode.Decompress));
        var cancel = TestContext.Current.CancellationToken;
        var head = JsonNode.Parse((await reader.ReadLineAsync(cancel))!)!;
        var body = new JsonObject { ["project"] = project, ["name"] = name, ["config"] = head["config"]!.DeepClone() };
        var run = (await (await client.PostAsync("/api/v1/runs", body.ToJsonString())).JsonAsync()).GetProperty("id").GetString()!;
        var points = new JsonArray();
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            var step = JsonNode.Parse(line)!;
            points.Add(new JsonObject { ["step"] = step["step"]!.DeepClone(), ["values"] = step["scalars"]!.DeepClone() });
        }

        await (await client.LogAsync(run, new JsonObject { ["writer"] = "recording", ["batch"] = 1, ["points"] = points }.ToJsonString())).JsonAsync();
        await (await client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
        return run;
    }
}
