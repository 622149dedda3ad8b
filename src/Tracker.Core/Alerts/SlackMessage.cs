using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Tracker.Core.Alerts;

/// <summary>
/// An alert as a Slack message: blocks, and a text for notifications. The body of an incoming webhook, or with more fields of <c>chat.postMessage</c> and
/// <c>chat.update</c>. Limits are those of Slack's Block Kit reference.
/// </summary>
public static class SlackMessage
{
    /// <summary>Longest <c>text</c> of a header block, in characters.</summary>
    public const int HeaderLimit = 150;

    /// <summary>Longest <c>text</c> of a section block, in characters.</summary>
    public const int SectionLimit = 3000;

    /// <summary>Longest of a section's <c>fields</c>, in characters.</summary>
    public const int FieldLimit = 2000;

    /// <summary>Most fields of a section.</summary>
    public const int MostFields = 10;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body, UTF-8.</summary>
    /// <param name="alert">What is said.</param>
    /// <param name="actions">Buttons; none when null.</param>
    /// <param name="image">Where Slack can fetch the picture; none when null.</param>
    /// <param name="interactive">Whether buttons are answered by Slack's interactive endpoint; else they are links.</param>
    /// <param name="more">Fields of the Web API, such as <c>channel</c>, <c>ts</c> and <c>thread_ts</c>.</param>
    public static byte[] Render(Alert alert, AlertActions? actions = null, Uri? image = null, bool interactive = false, IReadOnlyList<(string Name, string Value)>? more = null)
    {
        var message = alert.Data;
        var words = AlertWords.Of(alert);
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            foreach (var (name, value) in more ?? []) json.WriteString(name, value);
            json.WriteString("text", SlackText.Escape($"{words.Headline} ({message.RunName}, {message.Project}). {words.Symptom}", SectionLimit));
            json.WriteBoolean("unfurl_links", false);
            json.WriteStartArray("blocks");
            WriteHeader(json, $"{words.Mark} {words.Headline}");
            if (words.Symptom.Length > 0) WriteSection(json, SlackText.Escape(words.Symptom, SectionLimit));
            WriteFacts(json, words, message);
            foreach (var (heading, lines) in words.Sections) WriteSection(json, SlackText.Lines($"*{SlackText.Escape(heading, 80)}*", lines, SectionLimit));
            if (image is not null) WriteImage(json, image, words.Headline);
            WriteButtons(json, alert, words.IsOver ? AlertActions.None : actions ?? AlertActions.None, interactive);
            WriteFooter(json, words.Footer);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The body of <c>chat.postMessage</c> for a line in the thread of a message.</summary>
    public static byte[] RenderReply(string channel, string thread, string text)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("channel", channel);
            json.WriteString("thread_ts", thread);
            json.WriteString("text", SlackText.Escape(text, SectionLimit));
            json.WriteBoolean("unfurl_links", false);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The body for the <c>response_url</c> of a pressed button: said to everybody in the room, or only to who pressed; the message stays.</summary>
    public static byte[] RenderAnswer(bool everybody, string text)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("response_type", everybody ? "in_channel" : "ephemeral");
            json.WriteBoolean("replace_original", false);
            json.WriteString("text", SlackText.Escape(text, SectionLimit));
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteFacts(Utf8JsonWriter json, AlertWords words, AlertMessage message)
    {
        json.WriteStartObject();
        json.WriteString("type", "section");
        json.WriteStartArray("fields");
        foreach (var (name, value) in words.Facts.Take(MostFields))
        {
            var text = SlackText.Escape(value, name == "Run" ? 300 : 1900);
            if (name == "Run" && message.Url is { } url) text = $"<{SlackText.Escape(url.AbsoluteUri, 1600)}|{text.Replace('|', '¦')}>";
            WriteText(json, $"*{name}*\n{text}");
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteHeader(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "header");
        json.WriteStartObject("text");
        json.WriteString("type", "plain_text");
        json.WriteString("text", SlackText.Escape(text, HeaderLimit));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteSection(Utf8JsonWriter json, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", "section");
        json.WritePropertyName("text");
        WriteText(json, text);
        json.WriteEndObject();
    }

    private static void WriteImage(Utf8JsonWriter json, Uri image, string alternative)
    {
        json.WriteStartObject();
        json.WriteString("type", "image");
        json.WriteString("image_url", image.AbsoluteUri);
        json.WriteString("alt_text", SlackText.Escape(alternative, 1900));
        json.WriteEndObject();
    }

    private static void WriteButtons(Utf8JsonWriter json, Alert alert, AlertActions actions, bool interactive)
    {
        List<(string Id, string Label, Uri Link)> buttons = [.. actions.Buttons];
        if (alert.Data.ChartsUrl is { } charts) buttons.Insert(0, ("open", "Open charts", charts));
        if (buttons.Count == 0) return;
        json.WriteStartObject();
        json.WriteString("type", "actions");
        json.WriteStartArray("elements");
        foreach (var (id, label, link) in buttons)
        {
            json.WriteStartObject();
            json.WriteString("type", "button");
            json.WriteString("action_id", $"tracker.{id}");
            json.WriteStartObject("text");
            json.WriteString("type", "plain_text");
            json.WriteString("text", label);
            json.WriteEndObject();
            // An address of a button may have 3,000 characters.
            if (interactive && id != "open") json.WriteString("value", alert.Id.ToString());
            else json.WriteString("url", link.AbsoluteUri);
            if (id == "stop") json.WriteString("style", "danger");
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteFooter(Utf8JsonWriter json, string footer)
    {
        json.WriteStartObject();
        json.WriteString("type", "context");
        json.WriteStartArray("elements");
        WriteText(json, SlackText.Escape(footer, 300));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string markdown)
    {
        json.WriteStartObject();
        json.WriteString("type", "mrkdwn");
        json.WriteString("text", markdown);
        json.WriteEndObject();
    }
}
