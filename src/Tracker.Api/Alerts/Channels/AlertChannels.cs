using Microsoft.Extensions.Options;
using Npgsql;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>All channels: those that the configuration names, which cannot be changed from outside, and those that people manage.</summary>
public sealed class AlertChannels(ChannelStore store, AlertSender sender, GuardedConnector connector, IOptions<AlertOptions> options, TimeProvider time)
{
    private readonly SmtpAuthorities? authorities = string.IsNullOrEmpty(options.Value.Smtp.CaFile) ? null : SmtpAuthorities.Read(options.Value.Smtp.CaFile);

    /// <summary>The channels of the configuration, by their fixed names.</summary>
    public IReadOnlyList<StoredChannel> Configured { get; } = [.. Read(options.Value)];

    /// <summary>All channels as they are stored, disabled ones included.</summary>
    public async Task<List<StoredChannel>> ListAsync(CancellationToken cancel) => [.. Configured, .. await store.ListAsync(cancel)];

    /// <summary>Those that can be sent to.</summary>
    public async Task<List<IAlertChannel>> OpenAsync(CancellationToken cancel) => [.. (await ListAsync(cancel)).Where(channel => channel.Enabled).Select(Open).OfType<IAlertChannel>()];

    /// <summary>The channel, ready to send; null when its settings are not enough for that.</summary>
    public IAlertChannel? Open(StoredChannel channel)
    {
        var (settings, secrets, policy) = (channel.Settings, channel.Secrets, channel.Policy);
        var interactive = !string.IsNullOrEmpty(secrets.SigningSecret);
        var url = Uri.TryCreate(secrets.Url, UriKind.Absolute, out var given) ? given : null;
        return channel.Kind switch
        {
            ChannelKinds.Slack when url is not null => new SlackWebhookChannel(channel.Id, policy, url, interactive, sender),
            ChannelKinds.SlackBot when secrets.Token is { } token && settings.Room is { } room => new SlackBotChannel(channel.Id, policy, SlackApi(), token, room, interactive, sender),
            ChannelKinds.Discord when url is not null => new DiscordChannel(channel.Id, policy, url, sender),
            ChannelKinds.Teams when url is not null => new TeamsChannel(channel.Id, policy, url, sender),
            ChannelKinds.Webhook when url is not null => new WebhookChannel(channel.Id, policy, url, SecretsOf(channel), sender, time),
            ChannelKinds.Email when Mail(settings, secrets) is { } mail => new EmailChannel(channel.Id, policy, mail, connector, options),
            ChannelKinds.Desktop => new DesktopChannel(channel.Id, policy),
            _ => null,
        };
    }

    private Uri SlackApi() => new(options.Value.Slack.ApiBase.TrimEnd('/') + "/");

    private List<byte[]> SecretsOf(StoredChannel channel)
    {
        string?[] secrets = [channel.Secrets.Secret, channel.Settings.EarlierSecretUntil > time.GetUtcNow() ? channel.Secrets.EarlierSecret : null];
        return [.. secrets.Select(secret => secret is null ? null : WebhookMessage.SecretBytes(secret)).OfType<byte[]>()];
    }

    /// <summary>A channel without a server of its own uses the one of the configuration.</summary>
    private SmtpSettings? Mail(ChannelSettings settings, ChannelSecrets secrets)
    {
        var common = options.Value.Smtp;
        var own = !string.IsNullOrEmpty(settings.Host);
        var host = own ? settings.Host : common.Host;
        if (string.IsNullOrEmpty(host) || settings.To is not { Count: > 0 } to) return null;
        return new SmtpSettings
        {
            Host = host,
            Port = (own ? settings.Port : null) ?? common.Port,
            Security = (own ? settings.Security : null) ?? common.Security,
            User = own ? settings.User : common.User,
            Authorities = authorities,
            Password = own ? secrets.Password : common.Password,
            From = settings.From ?? common.From ?? "tracker@" + Environment.MachineName.ToLowerInvariant(),
            To = to,
        };
    }

    private static IEnumerable<StoredChannel> Read(AlertOptions options)
    {
        if (!string.IsNullOrEmpty(options.Slack.Url)) yield return Of("slack", ChannelKinds.Slack, "Slack", new(), new() { Url = options.Slack.Url });
        if (!string.IsNullOrEmpty(options.Webhook.Url))
            yield return Of("webhook", ChannelKinds.Webhook, "Webhook", new(), new() { Url = options.Webhook.Url, Secret = string.IsNullOrEmpty(options.Webhook.Secret) ? null : options.Webhook.Secret });
        if (!string.IsNullOrEmpty(options.Smtp.Host) && options.Smtp.To is { Length: > 0 } to)
            yield return Of("email", ChannelKinds.Email, "E-mail", new() { To = [.. to.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)] }, new());
    }

    private static StoredChannel Of(string id, string kind, string name, ChannelSettings settings, ChannelSecrets secrets) =>
        new(id, name, kind, true, null, settings, secrets, ChannelPolicy.DefaultOf(kind));
}
