using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Tracker.Core.Diagnosis;

namespace Tracker.Core.Alerts;

/// <summary>An alert as the body of a Slack incoming webhook: blocks, and a text for notifications. Limits are those of Slack's Block Kit reference.</summary>
public static class SlackMessage
{
    /// <summary>Longest <c>text</c> of a header block, in characters.</summary>
    public const int HeaderLimit = 150;

    /// <summary>Longest <c>text</c> of a section block, in characters.</summary>
    public const int SectionLimit = 3000;

    /// <summary>Longest of a section's <c>fields</c>, in characters.</summary>
    public const int FieldLimit = 2000;

    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The body, UTF-8.</summary>
    public static byte[] Render(Alert alert)
    {
        var message = alert.Data;
        var resolved = alert.Type == "diagnosis.resolved";
        var headline = resolved ? $"Resolved: {message.Title}" : message.Title;
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("text", SlackText.Escape($"{headline} ({message.RunName}, {message.Project}). {message.Symptom}", SectionLimit));
            json.WriteBoolean("unfurl_links", false);
            json.WriteStartArray("blocks");
            WriteHeader(json, $"{Mark(message.Severity, resolved)} {headline}");
            if (message.Symptom.Length > 0) WriteSection(json, SlackText.Escape(message.Symptom, SectionLimit));
            WriteFacts(json, message);
            if (message.Resolution is { Length: > 0 } resolution) WriteSection(json, SlackText.Lines("*Resolved*", [resolution], SectionLimit));
            else WriteAdvice(json, message);
            WriteFooter(json, alert);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static string Mark(Severity severity, bool resolved) => (severity, resolved) switch
    {
        (_, true) => "✅",
        (Severity.Crit or Severity.High, _) => "🔴",
        (Severity.Warn, _) => "🟠",
        _ => "🔵",
    };

    private static void WriteFacts(Utf8JsonWriter json, AlertMessage message)
    {
        var name = SlackText.Escape(message.RunName, 300);
        var run = message.Url is { } url ? $"<{SlackText.Escape(url.AbsoluteUri, 1600)}|{name.Replace('|', '¦')}>" : name;
        json.WriteStartObject();
        json.WriteString("type", "section");
        json.WriteStartArray("fields");
        WriteText(json, $"*Run*\n{run}");
        WriteText(json, $"*Project*\n{SlackText.Escape(message.Project, 1900)}");
        WriteText(json, $"*Since*\nstep {message.OnsetStep:N0} (seen at {message.Step:N0})");
        WriteText(json, $"*Severity*\n{Word(message.Severity)}");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string Word(Severity severity) => severity switch
    {
        Severity.Crit or Severity.High => "critical",
        Severity.Warn => "warning",
        _ => "info",
    };

    private static void WriteAdvice(Utf8JsonWriter json, AlertMessage message)
    {
        if (message.Cause is { } cause)
            WriteSection(json, SlackText.Lines($"*Top cause* ({SlackText.Escape(cause.Strength, 30)})", [cause.Title, .. cause.For.Select(reason => "• " + reason)], SectionLimit));
        if (message.Prescriptions.Count > 0)
            WriteSection(json, SlackText.Lines("*What to do*", message.Prescriptions.Select((line, index) => $"{index + 1}. {line}"), SectionLimit));
        if (message.Check.Length > 0) WriteSection(json, SlackText.Lines("*How to see that it helped*", [message.Check], SectionLimit));
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

    // The id is there so that a person who sees a message twice can tell that it is the same one.
    private static void WriteFooter(Utf8JsonWriter json, Alert alert)
    {
        json.WriteStartObject();
        json.WriteString("type", "context");
        json.WriteStartArray("elements");
        WriteText(json, $"Tracker · run {SlackText.Escape(alert.Data.Run, 100)} · alert {alert.Id}");
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
