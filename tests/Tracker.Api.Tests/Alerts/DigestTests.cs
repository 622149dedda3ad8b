using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Shouldly;
using Tracker.Api.Alerts;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

public sealed class DigestTests(PostgresFixture postgres) : AlertDatabase(postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sweep_of_200_runs_that_breaks_for_one_reason_is_three_messages_and_one_digest()
    {
        await using var slack = await Receiver.StartAsync(number => number == 4 ? 503 : 200);
        // All 200 are there when the server starts: how fast a test can write does not matter.
        await using var server = AlertServer.Create(ConnectionString);
        await server.Get<ChannelStore>().SaveAsync(new StoredChannel(ChannelStore.NewId(), "team", ChannelKinds.Slack, true, null, new(), new() { Url = slack.Url.AbsoluteUri },
            new ChannelPolicy { DigestAfter = 3, DigestSeconds = 1 }), Cancel);
        await server.QueryAsync<bool>("insert into runs (project_key, id, name) select 1, 'sweep-' || n, 'sweep ' || n from generate_series(1, 200) n; select true");
        var keys = await server.QueryAsync<long[]>("select array_agg(run_key) from runs where id like 'sweep-%'");
        foreach (var key in keys) await server.RaiseAsync(Samples.Event(diagnosis: $"d-{key}"), projectKey: 1, runKey: key);
        await server.StartAsync();
        await server.UntilAsync("(select count(*) = 200 from outbox where delivered_at is not null)");
        slack.All.Count.ShouldBe(5);
        var digest = Encoding.UTF8.GetString(slack.All.Last().Body);
        digest.ShouldContain("197 runs: clip threshold too low");
        digest.ShouldContain("and 177 more");
        // The attempt that failed said the same.
        Encoding.UTF8.GetString(slack.All.ElementAt(3).Body).ShouldBe(digest);
    }

    [Fact]
    public async Task A_thousand_diagnoses_reach_a_webhook_each_by_itself_and_once()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString, settings => settings["Alerts:Webhook:Url"] = webhook.Url.AbsoluteUri).StartAsync();
        for (var n = 0; n < 1000; n++) await server.RaiseAsync(Samples.Event(diagnosis: $"d-{n}"));
        await server.UntilAsync("(select count(*) = 1000 from outbox where delivered_at is not null)");
        webhook.All.Count.ShouldBe(1000);
        webhook.All.Select(received => received.Headers["webhook-id"]).Distinct().Count().ShouldBe(1000);
    }

    [Fact]
    public async Task Quiet_hours_hold_back_what_is_not_worse_than_they_allow()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString).StartAsync();
        using var client = server.Client();
        var now = TimeProvider.System.GetUtcNow();
        using var made = await client.PostAsJsonAsync("/api/v1/channels", new
        {
            kind = "webhook",
            url = receiver.Url,
            quietHours = new { from = now.AddHours(-1).ToString("HH:mm"), to = now.AddHours(1).ToString("HH:mm"), except = "crit" },
        }, Cancel);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancel)).GetProperty("id").GetString();
        await server.RaiseAsync(Samples.Event(diagnosis: "high"));
        await server.RaiseAsync(Samples.Event(diagnosis: "crit", severity: Core.Diagnosis.Severity.Crit));
        Encoding.UTF8.GetString((await receiver.NextAsync()).Body).ShouldContain("\"diagnosis\":\"crit\"");
        (await server.QueryAsync<long>("select count(*) from outbox where delivered_at is null and attempts = 0")).ShouldBe(1);
        using var end = await client.PatchAsJsonAsync($"/api/v1/channels/{id}", new { quietHours = new { from = "00:00", to = "00:00" } }, Cancel);
        end.EnsureSuccessStatusCode();
        Encoding.UTF8.GetString((await receiver.NextAsync()).Body).ShouldContain("\"diagnosis\":\"high\"");
    }

    [Theory]
    [InlineData("22:00", "07:00", "UTC", "2026-01-01T23:00:00Z", true)]
    [InlineData("22:00", "07:00", "UTC", "2026-01-01T07:00:00Z", false)]
    [InlineData("22:00", "07:00", "Europe/Berlin", "2026-01-01T21:30:00Z", true)]
    [InlineData("09:00", "17:00", "America/New_York", "2026-07-01T14:00:00Z", true)]
    [InlineData("09:00", "17:00", "America/New_York", "2026-07-01T12:30:00Z", false)]
    public void Quiet_hours_are_of_their_time_zone(string from, string to, string zone, string moment, bool quiet) =>
        new QuietHours(from, to, zone).Covers(DateTimeOffset.Parse(moment, System.Globalization.CultureInfo.InvariantCulture)).ShouldBe(quiet);

    [Fact]
    public async Task A_receiver_that_fails_again_and_again_is_left_alone_and_then_tried_with_one_message()
    {
        var well = false;
        await using var receiver = await Receiver.StartAsync(_ => well ? 200 : 500);
        await using var server = await AlertServer.Create(ConnectionString, settings =>
        {
            settings["Alerts:Webhook:Url"] = receiver.Url.AbsoluteUri;
            settings["Alerts:BreakerAfter"] = "3";
            settings["Alerts:BreakerPause"] = "00:15:00";
        }).StartAsync();
        for (var n = 0; n < 20; n++) await server.RaiseAsync(Samples.Event(diagnosis: $"d-{n}"));
        await server.UntilAsync("(select open_until > now() + interval '10 minutes' from channel_states)");
        await server.UntilAsync("(select count(*) = 0 from outbox where claimed_until > now())");
        var seen = receiver.All.Count;
        seen.ShouldBeLessThan(10);
        using var client = server.Client();
        var health = (await client.GetFromJsonAsync<JsonElement>("/api/v1/channels", Cancel)).GetProperty("items")[0].GetProperty("health");
        (health.GetProperty("state").GetString(), health.GetProperty("waiting").GetInt64()).ShouldBe(("open", 20));
        well = true;
        await server.QueryAsync<bool>("update channel_states set open_until = now(); select true");
        await server.UntilAsync("(select count(*) = 20 from outbox where delivered_at is not null)");
    }
}
