using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Auth;

/// <summary>Accounts, sessions, invitations, the proxy's sign-on, public links, and what is written down of it.</summary>
public sealed class PeopleTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_loopback_nobody_is_asked_until_there_is_a_key_or_an_account()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        (await server.Client.JsonAsync("/api/v1/session")).GetProperty("kind").GetString().ShouldBe("local");
        using var answer = await server.Client.PostAsync("/api/v1/people", """{"email":"ana@example.com","password":"correct horse battery"}""");
        (await answer.JsonAsync()).GetProperty("role").GetString().ShouldBe("admin", "the first account administrates");
        (await server.Client.GetAsync("/api/v1/projects", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("X-Forwarded-For", "10.1.2.3")]
    [InlineData("Forwarded", "for=10.1.2.3")]
    [InlineData("Host", "evil.example")]
    public async Task What_comes_through_a_proxy_or_under_another_name_is_not_this_machine(string header, string value)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/api/v1/projects", UriKind.Relative));
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await server.Client.SendAsync(request, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldContain("tracker admin keys create");
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_page_of_another_site_changes_nothing_neither_by_a_cookie_nor_on_loopback(string header, string value)
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        (await SendAsync(server.Client, null)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        await using var world = await AccessWorld.StartAsync(postgres);
        using var ana = await world.PersonAsync("ana@example.com", "admin");
        (await ana.PostAsync("/api/v1/runs/mine-run/stop", "{}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await SendAsync(ana, world.Server.Address)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);

        async Task<HttpResponseMessage> SendAsync(HttpClient client, Uri? origin)
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, new Uri("/api/v1/runs/mine-run", UriKind.Relative));
            client.DefaultRequestHeaders.Remove("Origin");
            if (header != "Origin" && origin is not null) request.Headers.Add("Origin", origin.GetLeftPart(UriPartial.Authority));
            request.Headers.TryAddWithoutValidation(header, value);
            return await client.SendAsync(request, Cancel);
        }
    }

    [Fact]
    public async Task A_session_cookie_is_out_of_reach_of_scripts_and_ends_with_the_session()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var ana = await world.PersonAsync("ana@example.com", "member", "mine");
        using var again = await world.With(null).PostAsync("/api/v1/session", JsonSerializer.Serialize(new { email = "ANA@example.com", password = AccessWorld.Password }));
        var cookie = again.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=lax", Case.Insensitive);
        (await ana.JsonAsync("/api/v1/session")).GetProperty("projects").GetProperty("mine").GetString().ShouldBe("member");
        (await ana.JsonAsync("/api/v1/projects")).GetProperty("items").GetArrayLength().ShouldBe(1);
        var stolen = cookie.Split(';')[0];
        (await ana.PostAsync("/api/v1/session/password", JsonSerializer.Serialize(new { current = AccessWorld.Password, next = "staple correct horse" }))).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ana.GetAsync("/api/v1/projects", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK, "the browser that changed it stays");
        using var other = world.With(null);
        other.DefaultRequestHeaders.Add("Cookie", stolen);
        (await other.GetAsync("/api/v1/projects", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized, "all others are signed out");
        (await ana.DeleteAsync("/api/v1/session", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await ana.GetAsync("/api/v1/projects", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task After_five_wrong_passwords_the_right_one_has_to_wait_and_nobody_learns_which_accounts_exist()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var ana = await world.PersonAsync("ana@example.com", "viewer");
        using var guesser = AccessWorld.Browser(world.Server.Address);
        foreach (var email in new[] { "ana@example.com", "nobody@example.com" })
        {
            for (var i = 0; i < 5; i++)
            {
                using var wrong = await TryAsync(email, "wrong password");
                wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
                (await wrong.Content.ReadAsStringAsync(Cancel)).ShouldContain("Address or password is wrong.");
            }

            using var locked = await TryAsync(email, AccessWorld.Password);
            locked.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            locked.Headers.RetryAfter!.Delta!.Value.ShouldBeGreaterThan(TimeSpan.FromSeconds(30));
        }

        Task<HttpResponseMessage> TryAsync(string email, string password) => guesser.PostAsync("/api/v1/session", JsonSerializer.Serialize(new { email, password }));
    }

    [Fact]
    public async Task A_key_signs_a_browser_in_and_takes_it_along_when_it_ends()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var browser = AccessWorld.Browser(world.Server.Address);
        var key = await world.KeyAsync(["read"], "mine");
        (await browser.PostAsync("/api/v1/session", JsonSerializer.Serialize(new { key }))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await browser.GetAsync("/api/v1/runs/mine-run", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await world.ExecuteAsync($"update api_keys set revoked_at = now() where prefix = '{key[..8]}'");
        await TrackerApi.UntilAsync(async () => (await browser.GetAsync("/api/v1/runs/mine-run", Cancel)).StatusCode, status => status == HttpStatusCode.Unauthorized, "the session lives on");
    }

    [Fact]
    public async Task An_invitation_makes_an_account_once_and_a_reset_link_a_new_password()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var admin = world.With(await world.KeyAsync(["admin"], "mine"));
        (await admin.PostAsync("/api/v1/invitations", """{"email":"ben@example.com","role":"admin","project":"mine","projectRole":"member"}""")).StatusCode.ShouldBe(HttpStatusCode.Forbidden, "only admins of the server give rights everywhere");
        using var invited = await admin.PostAsync("/api/v1/invitations", """{"email":"ben@example.com","project":"mine","projectRole":"member"}""");
        var token = (await invited.JsonAsync()).GetProperty("url").GetString()!.Split('/')[^1];
        using var ben = AccessWorld.Browser(world.Server.Address);
        (await (await ben.PostAsync("/api/v1/invitations/look", JsonSerializer.Serialize(new { token }))).JsonAsync()).GetProperty("project").GetString().ShouldBe("mine");
        (await ben.PostAsync("/api/v1/invitations/accept", JsonSerializer.Serialize(new { token, name = "Ben", password = "short" }))).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await (await ben.PostAsync("/api/v1/invitations/accept", JsonSerializer.Serialize(new { token, name = "Ben", password = AccessWorld.Password }))).JsonAsync()).GetProperty("email").GetString().ShouldBe("ben@example.com");
        (await ben.GetAsync("/api/v1/runs/mine-run", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ben.PostAsync("/api/v1/invitations/accept", JsonSerializer.Serialize(new { token, name = "Eve", password = AccessWorld.Password }))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        using var server = world.With(world.AdminKey);
        var id = (await server.JsonAsync("/api/v1/people")).GetProperty("items")[0].GetProperty("id").GetString();
        using var reset = await server.PostAsync($"/api/v1/people/{id}/reset", "{}");
        var resetToken = (await reset.JsonAsync()).GetProperty("url").GetString()!.Split('/')[^1];
        using var fresh = AccessWorld.Browser(world.Server.Address);
        (await fresh.PostAsync("/api/v1/invitations/accept", JsonSerializer.Serialize(new { token = resetToken, password = "another good password" }))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await world.SignInAsync("ben@example.com", "another good password")).Dispose();
    }

    [Fact]
    public async Task A_public_link_shows_its_run_and_nothing_else_until_it_is_revoked()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var admin = world.With(world.AdminKey);
        (await admin.PostAsync("/api/v1/runs", """{"project":"mine","id":"other"}""")).EnsureSuccessStatusCode();
        var made = await (await admin.PostAsync("/api/v1/runs/mine-run/shares", """{"note":"paper"}""")).JsonAsync();
        using var visitor = AccessWorld.Browser(world.Server.Address);
        using var opened = await visitor.GetAsync(new Uri(made.GetProperty("url").GetString()!), Cancel);
        opened.Headers.Location!.ToString().ShouldBe("/runs/mine-run");
        (await visitor.GetAsync("/api/v1/runs/mine-run", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await visitor.GetAsync("/api/v1/runs/mine-run/series", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await visitor.GetAsync("/api/v1/diagnoses/mine-diagnosis", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await visitor.GetAsync("/api/v1/runs/other", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await visitor.JsonAsync("/api/v1/runs")).GetProperty("items").GetArrayLength().ShouldBe(0);
        (await visitor.PostAsync("/api/v1/runs/mine-run/stop", "{}")).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await admin.DeleteAsync($"/api/v1/shares/{made.GetProperty("share").GetProperty("id")}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await visitor.GetAsync("/api/v1/runs/mine-run", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_proxys_word_counts_only_from_its_address()
    {
        await using var trusted = await AccessWorld.StartAsync(postgres, Proxy("127.0.0.1"));
        (await AskAsync(trusted, "ana@example.com")).GetProperty("role").GetString().ShouldBe("admin");
        (await AskAsync(trusted, "ben@example.com")).GetProperty("role").GetString().ShouldBe("viewer");
        await using var elsewhere = await AccessWorld.StartAsync(postgres, Proxy("10.9.8.7"));
        (await AskAsync(elsewhere, "ana@example.com")).GetProperty("kind").GetString().ShouldBe("nobody");
        await using var off = await AccessWorld.StartAsync(postgres);
        (await AskAsync(off, "ana@example.com")).GetProperty("kind").GetString().ShouldBe("nobody");

        static Action<IWebHostBuilder> Proxy(string address) => host => host.UseSetting("Access:Proxy:Addresses:0", address).UseSetting("Access:Proxy:UserHeader", "X-Auth-Request-Email")
            .UseSetting("Access:Proxy:NewRole", "viewer").UseSetting("Access:Proxy:Admins:0", "ana@example.com");
        static async Task<JsonElement> AskAsync(AccessWorld world, string email)
        {
            using var client = world.With(null);
            client.DefaultRequestHeaders.Add("X-Auth-Request-Email", email);
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
            return await client.JsonAsync("/api/v1/session");
        }
    }

    [Fact]
    public async Task What_people_do_is_written_down_and_admins_of_a_project_see_its_part()
    {
        await using var world = await AccessWorld.StartAsync(postgres);
        using var ana = await world.PersonAsync("ana@example.com", "admin", "mine");
        (await ana.DeleteAsync("/api/v1/runs/mine-run", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        using var admin = world.With(world.AdminKey);
        (await admin.DeleteAsync($"/api/v1/runs/{world.Hidden.Run}", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var all = (await admin.JsonAsync("/api/v1/audit")).GetProperty("items").EnumerateArray().Select(row => $"{row.GetProperty("actor")}: {row.GetProperty("action")} {row.GetProperty("target")}").ToList();
        all.ShouldContain("ana@example.com: DELETE /runs/{id} mine-run");
        all.ShouldContain("ana@example.com: signed in ana@example.com");
        all.ShouldContain("key admin: account created ana@example.com");
        var hers = (await ana.JsonAsync("/api/v1/audit")).GetProperty("items").EnumerateArray().Select(row => row.GetProperty("target").GetString()).ToList();
        hers.ShouldContain("mine-run");
        hers.ShouldNotContain(world.Hidden.Run);
    }

    [Fact]
    public async Task Every_answer_tells_browsers_what_not_to_do()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        foreach (var path in new[] { "/", "/api/v1/projects", "/api/v1/nothing", "/swagger/index.html" })
        {
            using var answer = await server.Client.GetAsync(path, Cancel);
            answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
            answer.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("frame-ancestors 'none'");
            if (path != "/swagger/index.html") answer.Headers.GetValues("Content-Security-Policy").Single().ShouldNotContain("unsafe");
        }
    }
}
