using System.Globalization;

namespace Tracker.Api.Alerts;

/// <summary>Makes or changes a channel. What is absent stays as it is; which fields a kind needs is in docs/alerts.md.</summary>
public sealed record ChannelRequest
{
    /// <summary><c>slack</c> (incoming webhook), <c>slack-bot</c>, <c>discord</c>, <c>teams</c>, <c>webhook</c>, <c>email</c> or <c>desktop</c>. Cannot be changed.</summary>
    /// <example>webhook</example>
    public string? Kind { get; init; }

    /// <summary>Name for people, 1–128 characters; default: the kind.</summary>
    /// <example>on-call</example>
    public string? Name { get; init; }

    /// <summary>Whether it gets alerts. Default: true.</summary>
    /// <example>true</example>
    public bool? Enabled { get; init; }

    /// <summary>Address of the webhook; a secret: never shown again.</summary>
    /// <example>https://hooks.example.com/tracker</example>
    public string? Url { get; init; }

    /// <summary>Slack's bot token, <c>xoxb-…</c>; a secret.</summary>
    /// <example>xoxb-1</example>
    public string? Token { get; init; }

    /// <summary>Slack: id or name of the room that the bot writes to.</summary>
    /// <example>#ml-alerts</example>
    public string? Channel { get; init; }

    /// <summary>Slack: the app's signing secret; with it buttons are answered in place (<c>interactiveUrl</c>). A secret.</summary>
    /// <example>8f742231b10e8888abcd99yyyzzz85a5</example>
    public string? SigningSecret { get; init; }

    /// <summary>Webhook: signs the messages, <c>whsec_</c> and base64 of 24–64 bytes. Made by the server when absent, and shown once.</summary>
    /// <example>null</example>
    public string? Secret { get; init; }

    /// <summary>E-mail: receivers, 1–50 addresses.</summary>
    /// <example>["oncall@example.com"]</example>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>E-mail: who writes.</summary>
    /// <example>Tracker &lt;tracker@example.com&gt;</example>
    public string? From { get; init; }

    /// <summary>E-mail: the mail server; default: that of <c>Alerts:Smtp</c>.</summary>
    /// <example>smtp.example.com</example>
    public string? Host { get; init; }

    /// <summary>E-mail: its port; default 587.</summary>
    /// <example>587</example>
    public int? Port { get; init; }

    /// <summary>E-mail: <c>Auto</c>, <c>StartTls</c>, <c>Tls</c> or <c>None</c>.</summary>
    /// <example>Auto</example>
    public string? Security { get; init; }

    /// <summary>E-mail: user of the mail server.</summary>
    /// <example>tracker</example>
    public string? User { get; init; }

    /// <summary>E-mail: password of the mail server; a secret.</summary>
    /// <example>secret</example>
    public string? Password { get; init; }

    /// <summary>Messages a minute, 0–6,000; 0: no limit. Default by kind.</summary>
    /// <example>60</example>
    public double? RatePerMinute { get; init; }

    /// <summary>So many alerts of one reason in one project go by themselves within ten minutes, the others in one message; 0–1,000, 0: every alert by itself.</summary>
    /// <example>3</example>
    public int? DigestAfter { get; init; }

    /// <summary>How long such a message waits for more, 1–3,600 s.</summary>
    /// <example>30</example>
    public int? DigestSeconds { get; init; }

    /// <summary>Hours in which it is left alone; alerts wait for their end. <c>{}</c> with equal begin and end takes them away.</summary>
    public QuietHours? QuietHours { get; init; }
}

/// <summary>How delivery to a channel goes.</summary>
/// <param name="State" example="ok"><c>ok</c>, <c>failing</c> (the last attempt failed) or <c>open</c> (left alone for a while after failures).</param>
/// <param name="Failures" example="0">Failures in a row.</param>
/// <param name="LastError" example="HTTP 503">What the last failure said.</param>
/// <param name="FailedAt" example="2026-11-22T10:00:00Z">When that was.</param>
/// <param name="DeliveredAt" example="2026-11-22T10:00:01Z">When a message last arrived.</param>
/// <param name="OpenUntil" example="2026-11-22T10:00:30Z">Until when it is left alone.</param>
/// <param name="Waiting" example="0">Messages that wait.</param>
/// <param name="Dead" example="0">Messages given up.</param>
public sealed record ChannelHealth(string State, int Failures, string? LastError, DateTimeOffset? FailedAt, DateTimeOffset? DeliveredAt, DateTimeOffset? OpenUntil, long Waiting, long Dead);

/// <summary>A channel. Secrets are never in it, but for the one that was just made.</summary>
public sealed record ChannelDto
{
    /// <summary>Its id.</summary>
    /// <example>ch-3f9k2m1x0a</example>
    public required string Id { get; init; }

    /// <summary>Its kind.</summary>
    /// <example>webhook</example>
    public required string Kind { get; init; }

    /// <summary>Its name.</summary>
    /// <example>on-call</example>
    public required string Name { get; init; }

    /// <summary>Whether it gets alerts.</summary>
    /// <example>true</example>
    public required bool Enabled { get; init; }

    /// <summary>Why it was switched off, where the server did that.</summary>
    /// <example>null</example>
    public string? DisabledReason { get; init; }

