using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Tracker.Api.Alerts;
using Tracker.Core.Diagnosis;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

public sealed class AlertDeliveryTests(PostgresFixture postgres) : AlertDatabase(postgres)
{
    [Fact]
    public async Task An_alert_reaches_webhook_and_Slack_once_and_its_signature_verifies()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var slack = await Receiver.StartAsync();
        await using var server = await To(webhook, settings => settings["Alerts:Slack:Url"] = slack.Url.AbsoluteUri).StartAsync();

        (await server.RaiseAsync(Samples.Event())).ShouldBeTrue();
        var message = await webhook.NextAsync();
        var text = await slack.NextAsync();
        await server.UntilAsync("(select count(*) = 2 from outbox where delivered_at is not null and attempts = 1)");

        Verifies(message).ShouldBeTrue();
        using var body = JsonDocument.Parse(message.Body);
        body.RootElement.GetProperty("type").GetString().ShouldBe("diagnosis.raised");
        body.RootElement.GetProperty("data").GetProperty("runName").GetString().ShouldBe("seven");
        body.RootElement.GetProperty("data").GetProperty("url").GetString().ShouldBe("http://tracker.test/runs/run-7");
        Encoding.UTF8.GetString(text.Body).ShouldContain("Raise max_grad_norm from 0.05 to 1.");
        webhook.All.Count.ShouldBe(1);
        slack.All.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_committed_alert_leaves_without_waiting_for_the_sweep()
    {
        await using var webhook = await Receiver.StartAsync();
        // Timers that never fire: only the call after the commit can wake the dispatcher.
        await using var server = await AlertServer.Create(
            ConnectionString, settings => settings["Alerts:Webhook:Url"] = webhook.Url.AbsoluteUri,
            services => services.AddSingleton<TimeProvider>(new StoppedTimers())).StartAsync();
        await server.RaiseAsync(Samples.Event());
        (await webhook.NextAsync()).Headers.Keys.ShouldContain("webhook-id");
    }

    [Fact]
    public async Task An_alert_that_was_written_while_no_server_ran_is_sent_at_the_next_start()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var server = To(webhook);
        await server.RaiseAsync(Samples.Event());
        await server.StartAsync();
        Verifies(await webhook.NextAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task Failures_are_retried_and_the_messages_of_a_diagnosis_arrive_in_order()
    {
        await using var webhook = await Receiver.StartAsync(number => number <= 3 ? 500 : 200);
        await using var server = await To(webhook).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.RaiseAsync(Samples.Event(DiagnosisEventKind.Updated, step: 1400), runSequence: 2);
        await server.RaiseAsync(Samples.Event(DiagnosisEventKind.Resolved, step: 1500), runSequence: 3);
        await server.UntilAsync("(select count(*) = 3 from outbox where delivered_at is not null)");

        webhook.All.Select(Type).ShouldBe(["raised", "raised", "raised", "raised", "updated", "resolved"]);
        webhook.All.Take(4).Select(received => received.Headers["webhook-id"]).Distinct().Count().ShouldBe(1);
        webhook.All.ShouldAllBe(received => Verifies(received));
    }

    [Fact]
    public async Task A_diagnosis_that_fails_does_not_hold_up_another()
    {
        await using var webhook = await Receiver.StartAsync(_ => 500);
        await using var server = await To(webhook, settings => settings["Alerts:FirstRetryDelay"] = "01:00:00").StartAsync();
        await server.RaiseAsync(Samples.Event(diagnosis: "first"));
        await server.UntilAsync("(select attempts = 1 and claimed_until is null from outbox)");
        await server.RaiseAsync(Samples.Event(diagnosis: "second"));
        await server.UntilAsync("(select count(*) = 2 from outbox where attempts = 1)");
    }

    [Fact]
    public async Task Retry_After_is_obeyed_by_every_message_to_that_receiver()
    {
        await using var webhook = await Receiver.StartAsync((_, context) =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        });
        await using var server = To(webhook);
        await server.RaiseAsync(Samples.Event(diagnosis: "first"));
        for (var n = 0; n < 10; n++) await server.RaiseAsync(Samples.Event(diagnosis: $"other-{n}"));
        await server.StartAsync();
        await server.UntilAsync("(select count(*) = 11 from outbox where next_attempt_at > now() + interval '59 minutes' and claimed_until is null)");
        webhook.All.Count.ShouldBeLessThan(11);
    }

    [Fact]
    public async Task What_a_receiver_asked_for_holds_though_another_request_succeeds_beside_it_and_no_longer_than_letters_live()
    {
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var webhook = await Receiver.StartAsync(async (number, context) =>
        {
            if (number == 1)
            {
                await arrived.Task;
                context.Response.StatusCode = 429;
                context.Response.Headers.RetryAfter = "31536000";
                return;
            }

            arrived.TrySetResult();
            await answer.Task;
        });
        await using var server = To(webhook);
        await server.RaiseAsync(Samples.Event(diagnosis: "first"));
        await server.RaiseAsync(Samples.Event(diagnosis: "second"));
        await server.StartAsync();
        const string Held = "(select open_until between now() + interval '23 hours' and now() + interval '24 hours' from channel_states)";
        await server.UntilAsync(Held);
        answer.SetResult();
        await server.UntilAsync("(select count(*) = 1 from outbox where delivered_at is not null)");
        await server.UntilAsync(Held);
    }

