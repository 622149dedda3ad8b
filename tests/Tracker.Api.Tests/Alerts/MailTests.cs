using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.Options;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

/// <summary>Alerts by SMTP, to a mail server that speaks real TLS.</summary>
public sealed class MailTests(PostgresFixture postgres) : AlertDatabase(postgres), IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private AlertServer To(MailServer mail, params (string Key, string Value)[] more) => AlertServer.Create(ConnectionString, settings =>
    {
        settings["Alerts:Smtp:Host"] = "127.0.0.1";
        settings["Alerts:Smtp:Port"] = $"{mail.Port}";
        settings["Alerts:Smtp:User"] = "tracker";
        settings["Alerts:Smtp:Password"] = "pass";
        settings["Alerts:Smtp:From"] = "Tracker <tracker@example.com>";
        settings["Alerts:Smtp:To"] = "one@example.com";
        foreach (var (key, value) in more) settings[key] = value;
    });

    [Fact]
    public async Task E_mail_goes_out_by_SMTP_in_one_conversation_a_diagnosis()
    {
        await using var mail = MailServer.Start();
        await using var server = await To(mail, ("Alerts:Smtp:Security", "None"), ("Alerts:Smtp:To", "")).StartAsync();
        using var client = server.Client();
        using (var made = await client.PostAsJsonAsync("/api/v1/channels", new { kind = "email", to = new[] { "one@example.com", "two@example.com" } }, TestContext.Current.CancellationToken)) made.EnsureSuccessStatusCode();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select delivered_at is not null from outbox)");
        var received = await mail.NextAsync();
        received.Commands.ShouldContain("MAIL FROM:<tracker@example.com>");
        received.Commands.ShouldContain("RCPT TO:<two@example.com>");
        received.Commands.ShouldContain("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes("\0tracker\0pass")));
        received.Data.ShouldContain("Subject: Gradients are clipped in 97 % of the steps (seven)");
        received.Data.ShouldContain("multipart/related");
    }

    [Theory]
    [InlineData(false, "Auto")]
    [InlineData(false, "StartTls")]
    [InlineData(true, "Tls")]
    public async Task Password_and_mail_go_over_TLS_to_a_server_that_a_named_authority_vouches_for(bool fromTheStart, string security)
    {
        await using var mail = MailServer.StartWithTls(folder["ca.pem"], fromTheStart: fromTheStart);
        await using var server = await To(mail, ("Alerts:Smtp:CaFile", folder["ca.pem"]), ("Alerts:Smtp:Security", security)).StartAsync();
        await server.RaiseAsync(Samples.Event());
        (await mail.NextAsync()).Data.ShouldContain("Subject: Gradients are clipped");
        await server.UntilAsync("(select delivered_at is not null and attempts = 1 from outbox)");
        mail.Commands.Except(mail.Encrypted).ShouldBe(fromTheStart ? [] : ["STARTTLS"]);
        mail.Encrypted.ShouldContain(command => command.StartsWith("AUTH PLAIN", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.0.0.2", true)]
    public async Task A_mail_server_that_cannot_be_trusted_gets_neither_password_nor_mail(string name, bool isAuthorityNamed)
    {
        await using var mail = MailServer.StartWithTls(folder["ca.pem"], name);
        await using var server = await To(mail, ("Alerts:Smtp:CaFile", isAuthorityNamed ? folder["ca.pem"] : "")).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select attempts > 1 and last_error like '%certificate%' from outbox)");
        mail.Commands.ShouldContain("STARTTLS");
        mail.Commands.ShouldNotContain(command => command.StartsWith("AUTH", StringComparison.Ordinal) || command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_password_is_not_sent_where_there_is_no_TLS()
    {
        await using var mail = MailServer.Start();
        await using var server = await To(mail).StartAsync();
        await server.RaiseAsync(Samples.Event());
        await server.UntilAsync("(select attempts > 1 and last_error like '%no TLS%' from outbox)");
        mail.Commands.ShouldNotContain(command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_without_certificates_stops_the_start()
    {
        await File.WriteAllTextAsync(folder["none.pem"], "nothing", TestContext.Current.CancellationToken);
        await using var mail = MailServer.Start();
        await using var server = To(mail, ("Alerts:Smtp:CaFile", folder["none.pem"]));
        (await Should.ThrowAsync<OptionsValidationException>(server.StartAsync)).Message.ShouldContain("Alerts:Smtp:CaFile");
    }
}
