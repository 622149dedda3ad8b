using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>The pages of a project: its table of runs, its charts, the comparison, its settings.</summary>
public sealed class ProjectPagesTests(SweepFixture sweep, BrowserFixture browser) : IClassFixture<SweepFixture>
{
    private const float Patience = 30_000;
    private const string Project = SweepFixture.Project;

    [Fact]
    public async Task Runs_are_filtered_ordered_grouped_tagged_deleted_and_brought_back()
    {
        var server = sweep.Server;
        var (page, errors) = await OpenAsync(server, $"/projects/{Project}");
        await RowsAsync(page, 24);

        // A word is completed from what the project has; the answer comes while one types.
        var filter = page.GetByRole(AriaRole.Combobox, new() { Name = "Filter runs" });
        await page.Keyboard.PressAsync("/");
        await filter.PressSequentiallyAsync("config.opt");
        await page.GetByRole(AriaRole.Option, new() { Name = "config.optimizer.name" }).ClickAsync();
        await filter.PressSequentiallyAsync("= \"adam\"");
        await RowsAsync(page, 12);
        new Uri(page.Url).Query.ShouldContain("filter=");
        await filter.FillAsync("config.lr ~ 1");
        await page.GetByText("At character").WaitForAsync(new() { Timeout = Patience });
        await filter.FillAsync("run-1");
        await RowsAsync(page, 11);
        await filter.FillAsync("");
        await RowsAsync(page, 24);

        await page.GetByRole(AriaRole.Columnheader).Filter(new() { HasText = "val/loss" }).GetByRole(AriaRole.Button).First.ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('.line:not(.head) .cell-name')?.textContent === 'run-5'", null, new() { Timeout = Patience });

        await page.GotoAsync($"/projects/{Project}?group=config.optimizer.name");
        await page.Locator(".group-line").Filter(new() { HasText = "adam" }).WaitForAsync(new() { Timeout = Patience });
        (await page.Locator(".group-line").CountAsync()).ShouldBe(2);

        await page.GotoAsync($"/projects/{Project}");
        await RowsAsync(page, 24);
        await page.GetByLabel("Select run-3", new() { Exact = true }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Move to the trash" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Move to the trash: sure?" }).ClickAsync();
        await RowsAsync(page, 23);
        await page.GetByRole(AriaRole.Button, new() { Name = "Trash", Exact = true }).ClickAsync();
        await RowsAsync(page, 1);
        await page.GetByLabel("Select run-3", new() { Exact = true }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore" }).ClickAsync();
        await page.GetByText("The trash is empty.").WaitForAsync(new() { Timeout = Patience });
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task Charts_of_many_runs_zoom_together_and_a_saved_view_opens_from_its_link()
    {
        var server = sweep.Server;
        var (page, errors) = await OpenAsync(server, $"/projects/{Project}/charts?smooth=0.5");
        await page.Locator("figure.chart canvas").Nth(1).WaitForAsync(new() { Timeout = Patience });
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        var over = page.Locator("figure.chart .u-over").First;
        await over.HoverAsync(new() { Position = new() { X = 60, Y = 60 } });
        var box = (await over.BoundingBoxAsync())!;
        await page.Locator(".legend-float .legend-entry").Nth(9).WaitForAsync(new() { Timeout = Patience });
        await page.Mouse.DownAsync();
        await page.Mouse.MoveAsync(box.X + (box.Width / 2), box.Y + 60);
        await page.Mouse.UpAsync();
        await page.GetByText("show all").WaitForAsync(new() { Timeout = Patience });
        page.Url.ShouldContain("from=");

        await page.GetByRole(AriaRole.Button, new() { Name = "Views" }).ClickAsync();
        await page.GetByLabel("Name of the view").FillAsync("the start");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "the start", Exact = true }).WaitForAsync(new() { Timeout = Patience });
        var view = (await server.Client.JsonAsync($"/api/v1/projects/{Project}/views")).GetProperty("items")[0];
        view.GetProperty("state").GetProperty("smooth").GetDouble().ShouldBe(0.5);

