using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>A Discord webhook: a diagnosis is one message, edited in place; the picture is a file of the request.</summary>
public sealed class DiscordChannel(string id, ChannelPolicy policy, Uri url, AlertSender sender) : IAlertChannel
{
    private const int AnswerBytes = 64 * 1024;

    public string Id => id;

    public string Kind => ChannelKinds.Discord;

    public int Concurrency => 1;

    public ChannelPolicy Policy => policy;

    public async Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel)
    {
        var picture = await message.Picture(cancel);
        if (message.Reference is { } earlier && message.Alert.Type != AlertTypes.Digest)
        {
            using var edit = Compose(HttpMethod.Patch, With($"/messages/{Uri.EscapeDataString(earlier)}", "with_components=true"), message, picture);
            var edited = await sender.SendAsync(edit, cancel);
            // Deleted by somebody: say it anew.
            if (edited.Error?.StartsWith("HTTP 404", StringComparison.Ordinal) is not true) return edited with { Reference = earlier };
            if (message.Quiet) return new DeliveryResult(DeliveryOutcome.Delivered);
        }

        using var request = Compose(HttpMethod.Post, With("", "wait=true&with_components=true"), message, picture);
        var result = await sender.SendAsync(request, cancel, AnswerBytes);
        return result with { Reference = result.Outcome == DeliveryOutcome.Delivered ? IdOf(result.Answer) : null };
    }

    private static HttpRequestMessage Compose(HttpMethod method, Uri target, Outgoing message, byte[]? picture)
    {
        var form = new MultipartFormDataContent
        {
            { new StringContent(DiscordMessage.Render(message.Alert, message.Actions, picture is not null), Encoding.UTF8, "application/json"), "payload_json" },
        };
        if (picture is not null)
        {
            var file = new ByteArrayContent(picture);
            file.Headers.ContentType = new MediaTypeHeaderValue("image/png");
            form.Add(file, "files[0]", DiscordMessage.ImageName);
        }

        var request = new HttpRequestMessage(method, target) { Content = form };
        request.Headers.UserAgent.ParseAdd("Tracker");
        return request;
    }

    private Uri With(string path, string query) =>
        new UriBuilder(url) { Path = url.AbsolutePath.TrimEnd('/') + path, Query = url.Query.Length > 1 ? $"{url.Query[1..]}&{query}" : query }.Uri;

    private static string? IdOf(byte[] answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("id", out var id) ? id.GetString() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}

/// <summary>A Microsoft Teams webhook made with Workflows. Its messages cannot be changed: each change is one of its own.</summary>
public sealed class TeamsChannel(string id, ChannelPolicy policy, Uri url, AlertSender sender) : IAlertChannel
{
    public string Id => id;

    public string Kind => ChannelKinds.Teams;

    public int Concurrency => 1;

    public ChannelPolicy Policy => policy;

    public async Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel)
    {
        using var request = JsonRequest.Post(url, TeamsMessage.Render(message.Alert, message.Actions, await message.Picture(cancel)));
        return await sender.SendAsync(request, cancel);
    }
}

/// <summary>Open pages of the dashboard, which show the alert as a notification of the browser: the hub has told them by the time this is asked.</summary>
public sealed class DesktopChannel(string id, ChannelPolicy policy) : IAlertChannel
{
    public string Id => id;

    public string Kind => ChannelKinds.Desktop;

    public int Concurrency => 4;

    public ChannelPolicy Policy => policy;

    public Task<DeliveryResult> SendAsync(Outgoing message, CancellationToken cancel) => Task.FromResult(new DeliveryResult(DeliveryOutcome.Delivered));
}
