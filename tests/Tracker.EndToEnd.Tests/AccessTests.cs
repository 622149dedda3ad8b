using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Playwright;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests;

/// <summary>Access as people meet it: a start that is refused, the first key, signing in with a browser under the content security policy.</summary>
public sealed class AccessTests(PostgresFixture postgres, BrowserFixture browser)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_address_that_others_reach_is_refused_without_keys_and_served_with_the_first_one()
    {
        using var data = new TemporaryFolder("tracker access");
        var (code, output) = await TrackerProcess.RunAsync(data.Path, null, "--urls", "http://0.0.0.0:0");
        code.ShouldBe(1, output);
        output.ShouldContain("TRACKER_ADMIN_KEY_FILE");
        output.ShouldContain("tracker admin keys create");

        var file = data["admin-key"];
        await using var server = await TrackerProcess.StartAsync(data.Path, new Dictionary<string, string> { ["TRACKER_ADMIN_KEY_FILE"] = file });
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using var client = new HttpClient { BaseAddress = server.Address };
        (await client.GetAsync("/api/v1/projects", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(file, Cancel)).Trim());
        (await client.GetAsync("/api/v1/projects", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await server.StopAsync();
        await server.StartAsync();
        (await client.GetAsync("/api/v1/projects", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_browser_signs_in_sees_every_page_without_a_word_of_the_console_and_signs_out()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync("digits");
        (await server.Client.LogAsync(run, """{"series":[{"name":"train/loss","steps":[1,2,3],"values":[3,2,"NaN"]}]}""")).EnsureSuccessStatusCode();
        (await server.Client.PostAsync("/api/v1/people", """{"email":"ana@example.com","name":"Ana","password":"correct horse battery"}""")).EnsureSuccessStatusCode();

        var page = await browser.NewPageAsync(server.Address);
        var said = new List<string>();
        page.PageError += (_, error) => said.Add(error);
        page.Console += (_, message) =>
        {
            // Being told to sign in is no error of the page.
            if (message.Type is "error" or "warning" && !message.Text.Contains("401")) said.Add(message.Text);
        };
        await page.GotoAsync($"/runs/{run}");
        await page.WaitForURLAsync("**/login?next=**");
        await page.GetByLabel("Address of mail").FillAsync("ana@example.com");
        await page.GetByLabel("Password").FillAsync("wrong password");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.GetByText("Address or password is wrong.").WaitForAsync();
        await page.GetByLabel("Password").FillAsync("correct horse battery");
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign in", Exact = true }).ClickAsync();
        await page.WaitForURLAsync($"**/runs/{run}**");
        await page.Locator("canvas").First.WaitForAsync();
        await page.GetByText("live", new() { Exact = true }).WaitForAsync();
        foreach (var path in new[] { "/", "/projects/digits", "/projects/digits/charts", "/projects/digits/diagnoses", "/access" })
        {
            await page.GotoAsync(path);
            await page.Locator("main h1, main canvas, main table, main .state").First.WaitForAsync();
        }

        await page.GetByLabel("What for").FillAsync("laptop");
        await page.GetByRole(AriaRole.Button, new() { Name = "Make key" }).ClickAsync();
        (await page.Locator(".secret code").InnerTextAsync()).ShouldMatch("^trk_[A-Za-z0-9_-]{43}$");
        await page.GetByRole(AriaRole.Button, new() { Name = "People" }).ClickAsync();
        await page.GetByRole(AriaRole.Cell, new() { Name = "ana@example.com" }).WaitForAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Account: Ana" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await page.WaitForURLAsync("**/login");
        (await page.APIRequest.GetAsync("/api/v1/projects")).Status.ShouldBe(401);
        said.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_pages_of_the_API_work_under_their_policy()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var page = await browser.NewPageAsync(server.Address);
        var said = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error") said.Add(message.Text);
        };
        await page.GotoAsync("/swagger/index.html");
        await page.Locator(".opblock").First.WaitForAsync();
        said.ShouldBeEmpty();
    }
}
