using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Core.Alerts;

/// <summary>
/// An alert as the body of a Microsoft Teams webhook made with Workflows ("Post to a channel when a webhook request is received"): a message with one Adaptive
/// Card of version 1.4. Teams takes 28 KB; the picture is left out where it does not fit.
/// </summary>
public static class TeamsMessage
{
    /// <summary>Largest body that Teams takes, in bytes.</summary>
    public const int BodyLimit = 28 * 1024;

    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body, UTF-8.</summary>
    /// <param name="alert">What is said.</param>
    /// <param name="actions">Buttons.</param>
    /// <param name="picture">A PNG; sent in the card itself.</param>
    public static byte[] Render(Alert alert, AlertActions? actions = null, byte[]? picture = null)
    {
        var body = Encoding.UTF8.GetBytes(Compose(alert, actions, picture).ToJsonString(Json));
        return body.Length <= BodyLimit || picture is null ? body : Encoding.UTF8.GetBytes(Compose(alert, actions, null).ToJsonString(Json));
    }

    private static JsonObject Compose(Alert alert, AlertActions? actions, byte[]? picture)
    {
        var words = AlertWords.Of(alert);
        var parts = new JsonArray { (JsonNode)Text($"{words.Mark} {words.Headline}", ("size", "Medium"), ("weight", "Bolder")) };
        if (words.Symptom.Length > 0) parts.Add((JsonNode)Text(words.Symptom));
        var facts = new JsonArray();
        foreach (var (name, value) in words.Facts) facts.Add((JsonNode)new JsonObject { ["title"] = name, ["value"] = Cut(value, 500) });
        parts.Add((JsonNode)new JsonObject { ["type"] = "FactSet", ["facts"] = facts });
        foreach (var (heading, lines) in words.Sections)
        {
            parts.Add((JsonNode)Text(heading, ("weight", "Bolder")));
            foreach (var line in lines) parts.Add((JsonNode)Text(line, ("spacing", "Small")));
        }

        if (picture is not null)
            parts.Add((JsonNode)new JsonObject { ["type"] = "Image", ["url"] = "data:image/png;base64," + Convert.ToBase64String(picture), ["altText"] = Cut(words.Headline, 300) });
        parts.Add((JsonNode)Text(words.Footer, ("size", "Small"), ("isSubtle", true)));
        var card = new JsonObject
        {
            ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
            ["type"] = "AdaptiveCard",
            ["version"] = "1.4",
            ["msteams"] = new JsonObject { ["width"] = "Full" },
            ["body"] = parts,
        };
        if (Buttons(alert, words.IsOver ? null : actions) is { Count: > 0 } buttons) card["actions"] = buttons;
        return new JsonObject
        {
            ["type"] = "message",
            ["attachments"] = new JsonArray(new JsonObject { ["contentType"] = "application/vnd.microsoft.card.adaptive", ["contentUrl"] = null, ["content"] = card }),
        };
    }

    private static JsonArray Buttons(Alert alert, AlertActions? actions)
    {
        var buttons = new JsonArray();
        if (alert.Data.ChartsUrl is { } charts) buttons.Add((JsonNode)Open("Open charts", charts));
        foreach (var (_, label, link) in (actions ?? AlertActions.None).Buttons) buttons.Add((JsonNode)Open(label, link));
        return buttons;
    }

    private static JsonObject Open(string title, Uri link) => new() { ["type"] = "Action.OpenUrl", ["title"] = title, ["url"] = link.AbsoluteUri };

    private static JsonObject Text(string text, params (string Name, JsonNode Value)[] more)
    {
        var block = new JsonObject { ["type"] = "TextBlock", ["text"] = Cut(text, 1500), ["wrap"] = true };
        foreach (var (name, value) in more) block[name] = value;
        return block;
    }

    private static string Cut(string text, int limit) => text.Length <= limit ? text : string.Concat(text.AsSpan(0, limit - 1), "…");
}
