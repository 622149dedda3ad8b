using System.Net.Http.Headers;
using System.Text.Json;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Slack's incoming webhook: every alert is a message of its own. One request at a time: Slack takes about one message a second.</summary>
public sealed class SlackWebhookChannel(string id, ChannelPolicy policy, Uri url, bool interactive, AlertSender sender) : IAlertChannel
{
    public string Id => id;

    public string Kind => ChannelKinds.Slack;

    public int Concurrency => 1;

    public ChannelPolicy Policy => policy;

    public async Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel)
    {
        using var request = JsonRequest.Post(url, SlackMessage.Render(message.Alert, message.Actions, message.Image, interactive));
        return await sender.SendAsync(request, cancel);
    }
}

/// <summary>
/// Slack's Web API with a bot token: a diagnosis is one message, changed in place by <c>chat.update</c>; what changed is said in its thread, where the picture
/// stands too when Slack cannot fetch it from here. Scopes: <c>chat:write</c>, for pictures <c>files:write</c>.
/// </summary>
public sealed class SlackBotChannel(string id, ChannelPolicy policy, Uri api, string token, string room, bool interactive, AlertSender sender) : IAlertChannel
{
    private const int AnswerBytes = 64 * 1024;

    public string Id => id;

    public string Kind => ChannelKinds.SlackBot;

    public int Concurrency => 1;

    public ChannelPolicy Policy => policy;

    public async Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel)
    {
        if (message.Reference?.Split(':', 2) is [var place, var stamp] && message.Alert.Type != AlertTypes.Digest)
        {
            var (updated, _) = await CallAsync("chat.update", Render(message, ("channel", place), ("ts", stamp)), cancel);
            if (updated.Outcome == DeliveryOutcome.Delivered) return await ReplyAsync(message, place, stamp, cancel) with { Reference = message.Reference };
            // Somebody deleted it: say it anew.
            if (updated.Error is not ("Slack: message_not_found" or "Slack: cant_update_message")) return updated;
            if (message.Quiet) return new DeliveryResult(DeliveryOutcome.Delivered);
        }

        var (posted, answer) = await CallAsync("chat.postMessage", Render(message, ("channel", room)), cancel);
        if (posted.Outcome != DeliveryOutcome.Delivered) return posted;
        var (channel, ts) = (Text(answer, "channel") ?? room, Text(answer, "ts"));
        if (ts is null) return posted;
        if (message.Image is null && await message.Picture(cancel) is { } picture) await UploadAsync(picture, channel, ts, cancel);
        return posted with { Reference = $"{channel}:{ts}" };
    }

    private byte[] Render(Outgoing message, params (string, string)[] more) => SlackMessage.Render(message.Alert, message.Actions, message.Image, interactive, more);

    private async Task<DeliveryResult> ReplyAsync(Outgoing message, string place, string stamp, CancellationToken cancel)
    {
        var words = AlertWords.Of(message.Alert);
        var text = message.Alert.Type == AlertTypes.DiagnosisJudged
            ? message.Alert.Data.Verdict is { } verdict ? $"{words.Mark} {AlertWords.Said(verdict)} by {message.Alert.Data.By}." : $"{message.Alert.Data.By} took back what was said."
            : $"{words.Mark} {words.Headline}. {words.Symptom} {message.Alert.Data.Resolution}";
        var (result, _) = await CallAsync("chat.postMessage", SlackMessage.RenderReply(place, stamp, text), cancel);
        return result;
    }

    /// <summary>Puts the picture into the thread. A message without its picture is better than none: failures are passed over.</summary>
    private async Task UploadAsync(byte[] picture, string channel, string thread, CancellationToken cancel)
    {
        using var ask = new HttpRequestMessage(HttpMethod.Post, new Uri(api, "files.getUploadURLExternal"))
        {
            Content = new FormUrlEncodedContent([new("filename", "chart.png"), new("length", $"{picture.Length}"), new("alt_txt", "The curve with the evidence marked")]),
        };
        var (asked, answer) = await CallAsync(ask, cancel);
        if (asked.Outcome != DeliveryOutcome.Delivered || Text(answer, "file_id") is not { } file || !Uri.TryCreate(Text(answer, "upload_url"), UriKind.Absolute, out var target)) return;
        using var upload = new HttpRequestMessage(HttpMethod.Post, target) { Content = new ByteArrayContent(picture) };
        upload.Content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
        if ((await sender.SendAsync(upload, cancel)).Outcome != DeliveryOutcome.Delivered) return;
        await CallAsync("files.completeUploadExternal", JsonSerializer.SerializeToUtf8Bytes(new { files = new[] { new { id = file, title = "chart.png" } }, channel_id = channel, thread_ts = thread }), cancel);
    }

    private async Task<(DeliveryResult Result, JsonElement Answer)> CallAsync(string method, byte[] body, CancellationToken cancel)
    {
        using var request = JsonRequest.Post(new Uri(api, method), body);
        return await CallAsync(request, cancel);
    }

    /// <summary>Slack answers 200 with <c>{"ok": false, "error": "…"}</c> to most of what it does not like.</summary>
    private async Task<(DeliveryResult Result, JsonElement Answer)> CallAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var result = await sender.SendAsync(request, cancel, AnswerBytes);
        if (result.Outcome != DeliveryOutcome.Delivered) return (result, default);
        try
        {
            using var json = JsonDocument.Parse(result.Answer);
            var answer = json.RootElement.Clone();
            if (answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("ok", out var ok) && ok.ValueKind == JsonValueKind.True) return (result, answer);
            return (DeliveryResult.Fail($"Slack: {Text(answer, "error") ?? "no reason given"}"), answer);
        }
        catch (JsonException)
        {
            return (DeliveryResult.Fail("Slack: the answer is no JSON"), default);
        }
    }

    private static string? Text(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
