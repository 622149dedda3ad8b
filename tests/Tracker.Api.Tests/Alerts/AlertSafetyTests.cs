using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Shouldly;
using Tracker.Api.Alerts;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

public sealed class AlertSafetyTests(PostgresFixture postgres) : AlertDatabase(postgres)
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task Nothing_is_sent_to_a_private_address_unless_it_is_allowed(string host)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var server = await AlertServer.Create(ConnectionString, settings =>
        {
            settings["Alerts:AllowPrivateAddresses"] = "false";
            settings["Alerts:FirstRetryDelay"] = "01:00:00";
            settings["Alerts:Webhook:Url"] = $"http://{host}:{receiver.Url.Port}/";
        }).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select attempts = 1 and last_error like '%Alerts:AllowPrivateAddresses%' from outbox)");
        receiver.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_name_that_changes_its_address_gains_nothing()
    {
        await using var receiver = await Receiver.StartAsync();
        var asked = 0;
        await using var server = AlertServer.Create(ConnectionString, settings =>
        {
            settings["Alerts:AllowPrivateAddresses"] = "false";
            settings["Alerts:RequestTimeout"] = "00:00:00.200";
            settings["Alerts:BreakerAfter"] = "100";
            settings["Alerts:Webhook:Url"] = $"http://rebinding.test:{receiver.Url.Port}/";
        }, services => services.AddSingleton(provider => new GuardedConnector(provider.GetRequiredService<IOptions<AlertOptions>>())
        {
            // A public address when it is looked at, then the machine itself, then both: whoever asks twice for one connection gets the second.
            Resolve = (_, _) => Task.FromResult<IPAddress[]>((Interlocked.Increment(ref asked) % 3) switch
            {
                1 => [IPAddress.Parse("8.8.8.8")],
                2 => [IPAddress.Loopback],
                _ => [IPAddress.Loopback, IPAddress.Parse("8.8.8.8"), IPAddress.IPv6Loopback],
            }),
        }));
        await server.StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select count(*) filter (where answer like '%not public%') > 1 and count(*) filter (where answer not like '%not public%') > 2 from delivery_attempts)");
        receiver.All.ShouldBeEmpty();
        var attempts = await server.QueryAsync<int>("select attempts from outbox");
        asked.ShouldBeInRange(attempts - 1, attempts + 1);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var inside = await Receiver.StartAsync();
        await using var receiver = await Receiver.StartAsync((_, context) =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = inside.Url.AbsoluteUri;
            return Task.CompletedTask;
        });
        await using var server = await AlertServer.Create(ConnectionString, settings => settings["Alerts:Webhook:Url"] = receiver.Url.AbsoluteUri).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select attempts > 1 and last_error like '%redirects are not followed%' from outbox)");
        inside.All.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_answer_without_end_is_not_read()
    {
        await using var receiver = await Receiver.StartAsync(async (number, context) =>
        {
            context.Response.StatusCode = number == 1 ? 500 : 200;
            var block = new byte[64 * 1024];
            Array.Fill(block, (byte)'x');
            while (!context.RequestAborted.IsCancellationRequested)
                await context.Response.Body.WriteAsync(block, context.RequestAborted).AsTask().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using var server = await AlertServer.Create(ConnectionString, settings => settings["Alerts:Webhook:Url"] = receiver.Url.AbsoluteUri).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select delivered_at is not null and attempts = 2 from outbox)");
    }

    [Fact]
    public async Task Addresses_and_secrets_are_in_no_log_line_and_no_stored_error()
    {
        await using var receiver = await Receiver.StartAsync(number => number < 3 ? 500 : 410);
        await using var server = await AlertServer.Create(ConnectionString, settings =>
        {
            settings["Alerts:Slack:Url"] = new Uri(receiver.Url, "/services/T0/B0/slack-token").AbsoluteUri;
            settings["Alerts:Webhook:Url"] = "http://127.0.0.1:1/hidden-path";
            settings["Alerts:Webhook:Secret"] = AlertServer.Secret;
        }).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select count(*) = 2 from outbox where last_error is not null and (channel = 'webhook' or dead_at is not null))");
        var written = string.Join('\n', server.Logs) + await server.QueryAsync<string>("select string_agg(last_error, ' ') from outbox");
        written.ShouldContain("slack");
        written.ShouldNotContain("slack-token");
        written.ShouldNotContain("hidden-path");
        written.ShouldNotContain("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    }

    [Theory]
    [InlineData("Alerts:Slack:Url", "hooks.slack.com/hidden")]
    [InlineData("Alerts:Webhook:Url", "ftp://hidden/")]
    [InlineData("Alerts:Webhook:Secret", "hidden")]
    [InlineData("Alerts:PublicUrl", "hidden")]
    [InlineData("Alerts:ClaimDuration", "00:00:05")]
    public async Task A_wrong_setting_stops_the_start_and_is_named_but_not_shown(string key, string value)
    {
        await using var server = AlertServer.Create(ConnectionString, settings => settings[key] = value);
        var error = await Should.ThrowAsync<OptionsValidationException>(server.StartAsync);
        error.Message.ShouldContain(key);
        error.Message.ShouldNotContain("hidden");
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.0", true)]
    [InlineData("100.63.255.255", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.255.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::7f00:1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd12:3456::1", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:1::1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    public void Only_public_addresses_are_public(string address, bool expected) => PublicAddress.IsPublic(IPAddress.Parse(address)).ShouldBe(expected);
}
