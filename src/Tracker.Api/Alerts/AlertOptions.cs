using Microsoft.Extensions.Options;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Where alerts go and how long their delivery is tried: the section <c>Alerts</c> of the configuration.</summary>
public sealed class AlertOptions
{
    public const string Section = "Alerts";

    public SlackOptions Slack { get; init; } = new();

    public WebhookOptions Webhook { get; init; } = new();

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
}

public sealed class SlackOptions
{
    /// <summary>Address of an incoming webhook, a secret: <c>https://hooks.slack.com/services/…</c>. Default: none, nothing goes to Slack.</summary>
    public string? Url { get; init; }
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