    /// <summary>True for channels of the configuration.</summary>
    /// <example>false</example>
    public required bool ReadOnly { get; init; }

    /// <summary>Where it leads, as far as that is no secret.</summary>
    /// <example>hooks.example.com</example>
    public required string Target { get; init; }

    /// <summary>Slack's room.</summary>
    /// <example>#ml-alerts</example>
    public string? Channel { get; init; }

    /// <summary>Receivers of e-mail.</summary>
    public IReadOnlyList<string>? To { get; init; }

    /// <summary>Sender of e-mail.</summary>
    /// <example>Tracker &lt;tracker@example.com&gt;</example>
    public string? From { get; init; }

    /// <summary>Mail server.</summary>
    /// <example>smtp.example.com</example>
    public string? Host { get; init; }

    /// <summary>Its port.</summary>
    /// <example>587</example>
    public int? Port { get; init; }

    /// <summary>How it is protected.</summary>
    /// <example>Auto</example>
    public string? Security { get; init; }

    /// <summary>Its user.</summary>
    /// <example>tracker</example>
    public string? User { get; init; }

    /// <summary>Names of the secrets that are set.</summary>
    /// <example>["url", "secret"]</example>
    public required IReadOnlyList<string> SecretsSet { get; init; }

    /// <summary>The webhook's secret: only in the answer that made it.</summary>
    /// <example>null</example>
    public string? Secret { get; init; }

    /// <summary>Until when the earlier secret of a webhook signs too.</summary>
    /// <example>2026-11-23T10:00:00Z</example>
    public DateTimeOffset? EarlierSecretUntil { get; init; }

    /// <summary>What to enter as Request URL under Interactivity of the Slack app, so that buttons are answered in place.</summary>
    /// <example>https://tracker.example.com/api/v1/channels/ch-3f9k2m1x0a/slack</example>
    public string? InteractiveUrl { get; init; }

    /// <summary>Messages a minute; 0: no limit.</summary>
    /// <example>60</example>
    public required double RatePerMinute { get; init; }

    /// <summary>After how many alerts of one reason the others go in one message.</summary>
    /// <example>3</example>
    public required int DigestAfter { get; init; }

    /// <summary>How long that message waits for more, in seconds.</summary>
    /// <example>30</example>
    public required int DigestSeconds { get; init; }

    /// <summary>Hours in which it is left alone.</summary>
    public QuietHours? QuietHours { get; init; }

    /// <summary>How delivery goes.</summary>
    public required ChannelHealth Health { get; init; }

    public static ChannelDto Of(StoredChannel channel, bool readOnly, ChannelHealth health, string? interactiveUrl, string? newSecret = null)
    {
        var settings = channel.Settings;
        return new ChannelDto
        {
            Id = channel.Id,
            Kind = channel.Kind,
            Name = channel.Name,
            Enabled = channel.Enabled,
            DisabledReason = channel.IsReadable ? channel.DisabledReason : "its secrets cannot be decrypted: the keys are gone; enter them again",
            ReadOnly = readOnly,
            Target = TargetOf(channel),
            Channel = settings.Room,
            To = settings.To,
            From = settings.From,
            Host = settings.Host,
            Port = settings.Port,
            Security = settings.Security?.ToString(),
            User = settings.User,
            SecretsSet = channel.Secrets.Names,
            Secret = newSecret,
            EarlierSecretUntil = settings.EarlierSecretUntil,
            InteractiveUrl = channel.Kind is ChannelKinds.Slack or ChannelKinds.SlackBot ? interactiveUrl : null,
            RatePerMinute = channel.Policy.RatePerMinute,
            DigestAfter = channel.Policy.DigestAfter,
            DigestSeconds = channel.Policy.DigestSeconds,
            QuietHours = channel.Policy.QuietHours,
            Health = health,
        };
    }

    /// <summary>Of an address only the host: the rest is what makes it a secret.</summary>
    private static string TargetOf(StoredChannel channel) => channel.Kind switch
    {
        ChannelKinds.Email => string.Join(", ", channel.Settings.To ?? []),
        ChannelKinds.SlackBot => channel.Settings.Room ?? "",
        ChannelKinds.Desktop => "open pages of the dashboard",
        _ => Uri.TryCreate(channel.Secrets.Url, UriKind.Absolute, out var url) ? url.IsDefaultPort ? url.Host : string.Create(CultureInfo.InvariantCulture, $"{url.Host}:{url.Port}") : "",
    };
}

/// <summary>How the test of a channel ended.</summary>
/// <param name="Delivered" example="true">Whether the receiver took it.</param>
/// <param name="Error" example="HTTP 403">What it said otherwise.</param>
/// <param name="Milliseconds" example="120">How long it took.</param>
public sealed record ChannelTestDto(bool Delivered, string? Error, long Milliseconds);

/// <summary>Gives a webhook a new secret.</summary>
/// <param name="OverlapHours" example="24">How long the earlier one signs too, 0–168 hours; default 24.</param>
/// <param name="Secret" example="null">The new secret; made by the server when absent.</param>
public sealed record RotateRequest(double? OverlapHours, string? Secret);
