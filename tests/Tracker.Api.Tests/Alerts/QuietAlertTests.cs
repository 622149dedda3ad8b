using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Tracker.Api.Alerts;
using Tracker.Core.Diagnosis;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

/// <summary>What is said without a sound, and what is not said at all.</summary>
public sealed class QuietAlertTests(PostgresFixture postgres) : AlertDatabase(postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<Receiver> SlackAsync() => Receiver.StartAsync(async (number, context) => await context.Response.WriteAsJsonAsync(new { ok = true, channel = "C042", ts = $"17{number}.0001" }));

    private static async Task<string> CreateAsync(AlertServer server, object request)
    {
        using var client = server.Client();
        using var response = await client.PostAsJsonAsync("/api/v1/channels", request, Cancel);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetString()!;
    }

    private static List<string> Types(Receiver webhook) => [.. webhook.All.Select(received => JsonSerializer.Deserialize<JsonElement>(received.Body).GetProperty("type").GetString()!)];

    private static string Text(Received received) => Encoding.UTF8.GetString(received.Body);

    [Fact]
    public async Task What_was_acknowledged_changes_where_it_stands_reaches_programs_and_rings_nowhere()
    {
        await using var slack = await SlackAsync();
        await using var discord = await Receiver.StartAsync(async (_, context) => await context.Response.WriteAsJsonAsync(new { id = "991" }));
        await using var loud = await Receiver.StartAsync();
        await using var program = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString, settings =>
        {
            settings["Alerts:Slack:ApiBase"] = slack.Url.AbsoluteUri;
            settings["Alerts:Slack:Url"] = loud.Url.AbsoluteUri;
            settings["Alerts:Webhook:Url"] = program.Url.AbsoluteUri;
        }).StartAsync();
        await CreateAsync(server, new { kind = "slack-bot", token = "xoxb-1", channel = "#ml" });
        await CreateAsync(server, new { kind = "discord", url = new Uri(discord.Url, "/api/webhooks/1/token") });
        await server.StoreAndRaiseAsync(Samples.Event());
        (await server.Get<Verdicts>().SayAsync("clipping-1", "acknowledged", "ada", Cancel)).ShouldBeTrue();
        (await server.Get<Verdicts>().SayAsync("clipping-1", "acknowledged", "ada", Cancel)).ShouldBeTrue();
        await server.StoreAndRaiseAsync(Samples.Event(DiagnosisEventKind.Updated, step: 1400), runSequence: 2);
        await server.StoreAndRaiseAsync(Samples.Event(DiagnosisEventKind.Resolved, step: 1500), runSequence: 3);
        await server.UntilAsync("(select count(*) = 13 and count(*) filter (where delivered_at is not null) = 13 from outbox)");

        loud.All.Count.ShouldBe(1);
        Types(program).ShouldBe(["diagnosis.raised", "diagnosis.judged", "diagnosis.updated", "diagnosis.resolved"]);
        var judged = JsonSerializer.Deserialize<JsonElement>(program.All.ElementAt(1).Body).GetProperty("data");
        (judged.GetProperty("verdict").GetString(), judged.GetProperty("by").GetString()).ShouldBe(("acknowledged", "ada"));
        slack.All.Select(received => received.Path).ShouldBe(["/chat.postMessage", "/chat.update", "/chat.postMessage", "/chat.update", "/chat.postMessage", "/chat.update", "/chat.postMessage"]);
        var bodies = slack.All.Select(Text).ToList();
        bodies[1].ShouldContain("Acknowledged by*\\nada");
        bodies[1].ShouldContain("tracker.stop");
        bodies[1].ShouldNotContain("tracker.acknowledge");
        bodies[2].ShouldContain("Acknowledged by ada.");
        bodies.Skip(2).Where((_, index) => index % 2 == 0).ShouldAllBe(body => body.Contains("\"thread_ts\":\"171.0001\"", StringComparison.Ordinal));
        bodies[5].ShouldContain("Resolved: ");
        discord.All.Count.ShouldBe(4);
        Text(discord.All.First()).ShouldContain("actions/acknowledge");
        // Buttons that make no sense any more are taken away.
        Text(discord.All.Last()).ShouldNotContain("actions/acknowledge");
        Text(discord.All.Last()).ShouldContain("Open charts");
    }

    [Fact]
    public async Task Who_acknowledged_it_hears_of_it_again_when_it_gets_worse()
    {
        await using var loud = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString, settings => settings["Alerts:Slack:Url"] = loud.Url.AbsoluteUri).StartAsync();
        await server.StoreAndRaiseAsync(Samples.Event());
        await server.Get<Verdicts>().SayAsync("clipping-1", "acknowledged", "ada", Cancel);
        await server.StoreAndRaiseAsync(Samples.Event(DiagnosisEventKind.Updated, step: 1400), runSequence: 2);
        await server.StoreAndRaiseAsync(Samples.Event(DiagnosisEventKind.Updated, step: 1500, severity: Severity.Crit), runSequence: 3);
        await server.UntilAsync("(select count(*) = 2 from outbox where delivered_at is not null)");
        loud.All.Count.ShouldBe(2);
        Text(loud.All.Last()).ShouldNotContain("Acknowledged by");
    }

    [Theory]
    [InlineData("insert into mutes (project_key, run_key, reason, said_by) values (1, 1, '', 'ada')")]
    [InlineData("insert into mutes (project_key, reason, said_by, until) values (1, '', 'ada', now() + interval '1 hour')")]
    [InlineData("insert into mutes (project_key, condition, reason, said_by) values (1, 'clip-over-80', '', 'ada')")]
    [InlineData("insert into verdicts (diagnosis_id, verdict, said_by) values ('clipping-1', 'wrong', 'ada')")]
    public async Task What_waits_is_not_sent_when_it_is_muted_meanwhile(string mute)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = AlertServer.Create(ConnectionString, settings => settings["Alerts:Webhook:Url"] = receiver.Url.AbsoluteUri);
        await server.StoreAndRaiseAsync(Samples.Event());
        await server.RaiseAsync(Samples.Event(diagnosis: "other"), projectKey: 2);
        // An attempt was made already: the next one is not.
        await server.QueryAsync<bool>("update outbox set attempts = 1, first_attempt_at = now(); select true");
        await server.QueryAsync<bool>($"{mute}; select true");
        await server.StartAsync();
        await server.UntilAsync("(select count(*) = 1 from outbox where skipped = 'muted') and (select count(*) = 1 from outbox where delivered_at is not null)");
        Text(receiver.All.ShouldHaveSingleItem()).ShouldContain("\"diagnosis\":\"other\"");
        // Nor is its end.
        (await server.StoreAndRaiseAsync(Samples.Event(DiagnosisEventKind.Resolved), runSequence: 2)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_mute_that_is_over_or_of_something_else_holds_nothing_back()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString, settings => settings["Alerts:Webhook:Url"] = receiver.Url.AbsoluteUri).StartAsync();
        await server.QueryAsync<bool>("""
            insert into mutes (project_key, run_key, condition, until, reason, said_by) values
              (1, 1, null, now() - interval '1 second', '', 'ada'), (2, 2, null, null, '', 'ada'), (1, 1, 'clip-over-50', null, '', 'ada'); select true
            """);
        (await server.StoreAndRaiseAsync(Samples.Event())).ShouldBeTrue();
        await receiver.NextAsync();
    }

    [Fact]
    public async Task A_verdict_on_what_went_in_a_digest_has_no_message_to_change()
    {
        await using var slack = await SlackAsync();
        await using var server = AlertServer.Create(ConnectionString, settings => settings["Alerts:Slack:ApiBase"] = slack.Url.AbsoluteUri);
        await server.Get<ChannelStore>().SaveAsync(new StoredChannel(ChannelStore.NewId(), "bot", ChannelKinds.SlackBot, true, null, new() { Room = "#ml" }, new() { Token = "xoxb-1" },
            new ChannelPolicy { DigestAfter = 1, DigestSeconds = 1 }), Cancel);
        for (var n = 0; n < 3; n++) await server.StoreAndRaiseAsync(Samples.Event(diagnosis: $"d-{n}"));
        await server.Get<Verdicts>().SayAsync("d-2", "muted", "ada", Cancel);
        await server.QueryAsync<bool>("delete from verdicts; select true");
        await server.StartAsync();
        await server.UntilAsync("(select count(*) = 1 from outbox where skipped = 'no message to change') and (select count(*) = 3 from outbox where delivered_at is not null)");
        slack.All.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData("slack", "acknowledge", "in_channel", "ada: Acknowledged: ")]
    [InlineData("slack-bot", "acknowledge", "ephemeral", "Acknowledged: ")]
    [InlineData("slack-bot", "stop", "in_channel", "ada: The run seven is asked to stop")]
    public async Task Who_presses_a_button_in_Slack_is_answered(string kind, string action, string who, string begins)
    {
        await using var answers = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        var id = await CreateAsync(server, new { kind, url = kind == "slack" ? answers.Url : null, token = "x", channel = "#ml", signingSecret = "sign-me" });
        using (var off = await client.PatchAsJsonAsync($"/api/v1/channels/{id}", new { enabled = false }, Cancel)) off.EnsureSuccessStatusCode();
        await server.QueryAsync<bool>("insert into run_heads (run_key) values (1); select true");
        await server.StoreAndRaiseAsync(Samples.Event());
        var alert = await server.QueryAsync<Guid>("select id from alerts");
        var payload = "payload=" + Uri.EscapeDataString(JsonSerializer.Serialize(new
        {
            type = "block_actions",
            user = new { username = "ada" },
            response_url = new Uri(answers.Url, "/actions/T0/1/2"),
            actions = new[] { new { action_id = $"tracker.{action}", value = alert } },
        }));
        var stamp = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/channels/{id}/slack") { Content = new StringContent(payload, Encoding.UTF8, "application/x-www-form-urlencoded") };
        request.Headers.Add("X-Slack-Request-Timestamp", stamp);
        request.Headers.Add("X-Slack-Signature", "v0=" + Convert.ToHexStringLower(HMACSHA256.HashData("sign-me"u8, Encoding.UTF8.GetBytes($"v0:{stamp}:{payload}"))));
        using var response = await client.SendAsync(request, Cancel);
        response.EnsureSuccessStatusCode();
        var answer = await answers.NextAsync();
        answer.Path.ShouldBe("/actions/T0/1/2");
        var said = JsonSerializer.Deserialize<JsonElement>(answer.Body);
        (said.GetProperty("response_type").GetString(), said.GetProperty("replace_original").GetBoolean()).ShouldBe((who, false));
        said.GetProperty("text").GetString().ShouldStartWith(begins);
    }
}
