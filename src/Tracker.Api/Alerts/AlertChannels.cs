using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Where alerts go: turns an alert into one request.</summary>
public interface IAlertChannel
{
    /// <summary>Stands in the outbox and in logs. Never the address, which may be a secret.</summary>
    string Name { get; }

    /// <summary>Most requests under way at once.</summary>
    int Concurrency { get; }

    HttpRequestMessage Compose(Alert alert);
}

/// <summary>Slack's incoming webhook. One request at a time: Slack takes about one message a second.</summary>
public sealed class SlackChannel(Uri url) : IAlertChannel
{
    public string Name => "slack";

    public int Concurrency => 1;

    public HttpRequestMessage Compose(Alert alert) => AlertChannels.Post(url, SlackMessage.Render(alert));
}

/// <summary>A receiver in the form of Standard Webhooks. The id is the alert's own, the same at every attempt.</summary>
public sealed class WebhookChannel(Uri url, byte[]? secret, TimeProvider time) : IAlertChannel
{
    public string Name => "webhook";

    public int Concurrency => 4;

    public HttpRequestMessage Compose(Alert alert)
    {
        var id = alert.Id.ToString();
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var body = WebhookMessage.Render(alert);
        var request = AlertChannels.Post(url, body);
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", now.ToString(CultureInfo.InvariantCulture));
        if (secret is not null) request.Headers.Add("webhook-signature", WebhookMessage.Sign(id, now, body, secret));
        return request;
    }
}

/// <summary>The channels that the configuration names.</summary>
public sealed class AlertChannels(IOptions<AlertOptions> options, TimeProvider time)
{
    public IReadOnlyList<IAlertChannel> All { get; } = [.. Configured(options.Value, time)];

    internal static HttpRequestMessage Post(Uri url, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.UserAgent.ParseAdd("Tracker");
        return request;
    }

    private static IEnumerable<IAlertChannel> Configured(AlertOptions options, TimeProvider time)
    {
        if (!string.IsNullOrEmpty(options.Slack.Url)) yield return new SlackChannel(new Uri(options.Slack.Url));
        if (string.IsNullOrEmpty(options.Webhook.Url)) yield break;
        var secret = string.IsNullOrEmpty(options.Webhook.Secret) ? null : WebhookMessage.SecretBytes(options.Webhook.Secret);
        yield return new WebhookChannel(new Uri(options.Webhook.Url), secret, time);
    }
}
