using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

public sealed class ChannelTests(PostgresFixture postgres) : AlertDatabase(postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<JsonElement> CreateAsync(HttpClient client, object request)
    {
        using var response = await client.PostAsJsonAsync("/api/v1/channels", request, Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.Created, await response.Content.ReadAsStringAsync(Cancel));
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancel);
    }

    [Fact]
    public async Task A_webhook_gets_signed_alerts_tests_and_while_a_secret_is_replaced_two_signatures()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        var made = await CreateAsync(client, new { kind = "webhook", name = "hook", url = receiver.Url });
        var (id, first) = (made.GetProperty("id").GetString()!, made.GetProperty("secret").GetString()!);

        using (var test = await client.PostAsync($"/api/v1/channels/{id}/test", null, Cancel))
            (await test.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("delivered").GetBoolean().ShouldBeTrue();
        Signatures(await receiver.NextAsync(), first).ShouldBe(1);

        await server.RaiseAsync(Samples.Event());
        Signatures(await receiver.NextAsync(), first).ShouldBe(1);

        using var rotate = await client.PostAsJsonAsync($"/api/v1/channels/{id}/secret", new { overlapHours = 1 }, Cancel);
        var second = (await rotate.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("secret").GetString()!;
        second.ShouldNotBe(first);
        using (var test = await client.PostAsync($"/api/v1/channels/{id}/test", null, Cancel)) test.EnsureSuccessStatusCode();
        var both = await receiver.NextAsync();
        (Signatures(both, first), Signatures(both, second)).ShouldBe((1, 1));
    }

    /// <summary>How many of the signatures are those of the secret. Written from the text of the specification.</summary>
    private static int Signatures(Received received, string secret)
    {
        var signed = Encoding.UTF8.GetBytes($"{received.Headers["webhook-id"]}.{received.Headers["webhook-timestamp"]}.").Concat(received.Body).ToArray();
        var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), signed));
        return received.Headers["webhook-signature"].Split(' ').Count(signature => signature == expected);
    }

    [Fact]
    public async Task Secrets_are_shown_once_stored_encrypted_and_logged_never()
    {
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        var made = await CreateAsync(client, new { kind = "slack-bot", token = "xoxb-very-secret", channel = "#ml", signingSecret = "sign-me-not" });
        var hook = await CreateAsync(client, new { kind = "webhook", url = "http://hooks.invalid/hidden-path" });
        var secret = hook.GetProperty("secret").GetString()!;
        var list = await client.GetStringAsync(new Uri("/api/v1/channels", UriKind.Relative), Cancel);
        var stored = await server.QueryAsync<string>("select string_agg(id || settings::text || policy::text || encode(secrets, 'escape'), ' ') from channels");
        foreach (var text in new[] { list, stored, string.Join('\n', server.Logs), made.GetRawText() })
        {
            text.ShouldNotContain("xoxb-very-secret");
            text.ShouldNotContain("sign-me-not");
            text.ShouldNotContain("hidden-path");
            text.ShouldNotContain(secret);
        }
        list.ShouldContain("hooks.invalid");
    }

    [Fact]
    public async Task A_diagnosis_is_one_Slack_message_updated_in_place_and_answered_in_its_thread()
    {
        await using var slack = await Receiver.StartAsync(async (number, context) =>
            await context.Response.WriteAsJsonAsync(new { ok = true, channel = "C042", ts = $"17{number}.0001", upload_url = "", file_id = "F1" }));
        await using var server = await AlertServer.Create(ConnectionString, settings => settings["Alerts:Slack:ApiBase"] = new Uri(slack.Url, "/api").AbsoluteUri).StartAsync();
        using var client = server.Client();
        await CreateAsync(client, new { kind = "slack-bot", token = "xoxb-1", channel = "#ml" });
        await server.RaiseAsync(Samples.Event());
        await server.RaiseAsync(Samples.Event(DiagnosisEventKind.Updated, step: 1400), runSequence: 2);
        await server.RaiseAsync(Samples.Event(DiagnosisEventKind.Resolved, step: 1500), runSequence: 3);
        await server.UntilAsync("(select count(*) = 3 from outbox where delivered_at is not null)");
        slack.All.Select(received => received.Path).ShouldBe(["/api/chat.postMessage", "/api/chat.update", "/api/chat.postMessage", "/api/chat.update", "/api/chat.postMessage"]);
        var bodies = slack.All.Select(received => JsonSerializer.Deserialize<JsonElement>(received.Body)).ToList();
        bodies[0].GetProperty("channel").GetString().ShouldBe("#ml");
        bodies[1].GetProperty("ts").GetString().ShouldBe("171.0001");
        bodies[1].GetProperty("channel").GetString().ShouldBe("C042");
        bodies[4].GetProperty("thread_ts").GetString().ShouldBe("171.0001");
        slack.All.ShouldAllBe(received => received.Headers["authorization"] == "Bearer xoxb-1");
        bodies[0].GetProperty("blocks").EnumerateArray().Select(block => block.GetProperty("type").GetString()).ShouldContain("actions");
    }

    [Fact]
    public async Task What_Slack_refuses_with_200_is_tried_again()
    {
        await using var slack = await Receiver.StartAsync(async (number, context) =>
            await context.Response.WriteAsJsonAsync(number == 1 ? (object)new { ok = false, error = "channel_not_found" } : new { ok = true, channel = "C1", ts = "1.2" }));
        await using var server = await AlertServer.Create(ConnectionString, settings => settings["Alerts:Slack:ApiBase"] = slack.Url.AbsoluteUri).StartAsync();
        using var client = server.Client();
        await CreateAsync(client, new { kind = "slack-bot", token = "xoxb-1", channel = "#ml" });
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select delivered_at is not null and attempts = 2 from outbox)");
        (await server.QueryAsync<string>("select answer from delivery_attempts where number = 1")).ShouldBe("Slack: channel_not_found");
    }

    [Fact]
    public async Task Discord_gets_an_embed_and_edits_it_and_Teams_gets_a_card()
    {
        await using var discord = await Receiver.StartAsync(async (_, context) => await context.Response.WriteAsJsonAsync(new { id = "991" }));
        await using var teams = await Receiver.StartAsync(_ => 202);
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        await CreateAsync(client, new { kind = "discord", url = new Uri(discord.Url, "/api/webhooks/1/token") });
        await CreateAsync(client, new { kind = "teams", url = new Uri(teams.Url, "/workflows/1?sig=x") });
        await server.RaiseAsync(Samples.Event());
        await server.RaiseAsync(Samples.Event(DiagnosisEventKind.Resolved), runSequence: 2);
        await server.UntilAsync("(select count(*) = 4 from outbox where delivered_at is not null)");
        discord.All.Select(received => received.Path).ShouldBe(["/api/webhooks/1/token", "/api/webhooks/1/token/messages/991"]);
        Encoding.UTF8.GetString(discord.All.First().Body).ShouldContain("\"embeds\"");
        var card = JsonSerializer.Deserialize<JsonElement>(teams.All.First().Body).GetProperty("attachments")[0];
        card.GetProperty("contentType").GetString().ShouldBe("application/vnd.microsoft.card.adaptive");
        card.GetProperty("content").GetProperty("type").GetString().ShouldBe("AdaptiveCard");
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_switched_off_and_dead_letters_can_be_sent_again()
    {
        var gone = true;
        await using var receiver = await Receiver.StartAsync(_ => gone ? 410 : 200);
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        var id = (await CreateAsync(client, new { kind = "webhook", url = receiver.Url })).GetProperty("id").GetString();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select not enabled from channels)");
        var dead = await client.GetFromJsonAsync<JsonElement>("/api/v1/deliveries?state=dead", Cancel);
        var letter = dead.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        letter.GetProperty("log")[0].GetProperty("answer").GetString().ShouldBe("HTTP 410");

        gone = false;
        using var enable = await client.PatchAsJsonAsync($"/api/v1/channels/{id}", new { enabled = true }, Cancel);
        enable.EnsureSuccessStatusCode();
        using var resend = await client.PostAsJsonAsync("/api/v1/deliveries/resend", new { channel = id }, Cancel);
        (await resend.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("resent").GetInt32().ShouldBe(1);
        await server.UntilAsync("(select delivered_at is not null from outbox)");
        receiver.All.Select(received => received.Headers["webhook-id"]).Distinct().Count().ShouldBe(1);
    }

    [Theory]
    [InlineData("""{"kind":"pigeon"}""", "kind")]
    [InlineData("""{"kind":"webhook"}""", "url")]
    [InlineData("""{"kind":"webhook","url":"ftp://x"}""", "url")]
    [InlineData("""{"kind":"slack-bot","token":"x"}""", "channel")]
    [InlineData("""{"kind":"email","host":"mail.example.com","to":["no address"]}""", "to")]
    [InlineData("""{"kind":"email","host":"mail.example.com","to":["a@b.c\r\nRCPT TO:<x@y.z>"]}""", "to")]
    [InlineData("""{"kind":"desktop","quietHours":{"from":"25:00","to":"07:00"}}""", "quietHours.from")]
    public async Task A_channel_that_cannot_work_is_refused_with_the_field(string request, string field)
    {
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        using var response = await client.PostAsync(new Uri("/api/v1/channels", UriKind.Relative), new StringContent(request, Encoding.UTF8, "application/json"), Cancel);
        response.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await response.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("field").GetString().ShouldBe(field);
    }

    [Fact]
    public async Task Links_in_messages_ask_before_they_act_and_forged_ones_do_nothing()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString, settings =>
        {
            settings["Alerts:Slack:Url"] = webhook.Url.AbsoluteUri;
            settings["Alerts:PublicUrl"] = "";
        }).StartAsync();
        using var client = server.Client();
        await server.QueryAsync<bool>("insert into run_heads (run_key) values (1); select true");
        await server.StoreAsync(Samples.Event());
        await server.RaiseAsync(Samples.Event());
        var buttons = JsonSerializer.Deserialize<JsonElement>((await webhook.NextAsync()).Body).GetProperty("blocks").EnumerateArray()
            .Single(block => block.GetProperty("type").GetString() == "actions").GetProperty("elements").EnumerateArray()
            .ToDictionary(button => button.GetProperty("action_id").GetString()!, button => button.GetProperty("url").GetString()!);
        (await client.GetStringAsync(new Uri(buttons["tracker.mute"]), Cancel)).ShouldContain("<button>Mute</button>");
        (await server.QueryAsync<long>("select count(*) from verdicts")).ShouldBe(0);
        (await (await client.PostAsync(new Uri(buttons["tracker.mute"]), null, Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldContain("Done");
        (await server.QueryAsync<string>("select verdict from verdicts")).ShouldBe("muted");
        (await client.PostAsync(new Uri(buttons["tracker.stop"]), null, Cancel)).EnsureSuccessStatusCode();
        (await server.QueryAsync<string>("select stop_reason from run_heads")).ShouldContain("Gradients are clipped");

        var forged = buttons["tracker.acknowledge"].Replace("acknowledge.", "mute.", StringComparison.Ordinal);
        (await (await client.PostAsync(new Uri(forged), null, Cancel)).Content.ReadAsStringAsync(Cancel)).ShouldContain("not valid");

        // What was muted is said no more.
        await server.RaiseAsync(Samples.Event(DiagnosisEventKind.Updated, step: 1400), runSequence: 2);
        (await server.QueryAsync<long>("select count(*) from alerts")).ShouldBe(2);
        (await server.QueryAsync<long>("select count(*) from outbox")).ShouldBe(1);
    }

    [Theory]
    [InlineData("sign-me", 0, HttpStatusCode.OK, 1)]
    [InlineData("another", 0, HttpStatusCode.Unauthorized, 0)]
    [InlineData("sign-me", -600, HttpStatusCode.Unauthorized, 0)]
    public async Task Slack_s_buttons_act_only_with_Slack_s_fresh_signature(string secret, int age, HttpStatusCode expected, long verdicts)
    {
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        var id = (await CreateAsync(client, new { kind = "slack-bot", token = "x", channel = "#ml", signingSecret = "sign-me" })).GetProperty("id").GetString();
        await server.StoreAsync(Samples.Event());
        await server.RaiseAsync(Samples.Event());
        var alert = await server.QueryAsync<Guid>("select id from alerts");
        var payload = "payload=" + Uri.EscapeDataString($$"""{"type":"block_actions","user":{"username":"ada"},"actions":[{"action_id":"tracker.acknowledge","value":"{{alert}}"}]}""");
        var stamp = (TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + age).ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/channels/{id}/slack") { Content = new StringContent(payload, Encoding.UTF8, "application/x-www-form-urlencoded") };
        request.Headers.Add("X-Slack-Request-Timestamp", stamp);
        request.Headers.Add("X-Slack-Signature", "v0=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"v0:{stamp}:{payload}"))));
        using var response = await client.SendAsync(request, Cancel);
        response.StatusCode.ShouldBe(expected);
        (await server.QueryAsync<long>("select count(*) from verdicts where said_by = 'Slack: ada' and verdict = 'acknowledged'")).ShouldBe(verdicts);
    }
}
