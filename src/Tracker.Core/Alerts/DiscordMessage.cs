using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Tracker.Core.Alerts;

/// <summary>
/// An alert as the <c>payload_json</c> of a Discord webhook: one embed, and link buttons (the only ones that a webhook which no application owns may send).
/// Limits are those of Discord's reference: title 256, description 4,096, field 1,024, 25 fields, 6,000 characters over all.
/// </summary>
public static class DiscordMessage
{
    /// <summary>Name of the picture among the files of the request.</summary>
    public const string ImageName = "chart.png";

    private const int TitleLimit = 256;
    private const int DescriptionLimit = 1500;
    private const int FieldLimit = 800;

    /// <summary>The body as JSON text.</summary>
    public static string Render(Alert alert, AlertActions? actions = null, bool withImage = false)
    {
        var words = AlertWords.Of(alert);
        var fields = new JsonArray();
        foreach (var (name, value) in words.Facts) fields.Add((JsonNode)Field(name, value, inline: true));
        foreach (var (heading, lines) in words.Sections.Take(4)) fields.Add((JsonNode)Field(heading, string.Join('\n', lines), inline: false));
        var embed = new JsonObject
        {
            ["title"] = Cut($"{words.Mark} {words.Headline}", TitleLimit),
            ["description"] = Cut(Escape(words.Symptom), DescriptionLimit),
            ["color"] = AlertWords.Colour(alert.Data.Severity, words.IsOver),
            ["timestamp"] = alert.Timestamp.UtcDateTime.ToString("O", CultureInfo.InvariantCulture),
            ["fields"] = fields,
            ["footer"] = new JsonObject { ["text"] = Cut(words.Footer, 200) },
        };
        if (alert.Data.Url is { } url) embed["url"] = url.AbsoluteUri;
        if (withImage) embed["image"] = new JsonObject { ["url"] = $"attachment://{ImageName}" };
        var body = new JsonObject
        {
            ["embeds"] = new JsonArray(embed),
            // Names of runs may hold @everyone.
            ["allowed_mentions"] = new JsonObject { ["parse"] = new JsonArray() },
        };
        if (withImage) body["attachments"] = new JsonArray(new JsonObject { ["id"] = 0, ["filename"] = ImageName });
        // An edit keeps what it does not name: buttons that make no sense any more are taken away by an empty list.
        body["components"] = Buttons(alert, words.IsOver ? null : actions) is { Count: > 0 } buttons ? new JsonArray(new JsonObject { ["type"] = 1, ["components"] = buttons }) : new JsonArray();
        return body.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    private static JsonArray Buttons(Alert alert, AlertActions? actions)
    {
        var buttons = new JsonArray();
        if (alert.Data.ChartsUrl is { } charts) Add("Open charts", charts);
        foreach (var (_, label, link) in (actions ?? AlertActions.None).Buttons) Add(label, link);
        return buttons;

        void Add(string label, Uri link)
        {
            // Discord refuses the whole message for one longer address.
            if (link.AbsoluteUri.Length <= 512) buttons.Add((JsonNode)new JsonObject { ["type"] = 2, ["style"] = 5, ["label"] = label, ["url"] = link.AbsoluteUri });
        }
    }

    private static JsonObject Field(string name, string value, bool inline) =>
        new() { ["name"] = Cut(name, TitleLimit), ["value"] = Cut(value.Length == 0 ? "–" : Escape(value), FieldLimit), ["inline"] = inline };

    /// <summary>Takes the meaning from Discord's marks, so that a name of a run is shown as it is.</summary>
    private static string Escape(string text) => string.Concat(text.Select(c => c is '*' or '_' or '`' or '~' or '|' or '>' or '[' ? $"\\{c}" : c.ToString()));

    private static string Cut(string text, int limit) => text.Length <= limit ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[limit - 2]) ? limit - 2 : limit - 1), "…");
}
