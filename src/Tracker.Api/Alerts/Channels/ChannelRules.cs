using System.Net;
using System.Net.Mail;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Tracker.Api.Http;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>What a channel may be: puts a request onto what is stored and says what is wrong with it.</summary>
public sealed class ChannelRules(IOptions<AlertOptions> options)
{
    public static string NewSecret() => WebhookMessage.SecretPrefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>The channel as it would be, or the problem.</summary>
    public (StoredChannel? Channel, ProblemHttpResult? Problem) Apply(StoredChannel channel, ChannelRequest request)
    {
        if (request.Name is { } name && (string.IsNullOrWhiteSpace(name) || name.Length > 128)) return Wrong("name", "A name has 1–128 characters.");
        var (settings, secrets, policy) = (channel.Settings, channel.Secrets, channel.Policy);
        if (request.RatePerMinute is < 0 or > 6_000 or double.NaN) return Wrong("ratePerMinute", "ratePerMinute lies between 0 and 6,000.");
        if (request.DigestAfter is < 0 or > 1_000) return Wrong("digestAfter", "digestAfter lies between 0 and 1,000.");
        if (request.DigestSeconds is < 1 or > 3_600) return Wrong("digestSeconds", "digestSeconds lies between 1 and 3,600.");
        if (request.QuietHours?.Check() is var (quietField, quietDetail)) return Wrong(quietField, quietDetail);
        policy = policy with
        {
            RatePerMinute = request.RatePerMinute ?? policy.RatePerMinute,
            DigestAfter = request.DigestAfter ?? policy.DigestAfter,
            DigestSeconds = request.DigestSeconds ?? policy.DigestSeconds,
            QuietHours = request.QuietHours is { } quiet ? quiet.From == quiet.To ? null : quiet : policy.QuietHours,
        };

        if (request.Url is { Length: > 0 } url && CheckUrl(url) is { } urlProblem) return (null, urlProblem);
        if (request.Secret is { Length: > 0 } secret && WebhookMessage.SecretBytes(secret) is null) return Wrong("secret", "A secret is whsec_ followed by base64 of 24 to 64 bytes.");
        if (request.Port is < 1 or > 65_535) return Wrong("port", "A port lies between 1 and 65535.");
        SmtpSecurity? security = settings.Security;
        if (request.Security is { } word)
        {
            if (!Enum.TryParse<SmtpSecurity>(word, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed)) return Wrong("security", $"There is no security \"{word}\".");
            security = parsed;
        }

        if (request.To is { } to && (to.Count is < 1 or > 50 || !to.All(IsMailbox))) return Wrong("to", "to holds 1–50 e-mail addresses.");
        if (request.From is { Length: > 0 } from && !IsMailbox(from)) return Wrong("from", "from is an e-mail address.");
        settings = settings with
        {
            Room = Given(request.Channel) ?? settings.Room,
            Host = Given(request.Host) ?? settings.Host,
            Port = request.Port ?? settings.Port,
            Security = security,
            User = Given(request.User) ?? settings.User,
            From = Given(request.From) ?? settings.From,
            To = request.To ?? settings.To,
        };
        secrets = secrets with
        {
            Url = Given(request.Url) ?? secrets.Url,
            Token = Given(request.Token) ?? secrets.Token,
            SigningSecret = Given(request.SigningSecret) ?? secrets.SigningSecret,
            Secret = Given(request.Secret) ?? secrets.Secret,
            Password = Given(request.Password) ?? secrets.Password,
        };
        var enabled = request.Enabled ?? channel.Enabled;
        var changed = channel with
        {
            Name = request.Name ?? channel.Name,
            Enabled = enabled,
            DisabledReason = enabled ? null : channel.DisabledReason,
            Settings = settings,
            Secrets = secrets,
            Policy = policy,
            IsReadable = true,
        };
        return Missing(changed) is { } missing ? Wrong(missing, $"A channel of kind {channel.Kind} needs {missing}.") : (changed, null);
    }

    private string? Missing(StoredChannel channel) => channel.Kind switch
    {
        ChannelKinds.Slack or ChannelKinds.Discord or ChannelKinds.Teams or ChannelKinds.Webhook when channel.Secrets.Url is null => "url",
        ChannelKinds.SlackBot when channel.Secrets.Token is null => "token",
        ChannelKinds.SlackBot when channel.Settings.Room is null => "channel",
        ChannelKinds.Email when channel.Settings.To is not { Count: > 0 } => "to",
        ChannelKinds.Email when channel.Settings.Host is null && string.IsNullOrEmpty(options.Value.Smtp.Host) => "host",
        _ => null,
    };

    /// <summary>What can be told at once is: an address that is a number. Names are resolved, and judged, at each request.</summary>
    private ProblemHttpResult? CheckUrl(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0 || text.Length > 2_048)
            return Problems.Invalid("url", "url is an absolute http or https address of at most 2,048 characters, without a user.");
        return !options.Value.AllowPrivateAddresses && IPAddress.TryParse(url.Host.Trim('[', ']'), out var address) && !PublicAddress.IsPublic(address)
            ? Problems.Invalid("url", "The address is not public; Alerts:AllowPrivateAddresses allows it.")
            : null;
    }

    private static bool IsMailbox(string? text) =>
        text is { Length: <= 320 } && !text.Any(char.IsControl) && text.All(char.IsAscii) && MailAddress.TryCreate(text, out var address) && !address.Address.Any(c => c is '<' or '>' or ' ' or '"');

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static (StoredChannel?, ProblemHttpResult?) Wrong(string field, string detail) => (null, Problems.Invalid(field, detail));
}
