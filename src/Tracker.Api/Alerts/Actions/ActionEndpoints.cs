using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>
/// Buttons of messages. A link shows a page with one button, since programs open links in messages to preview them; only pressing it acts.
/// Slack's buttons come to an endpoint of their own, signed with the app's signing secret.
/// </summary>
internal static class ActionEndpoints
{
    private const int MostBytes = 256 * 1024;

    private static readonly TimeSpan SlackWindow = TimeSpan.FromMinutes(5);

    public static void MapActions(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/alerts/actions/{key}", Ask).ExcludeFromDescription().OpenToAll();
        routes.MapPost("/api/v1/alerts/actions/{key}", Act).ExcludeFromDescription().OpenToAll().DisableAntiforgery();
        routes.MapPost("/api/v1/channels/{id}/slack", Slack).WithTags("Alerts").WithSummary("Slack's interactive endpoint: buttons of messages, checked by Slack's signature.")
            .Produces(StatusCodes.Status200OK).ProducesProblem(StatusCodes.Status401Unauthorized).OpenToAll();
    }

    private static async Task<ContentHttpResult> Ask(string key, ActionTokens tokens, AlertLists alerts, CancellationToken cancel)
    {
        if (tokens.Read(key) is not var (action, id) || await alerts.FindAsync(id, cancel) is not { } alert) return Show("This link is not valid any more", "Links in messages are good for 30 days.", null);
        var question = action switch { "stop" => "Stop this run?", "mute" => "Mute this diagnosis?", _ => "Acknowledge this diagnosis?" };
        var label = action switch { "stop" => "Stop run", "mute" => "Mute", _ => "Acknowledge" };
        return Show(question, $"{alert.Data.RunName} ({alert.Data.Project}): {alert.Data.Title}. {alert.Data.Symptom}", label);
    }

    private static async Task<ContentHttpResult> Act(string key, ActionTokens tokens, AlertActor actor, CancellationToken cancel)
    {
        if (tokens.Read(key) is not var (action, id)) return Show("This link is not valid any more", "Links in messages are good for 30 days.", null);
        var (done, sentence) = await actor.ActAsync(action, id, "link in a message", cancel);
        return Show(done ? "Done" : "Not done", sentence, null);
    }

    private static ContentHttpResult Show(string title, string text, string? button) => TypedResults.Text($$"""
        <!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
        <meta name="referrer" content="no-referrer"><title>{{WebUtility.HtmlEncode(title)}} · Tracker</title>
        <style>body{font:15px/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;padding:0 1rem;color:#1d2127;background:#fff}
        button{font:inherit;font-weight:600;padding:.5rem 1rem;border:0;border-radius:6px;background:#1f5fbf;color:#fff;cursor:pointer}
        @media(prefers-color-scheme:dark){body{color:#e6e9ee;background:#14171c} }</style></head>
        <body><h1 style="font-size:20px">{{WebUtility.HtmlEncode(title)}}</h1><p>{{WebUtility.HtmlEncode(text)}}</p>
        {{(button is null ? "" : $"<form method=\"post\"><button>{WebUtility.HtmlEncode(button)}</button></form>")}}</body></html>
        """, "text/html", Encoding.UTF8);

    private static async Task<Results<Ok, ProblemHttpResult>> Slack(string id, HttpContext context, ChannelStore store, AlertActor actor, AlertSender sender, TimeProvider time, CancellationToken cancel)
    {
        var body = await ReadAsync(context.Request.Body, cancel);
        var channel = await store.FindAsync(id, cancel);
        var secret = channel?.Secrets.SigningSecret;
        var (stamp, signature) = (context.Request.Headers["X-Slack-Request-Timestamp"].ToString(), context.Request.Headers["X-Slack-Signature"].ToString());
        if (body is null || secret is null || !SlackSignature.Verifies(secret, stamp, signature, body, time.GetUtcNow(), SlackWindow))
            return TypedResults.Problem("The signature is not Slack's.", statusCode: StatusCodes.Status401Unauthorized, title: "Not signed");
        if (Read(body) is not var (action, alert, user, answer)) return TypedResults.Ok();
        var (done, sentence) = await actor.ActAsync(action, alert, $"Slack: {user}", cancel);
        // Slack waits three seconds for its 200; what was done is said after it. A bot's message shows a verdict itself, so that only who pressed is answered.
        var everybody = done && !(channel!.Kind == ChannelKinds.SlackBot && action != "stop");
        if (answer is not null) context.Response.OnCompleted(() => AnswerAsync(sender, answer, everybody, everybody ? $"{user}: {sentence}" : sentence));
        return TypedResults.Ok();
    }

    /// <summary>Says in the room what came of a button. Nobody waits for it, and nothing hangs on it: it is tried once.</summary>
    private static async Task AnswerAsync(AlertSender sender, Uri answer, bool everybody, string sentence)
    {
        using var request = JsonRequest.Post(answer, SlackMessage.RenderAnswer(everybody, sentence));
        await sender.SendAsync(request, CancellationToken.None);
    }

    /// <summary>The pressed button of <c>payload={"type": "block_actions", …}</c>.</summary>
    private static (string Action, Guid Alert, string User, Uri? Answer)? Read(byte[] body)
    {
        try
        {
            var form = Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body));
            using var payload = JsonDocument.Parse(form["payload"].ToString());
            var pressed = payload.RootElement.GetProperty("actions")[0];
            var name = pressed.GetProperty("action_id").GetString()!;
            var user = payload.RootElement.TryGetProperty("user", out var who) && who.TryGetProperty("username", out var known) ? known.GetString() : null;
            var answer = payload.RootElement.TryGetProperty("response_url", out var address) && Uri.TryCreate(address.GetString(), UriKind.Absolute, out var url) && url.Scheme is "https" or "http" ? url : null;
            return name.StartsWith("tracker.", StringComparison.Ordinal) && Guid.TryParse(pressed.GetProperty("value").GetString(), out var alert)
                ? (name["tracker.".Length..], alert, user ?? "somebody", answer)
                : null;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static async Task<byte[]?> ReadAsync(Stream body, CancellationToken cancel)
    {
        using var read = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int count; (count = await body.ReadAsync(buffer, cancel)) > 0;)
        {
            if (read.Length + count > MostBytes) return null;
            read.Write(buffer, 0, count);
        }
        return read.ToArray();
    }
}
