using System.Globalization;
using System.Net.Http.Headers;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>A request with a JSON body.</summary>
internal static class JsonRequest
{
    public static HttpRequestMessage Post(Uri url, byte[] body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        request.Headers.UserAgent.ParseAdd("Tracker");
        return request;
    }
}

/// <summary>A receiver in the form of Standard Webhooks. The id is the alert's own, the same at every attempt.</summary>
/// <param name="id">Id of the channel.</param>
/// <param name="policy">How much it gets.</param>
/// <param name="url">The receiver.</param>
/// <param name="secrets">Bytes of the secrets, the present one first; while one replaces another both sign.</param>
/// <param name="sender">Sends.</param>
/// <param name="time">Stamps.</param>
public sealed class WebhookChannel(string id, ChannelPolicy policy, Uri url, IReadOnlyList<byte[]> secrets, AlertSender sender, TimeProvider time) : IAlertChannel
{
    public string Id => id;

    public string Kind => ChannelKinds.Webhook;

    public int Concurrency => 4;

    public ChannelPolicy Policy => policy;

    public async Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel)
    {
        var number = message.Id.ToString();
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var body = WebhookMessage.Render(message.Alert);
        using var request = JsonRequest.Post(url, body);
        request.Headers.Add("webhook-id", number);
        request.Headers.Add("webhook-timestamp", now.ToString(CultureInfo.InvariantCulture));
        if (secrets.Count > 0) request.Headers.Add("webhook-signature", string.Join(' ', secrets.Select(secret => WebhookMessage.Sign(number, now, body, secret))));
        return await sender.SendAsync(request, cancel);
    }
}
