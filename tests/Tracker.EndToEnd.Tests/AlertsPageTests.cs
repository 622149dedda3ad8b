using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Playwright;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>The page of alerts as its users meet it, in a browser, with a receiver of their own.</summary>
public sealed partial class AlertsPageTests(PostgresFixture postgres, BrowserFixture browser)
{
    private const float Patience = 60_000;
    private const string Project = "sick";

    private readonly ConcurrentQueue<(string Id, string Stamp, string Signature, string Body)> got = new();
    private volatile int status = 200;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Channels_rules_deliveries_history_and_mutes_are_managed_on_the_page()
    {
        await using var receiver = await AlertKillTests.ReceiveAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            string Header(string name) => context.Request.Headers[name].ToString();
            got.Enqueue((Header("webhook-id"), Header("webhook-timestamp"), Header("webhook-signature"), await body.ReadToEndAsync()));
            context.Response.StatusCode = status;
        });
        await using var server = await TrackerServer.StartAsync(postgres, host => host.UseSetting("Alerts:AllowPrivateAddresses", "true"));
        await (await server.Client.PostAsync("/api/v1/runs", $$"""{"project":"{{Project}}","id":"old"}""")).JsonAsync();
        await (await server.Client.LogAsync("old", """{"writer":"w","batch":1,"series":[{"name":"val/accuracy","steps":[1,2,3,4],"values":[0.5,0.05,0.04,0.6]}]}""")).JsonAsync();
        var page = await browser.NewPageAsync(server.Address, new() { ViewportSize = new() { Width = 1280, Height = 1000 } });
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        page.Console += (_, message) =>
        {
            if (message.Type == "error") errors.Add(message.Text);
        };

        var secret = await AddChannelAsync(page, receiver.Urls.First());
        await PreviewAndSaveAsync(page);
        await MissAndResendAsync(page, server);
        await ReadHistoryAsync(page);
        await MuteAsync(page, server);
        errors.ShouldBeEmpty();
        await VerifyAsync(secret);
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark }) await LookAsync(server, scheme);
    }

    /// <summary>A webhook is added, its secret is shown once, its test arrives.</summary>
    private async Task<string> AddChannelAsync(IPage page, string address)
    {
        await page.GotoAsync($"/projects/{Project}/alerts?tab=channels");
        var form = page.GetByRole(AriaRole.Form, new() { Name = "Add a channel" });
        await form.GetByLabel("Kind").SelectOptionAsync("webhook");
        await form.GetByLabel("Name").FillAsync("on-call");
        await form.GetByLabel("Address").FillAsync(address);
        await form.GetByRole(AriaRole.Button, new() { Name = "Add" }).ClickAsync();
        var secret = await form.Locator("code").InnerTextAsync(new() { Timeout = Patience });
        secret.ShouldStartWith("whsec_");
        await page.GetByRole(AriaRole.Button, new() { Name = "Test", Exact = true }).ClickAsync();
        await page.GetByText("The test arrived").WaitForAsync(new() { Timeout = Patience });
        got.ShouldHaveSingleItem().Body.ShouldContain("channel.test");

        // Changed: quiet hours appear, and are taken away again.
        await page.GetByRole(AriaRole.Button, new() { Name = "Change", Exact = true }).ClickAsync();
        var change = page.GetByRole(AriaRole.Form, new() { Name = "Change on-call" });
        await change.GetByText("How much, and when").ClickAsync();
        await change.GetByLabel("Quiet from").FillAsync("03:00");
        await change.GetByLabel("to", new() { Exact = true }).FillAsync("03:01");
        await change.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.GetByText("quiet 03:00–03:01").WaitForAsync(new() { Timeout = Patience });
        return secret;
    }

    /// <summary>A rule is tried on stored runs, corrected where it cannot be read, saved.</summary>
    private static async Task PreviewAndSaveAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Tab, new() { Name = "Rules" }).ClickAsync();
        await page.GetByLabel("Rule", new() { Exact = true }).FillAsync("val/accuracy < 0.1 for 2 points");
        await page.GetByRole(AriaRole.Button, new() { Name = "Try on stored runs" }).ClickAsync();
        await page.GetByText("It would have spoken in 1 of 1 runs").WaitForAsync(new() { Timeout = Patience });
        await page.GetByText("at step 3").WaitForAsync(new() { Timeout = Patience });
        await page.GetByLabel("Name").FillAsync("accuracy collapsed");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await page.Locator("li").Filter(new() { HasText = "accuracy collapsed" }).WaitForAsync(new() { Timeout = Patience });
    }

    /// <summary>The receiver is gone for a while: its channel is switched off, the letter is dead; both are mended by button, and the letter has its id still.</summary>
    private async Task MissAndResendAsync(IPage page, TrackerServer server)
    {
        status = 410;
        await SickAsync(server, "sick-1");
        await page.GetByRole(AriaRole.Tab, new() { Name = "Deliveries" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Dead letters", Exact = true }).ClickAsync();
        var letter = page.Locator("li.delivery").Filter(new() { HasText = "NaN" }).First;
        await letter.GetByText("HTTP 410").First.WaitForAsync(new() { Timeout = Patience });
        status = 200;
        await page.GetByRole(AriaRole.Tab, new() { Name = "Channels" }).ClickAsync();
        await page.GetByText("the receiver answered 410 Gone").WaitForAsync(new() { Timeout = Patience });
        await page.GetByRole(AriaRole.Button, new() { Name = "Switch on" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Switch off" }).WaitForAsync(new() { Timeout = Patience });
        await page.GetByRole(AriaRole.Tab, new() { Name = "Deliveries" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Dead letters", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { NameRegex = SendAll() }).ClickAsync();
        await page.GetByText("There is none of these.").WaitForAsync(new() { Timeout = Patience });
        await TrackerApi.UntilAsync(() => Task.FromResult(got.GroupBy(message => message.Id).Count(group => group.Count() > 1)), again => again > 0, "the letter came again under its id");
    }

    /// <summary>An alert opens to its words, its picture and the way it went.</summary>
    private static async Task ReadHistoryAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Tab, new() { Name = "History" }).ClickAsync();
        await page.Locator(".alert-line").Filter(new() { HasText = "NaN" }).First.ClickAsync();
        await page.WaitForFunctionAsync("() => document.querySelector('.alert-body img')?.naturalWidth === 480", null, new() { Timeout = Patience });
        await page.Locator(".alert-body").GetByText("delivered").First.WaitForAsync(new() { Timeout = Patience });
    }

    /// <summary>A run is muted on the card of its diagnosis and heard again; a condition of the project is muted on the page, for a day.</summary>
    private static async Task MuteAsync(IPage page, TrackerServer server)
    {
        await page.GotoAsync("/runs/sick-1");
        var card = page.Locator("article.diagnosis").Filter(new() { HasText = "NaN" }).First;
        await card.GetByRole(AriaRole.Button, new() { Name = "Mute" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Everything in this run" }).ClickAsync();
        await page.GetByText("Muted: Everything in the run").First.WaitForAsync(new() { Timeout = Patience });
        (await MutesAsync(server)).ShouldHaveSingleItem().GetProperty("run").GetString().ShouldBe("sick-1");
        await page.GotoAsync($"/projects/{Project}/alerts?tab=mutes");
        await page.GetByRole(AriaRole.Button, new() { Name = "End", Exact = true }).ClickAsync();
        await page.GetByText("Nothing is muted.").WaitForAsync(new() { Timeout = Patience });
        await page.GetByLabel("Condition").FillAsync("nan-after-n");
        await page.GetByLabel("How long").SelectOptionAsync("for a day");
        await page.GetByLabel("Why").FillAsync("known bug of the loader");
        await page.GetByRole(AriaRole.Button, new() { Name = "Mute", Exact = true }).ClickAsync();
        await page.GetByText("known bug of the loader").WaitForAsync(new() { Timeout = Patience });
        var mute = (await MutesAsync(server)).ShouldHaveSingleItem();
        (mute.GetProperty("condition").GetString(), mute.GetProperty("until").ValueKind).ShouldBe(("nan-after-n", JsonValueKind.String));
    }

    /// <summary>Each message's signature is verified by the lines of Python that the docs give to receivers.</summary>
    private async Task VerifyAsync(string secret)
    {
        var python = Tool.Find("Python 3", "python3", "python3.exe", "python.exe");
        using var folder = new TemporaryFolder();
        var docs = await File.ReadAllTextAsync(Repository.PathOf("docs", "alerts.md"), Cancel);
        var messages = JsonSerializer.Serialize(got.Select(message => new { headers = new Dictionary<string, string> { ["webhook-id"] = message.Id, ["webhook-timestamp"] = message.Stamp, ["webhook-signature"] = message.Signature }, body = message.Body }));
        await File.WriteAllTextAsync(folder["messages.json"], messages, Cancel);
        await File.WriteAllTextAsync(folder["verify.py"], PythonOf().Match(docs).Groups["code"].Value + """

            import json, sys
            messages = json.load(open(sys.argv[1], encoding="utf-8"))
            assert len(messages) > 2
            assert all(verified(m["headers"], m["body"].encode(), sys.argv[2]) for m in messages), "a signature is wrong"
            assert not any(verified(m["headers"], m["body"].encode() + b" ", sys.argv[2]) for m in messages), "a changed body passes"
            print("verified")
            """, Cancel);
        var (code, output) = await Tool.RunAsync(python, [folder["verify.py"], folder["messages.json"], secret], folder.Path);
        (code, output).ShouldBe((0, "verified"));
    }

    /// <summary>Nothing serious in the way of those who see or point differently, on any part of the page; with <c>TRACKER_UPDATE=1</c> pictures of each in the folder for temporary files.</summary>
    private async Task LookAsync(TrackerServer server, ColorScheme scheme)
    {
        var axe = await File.ReadAllTextAsync(Repository.PathOf("src", "Tracker.Web", "node_modules", "axe-core", "axe.min.js"), Cancel);
        var page = await browser.NewPageAsync(server.Address, new() { ColorScheme = scheme, ViewportSize = new() { Width = 1280, Height = 900 } });
        foreach (var tab in new[] { "history", "deliveries", "channels", "rules", "stopping", "mutes" })
        {
            await page.GotoAsync($"/projects/{Project}/alerts?tab={tab}");
            await page.Locator("[role=tabpanel] li, [role=tabpanel] h2").First.WaitForAsync(new() { Timeout = Patience });
            if (tab == "history")
            {
                await page.Locator(".alert-line").Filter(new() { HasText = "NaN" }).First.ClickAsync();
                await page.WaitForFunctionAsync("() => document.querySelector('.alert-body img')?.naturalWidth === 480", null, new() { Timeout = Patience });
            }

            await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
            await page.EvaluateAsync(axe);
            var faults = await page.EvaluateAsync<string[]>("async () => (await axe.run()).violations.filter(v => v.impact === 'serious' || v.impact === 'critical').map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html).join(' ')}`)");
            faults.ShouldBeEmpty($"{tab}, {scheme}");
            if (Environment.GetEnvironmentVariable("TRACKER_UPDATE") != "1") continue;
            var name = $"alerts-{tab}-{scheme}.png".ToLower(CultureInfo.InvariantCulture);
            await page.ScreenshotAsync(new() { Path = Path.Combine(Path.GetTempPath(), name) });
        }
    }

    private static async Task<List<JsonElement>> MutesAsync(TrackerServer server) => [.. (await server.Client.JsonAsync($"/api/v1/mutes?project={Project}")).GetProperty("items").EnumerateArray()];

    /// <summary>A run whose loss is not finite any more half-way.</summary>
    private static async Task SickAsync(TrackerServer server, string run)
    {
        await (await server.Client.PostAsync("/api/v1/runs", $$"""{"project":"{{Project}}","id":"{{run}}"}""")).JsonAsync();
        var values = new StringBuilder();
        for (var step = 0; step < 80; step++) values.Append(CultureInfo.InvariantCulture, $"{(step > 0 ? "," : "")}{(step < 40 ? (2.3 / (1 + (step / 40.0))).ToString("R", CultureInfo.InvariantCulture) : "NaN")}");
        await (await server.Client.LogAsync(run, $$$"""{"writer":"w","batch":1,"series":[{"name":"train/loss","steps":[{{{string.Join(',', Enumerable.Range(0, 80))}}}],"values":[{{{values}}}]}]}""")).JsonAsync();
    }

    [GeneratedRegex("Send \\d+ dead letters again")]
    private static partial Regex SendAll();

    [GeneratedRegex("```python\\r?\\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex PythonOf();
}