    [Fact]
    public async Task A_receiver_that_is_gone_gets_no_more_and_the_letter_is_kept()
    {
        await using var webhook = await Receiver.StartAsync(number => number == 1 ? 410 : 200);
        await using var server = await To(webhook).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select dead_at is not null and last_error = 'HTTP 410' from outbox)");
        await server.RaiseAsync(Samples.Event(DiagnosisEventKind.Updated), runSequence: 2);
        await server.UntilAsync("(select count(*) = 1 from outbox where delivered_at is not null)");
        webhook.All.Select(Type).ShouldBe(["raised", "updated"]);
    }

    [Fact]
    public async Task Delivery_is_given_up_after_the_time_limit_and_the_letter_is_kept()
    {
        await using var webhook = await Receiver.StartAsync(_ => 503);
        await using var server = await To(webhook, settings => settings["Alerts:GiveUpAfter"] = "00:00:00.200").StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select dead_at is not null and attempts > 1 from outbox)");
    }

    [Fact]
    public async Task A_delivery_that_a_dead_node_had_taken_is_made_by_another_under_the_same_id()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var server = To(webhook);
        await server.RaiseAsync(Samples.Event());
        // A node takes the delivery and dies before it sends.
        var taken = await server.Deliveries.ClaimAsync("webhook", 10, TimeSpan.FromMilliseconds(300), new ChannelPolicy(), 0, 5, TestContext.Current.CancellationToken);
        await server.StartAsync();
        (await webhook.NextAsync()).Headers["webhook-id"].ShouldBe(taken.ShouldHaveSingleItem().Alert.Id.ToString());
        await server.UntilAsync("(select delivered_at is not null and attempts = 2 from outbox)");
    }

    [Fact]
    public async Task A_delivery_is_taken_by_one_node_only()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var first = To(webhook);
        for (var n = 0; n < 100; n++) await first.RaiseAsync(Samples.Event(diagnosis: $"d-{n}"));
        await using var second = To(webhook);
        await Task.WhenAll(first.StartAsync(), second.StartAsync());
        await first.UntilAsync("(select count(*) = 100 from outbox where delivered_at is not null)");
        webhook.All.Count.ShouldBe(100);
        webhook.All.Select(received => received.Headers["webhook-id"]).Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public async Task A_receiver_that_hangs_or_hangs_up_half_way_is_tried_again()
    {
        await using var webhook = await Receiver.StartAsync(async (number, context) =>
        {
            if (number == 1) context.Abort();
            if (number == 2) await Task.Delay(Timeout.Infinite, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (number == 3)
            {
                context.Response.StatusCode = 500;
                context.Response.ContentLength = 1000;
                await context.Response.WriteAsync("half of");
                await context.Response.Body.FlushAsync();
                context.Abort();
            }
        });
        await using var server = await To(webhook, settings => settings["Alerts:RequestTimeout"] = "00:00:00.500").StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select delivered_at is not null and attempts = 4 from outbox)");
    }

    [Fact]
    public async Task An_event_written_twice_or_rolled_back_or_not_for_people_is_not_sent_again()
    {
        await using var webhook = await Receiver.StartAsync();
        await using var server = await To(webhook).StartAsync();
        (await server.RaiseAsync(Samples.Event(diagnosis: "rolled-back"), commit: false)).ShouldBeTrue();
        (await server.RaiseAsync(Samples.Event(notify: false))).ShouldBeFalse();
        (await server.RaiseAsync(Samples.Event())).ShouldBeTrue();
        (await server.RaiseAsync(Samples.Event())).ShouldBeFalse();
        await server.UntilAsync("(select count(*) = 1 from outbox where delivered_at is not null)");
        (await server.QueryAsync<long>("select count(*) from outbox")).ShouldBe(1);
        webhook.All.Count.ShouldBe(1);
    }

    private AlertServer To(Receiver receiver, Action<Dictionary<string, string?>>? configure = null) => AlertServer.Create(ConnectionString, settings =>
    {
        settings["Alerts:Webhook:Url"] = receiver.Url.AbsoluteUri;
        settings["Alerts:Webhook:Secret"] = AlertServer.Secret;
        configure?.Invoke(settings);
    });

    private static string Type(Received received)
    {
        using var body = JsonDocument.Parse(received.Body);
        return body.RootElement.GetProperty("type").GetString()!["diagnosis.".Length..];
    }

    // Written from the text of the specification, apart from the code that signs.
    private static bool Verifies(Received received)
    {
        var key = Convert.FromBase64String(AlertServer.Secret.Split('_')[1]);
        byte[] signed = [.. Encoding.UTF8.GetBytes(received.Headers["webhook-id"] + "." + received.Headers["webhook-timestamp"] + "."), .. received.Body];
        var expected = Convert.ToBase64String(HMACSHA256.HashData(key, signed));
        return received.Headers["webhook-signature"].Split(' ').Contains("v1," + expected);
    }

    private sealed class StoppedTimers : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Stopped();

        private sealed class Stopped : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;

            public void Dispose()
            {
            }
        }
    }
}
