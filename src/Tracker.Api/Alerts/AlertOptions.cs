using Microsoft.Extensions.Options;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Where alerts go and how long their delivery is tried: the section <c>Alerts</c> of the configuration.</summary>
public sealed class AlertOptions
{
    public const string Section = "Alerts";

    public SlackOptions Slack { get; init; } = new();

    public WebhookOptions Webhook { get; init; } = new();

    public SmtpOptions Smtp { get; init; } = new();

    /// <summary>Whether messages may go to loopback, private, link-local and other addresses that are not public. Default: false.</summary>
    public bool AllowPrivateAddresses { get; init; }

    /// <summary>Where people reach the dashboard, for the links in messages: <c>https://tracker.example.com</c>. Default: the address the server listens on.</summary>
    public string? PublicUrl { get; init; }

    /// <summary>Time limit of one attempt, from resolving the name to the answer's headers. Default: 10 s; from 1 ms to 5 min.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Wait after the first failed attempt; it doubles with each further one, up to an hour. Default: 1 s; from 1 ms to 1 h.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long delivery is tried, from the first attempt; after that the message is a dead letter and is kept. Default: 24 h.</summary>
    public TimeSpan GiveUpAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// How long a delivery belongs to the node that took it; when the node dies, another takes it after this. Longer than <see cref="RequestTimeout"/>,
    /// at most 1 h. Default: 30 s.
    /// </summary>
    public TimeSpan ClaimDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>After so many failures in a row a channel is left alone for a while, and then tried with one message. Default: 5; from 1 to 1,000.</summary>
    public int BreakerAfter { get; init; } = 5;

    /// <summary>How long a channel is left alone; it doubles with each trial that fails, up to 15 min. Default: 30 s; from 1 ms to 15 min.</summary>
    public TimeSpan BreakerPause { get; init; } = TimeSpan.FromSeconds(30);
}

public sealed class SlackOptions
{
    /// <summary>Address of an incoming webhook, a secret: <c>https://hooks.slack.com/services/…</c>. Default: none, nothing goes to Slack.</summary>
    public string? Url { get; init; }

    /// <summary>Where Slack's Web API is, for channels with a bot token. Default: <c>https://slack.com/api/</c>.</summary>
    public string ApiBase { get; init; } = "https://slack.com/api/";
}

/// <summary>The mail server that e-mail channels use which name none of their own.</summary>
public sealed class SmtpOptions
{
    /// <summary>Name of the server. Default: none.</summary>
    public string? Host { get; init; }

    /// <summary>Port. Default: 587; 465 means TLS from the start.</summary>
    public int Port { get; init; } = 587;

    /// <summary><c>Auto</c>, <c>StartTls</c>, <c>Tls</c> or <c>None</c>. Default: <c>Auto</c>.</summary>
    public SmtpSecurity Security { get; init; }

    public string? User { get; init; }

    /// <summary>A secret.</summary>
    public string? Password { get; init; }

    /// <summary>File of certificates (PEM) of authorities that may vouch for mail servers, besides those that the machine trusts. Default: none.</summary>
    public string? CaFile { get; init; }

    /// <summary>Who writes: an address, or <c>Name &lt;address&gt;</c>. Default: <c>tracker@</c> and the machine's name.</summary>
    public string? From { get; init; }

    /// <summary>Addresses that get every alert, parted by commas: the channel <c>email</c>. Default: none.</summary>
    public string? To { get; init; }
}

public sealed class WebhookOptions
{
    /// <summary>Address that gets every alert as a POST in the form of Standard Webhooks. Default: none.</summary>
    public string? Url { get; init; }

    /// <summary>Signs the messages: <c>whsec_</c> and base64 of 24 to 64 random bytes. Default: none, messages are not signed.</summary>
    public string? Secret { get; init; }
}

/// <summary>Checks the section at start. Its messages name the key and never its value, which may be a secret.</summary>
public sealed class AlertOptionsValidator : IValidateOptions<AlertOptions>
{
    public ValidateOptionsResult Validate(string? name, AlertOptions options)
    {
        List<string> failures = [];
        RequireHttp("Alerts:Slack:Url", options.Slack.Url, failures);
        RequireHttp("Alerts:Webhook:Url", options.Webhook.Url, failures);
        RequireHttp("Alerts:PublicUrl", options.PublicUrl, failures);
        RequireHttp("Alerts:Slack:ApiBase", options.Slack.ApiBase, failures);
        if (options.Smtp.Port is < 1 or > 65_535) failures.Add("Alerts:Smtp:Port must lie between 1 and 65535.");
        if (!string.IsNullOrEmpty(options.Smtp.CaFile) && SmtpAuthorities.Read(options.Smtp.CaFile) is null) failures.Add("Alerts:Smtp:CaFile must name a file of certificates (PEM) that can be read.");
        if (options.BreakerAfter is < 1 or > 1000) failures.Add("Alerts:BreakerAfter must lie between 1 and 1000.");
        RequireWithin("Alerts:BreakerPause", options.BreakerPause, TimeSpan.FromMinutes(15), failures);
        if (!string.IsNullOrEmpty(options.Webhook.Secret))
        {
            if (WebhookMessage.SecretBytes(options.Webhook.Secret) is null)
                failures.Add("Alerts:Webhook:Secret must be whsec_ followed by base64 of 24 to 64 bytes, for example the output of: echo whsec_$(openssl rand -base64 32)");
            if (string.IsNullOrEmpty(options.Webhook.Url)) failures.Add("Alerts:Webhook:Secret is set but Alerts:Webhook:Url is not.");
        }
        RequireWithin("Alerts:RequestTimeout", options.RequestTimeout, TimeSpan.FromMinutes(5), failures);
        RequireWithin("Alerts:FirstRetryDelay", options.FirstRetryDelay, TimeSpan.FromHours(1), failures);
        RequireWithin("Alerts:GiveUpAfter", options.GiveUpAfter, TimeSpan.FromDays(30), failures);
        RequireWithin("Alerts:ClaimDuration", options.ClaimDuration, TimeSpan.FromHours(1), failures);
        // A claim that ends while its request is under way gives the receiver a double.
        if (options.ClaimDuration <= options.RequestTimeout) failures.Add("Alerts:ClaimDuration must be longer than Alerts:RequestTimeout.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static void RequireHttp(string key, string? value, List<string> failures)
    {
        if (string.IsNullOrEmpty(value)) return;
        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            failures.Add($"{key} must be an absolute http or https address.");
    }

    private static void RequireWithin(string key, TimeSpan value, TimeSpan most, List<string> failures)
    {
        if (value < TimeSpan.FromMilliseconds(1) || value > most) failures.Add($"{key} must lie between 00:00:00.001 and {most:c}.");
    }
}