        var (other, _) = await OpenAsync(server, $"/projects/{Project}/charts?view={view.GetProperty("id").GetString()}");
        await other.GetByText("show all").WaitForAsync(new() { Timeout = Patience });
        other.Url.ShouldContain("smooth=0.5");
        errors.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_comparison_tells_which_hyper_parameter_matters_and_the_palette_jumps()
    {
        var server = sweep.Server;
        var (page, errors) = await OpenAsync(server, $"/projects/{Project}/compare?part=importance");
        var first = page.Locator(".importance tbody tr").First;
        await first.WaitForAsync(new() { Timeout = Patience });
        (await first.InnerTextAsync()).ShouldStartWith("lr");
        (await page.Locator(".importance").InnerTextAsync()).ShouldContain("n = 24");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Parallel coordinates" }).ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelectorAll('.svg-line').length === 24", null, new() { Timeout = Patience });
        await page.GetByRole(AriaRole.Tab, new() { Name = "Differences" }).ClickAsync();
        await page.GetByRole(AriaRole.Rowheader, new() { Name = "optimizer.name" }).WaitForAsync(new() { Timeout = Patience });

        await page.Keyboard.PressAsync("Control+k");
        await page.GetByRole(AriaRole.Combobox, new() { Name = "Search or jump to" }).PressSequentiallyAsync("run-17");
        await page.GetByRole(AriaRole.Option).Filter(new() { HasText = "run-17" }).WaitForAsync(new() { Timeout = Patience });
        await page.Keyboard.PressAsync("Enter");
        await page.WaitForURLAsync("**/runs/run-17", new() { Timeout = Patience });
        errors.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(ColorScheme.Light)]
    [InlineData(ColorScheme.Dark)]
    public async Task No_page_has_a_serious_fault_for_those_who_see_or_point_differently(ColorScheme scheme)
    {
        // Evaluated, not added as a script: the policy of the pages refuses those.
        var axe = await File.ReadAllTextAsync(Repository.PathOf("src", "Tracker.Web", "node_modules", "axe-core", "axe.min.js"), TestContext.Current.CancellationToken);
        var server = sweep.Server;
        var found = new List<string>();
        foreach (var address in new[] { "/", $"/projects/{Project}", $"/projects/{Project}?trash=true", $"/projects/{Project}/charts", $"/projects/{Project}/compare", $"/projects/{Project}/compare?part=importance", $"/projects/{Project}/settings", "/runs/run-1" })
        {
            var (page, errors) = await OpenAsync(server, address, new() { ColorScheme = scheme });
            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await page.EvaluateAsync(axe);
            var result = await page.EvaluateAsync<JsonElement>("async () => (await axe.run()).violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary).slice(0, 3).join(' | '))");
            found.AddRange(result.EnumerateArray().Select(fault => $"{address} {fault.GetString()}"));
            errors.ShouldBeEmpty(address);
            await page.Context.CloseAsync();
        }

        found.ShouldBeEmpty();
    }

    private async Task<(IPage Page, List<string> Errors)> OpenAsync(TrackerServer server, string address, BrowserNewContextOptions? options = null)
    {
        options ??= new();
        options.ViewportSize = new() { Width = 1280, Height = 1000 };
        var page = await browser.NewPageAsync(server.Address, options);
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            // What the tests ask for on purpose, a filter that cannot be read, is an answer of the server and no fault of the page.
            if (message.Type == "error" && !message.Text.Contains("422", StringComparison.Ordinal)) errors.Add(message.Text);
        };
        await page.GotoAsync(address);
        return (page, errors);
    }

    private static async Task RowsAsync(IPage page, int count) =>
        await page.WaitForFunctionAsync("count => document.querySelectorAll('.grid .line:not(.head)').length === count", count, new() { Timeout = Patience });
}
