using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Tracker.Core.Alerts;

/// <summary>An alert as an e-mail: subject, plain text, HTML, and a picture that the HTML shows, in one MIME message (RFC 5322, 2045–2047, 2387).</summary>
public static class EmailMessage
{
    private const string NewLine = "\r\n";

    private static readonly HtmlEncoder Html5 = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>The whole message, CRLF line ends, 7-bit.</summary>
    /// <param name="alert">What is said.</param>
    /// <param name="actions">Links to act.</param>
    /// <param name="picture">A PNG; none when null.</param>
    /// <param name="from">Sender's address.</param>
    /// <param name="to">Receivers' addresses.</param>
    /// <param name="id">Names the message: the same at every attempt, so that a mailbox shows a double as one.</param>
    /// <param name="thread">Names the conversation: the messages of one diagnosis stand together.</param>
    public static string Render(Alert alert, AlertActions actions, byte[]? picture, string from, IReadOnlyList<string> to, Guid id, string thread)
    {
        var words = AlertWords.Of(alert);
        var host = from[(from.LastIndexOf('@') + 1)..].TrimEnd('>');
        var (outer, inner) = ($"=_related_{id:N}", $"=_alternative_{id:N}");
        var mail = new StringBuilder();
        Header("From", from);
        Header("To", string.Join(", ", to));
        Header("Subject", Word($"{words.Headline} ({alert.Data.RunName})"));
        Header("Date", alert.Timestamp.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture));
        Header("Message-ID", $"<{id}@{host}>");
        Header("References", $"<{thread}@{host}>");
        Header("Auto-Submitted", "auto-generated");
        Header("MIME-Version", "1.0");
        Header("Content-Type", $"multipart/related; type=\"multipart/alternative\"; boundary=\"{outer}\"");
        mail.Append(NewLine).Append("--").Append(outer).Append(NewLine);
        Header("Content-Type", $"multipart/alternative; boundary=\"{inner}\"");
        Part(inner, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(Text(alert, words, actions)));
        Part(inner, "text/html; charset=utf-8", Encoding.UTF8.GetBytes(Html(alert, words, actions, picture is not null)));
        mail.Append("--").Append(inner).Append("--").Append(NewLine);
        if (picture is not null) Part(outer, "image/png; name=\"chart.png\"", picture, ("Content-ID", "<chart>"), ("Content-Disposition", "inline; filename=\"chart.png\""));
        mail.Append("--").Append(outer).Append("--").Append(NewLine);
        return mail.ToString();

        void Header(string name, string value) => mail.Append(name).Append(": ").Append(value.ReplaceLineEndings(" ")).Append(NewLine);

        void Part(string boundary, string type, byte[] content, params (string Name, string Value)[] more)
        {
            mail.Append(NewLine).Append("--").Append(boundary).Append(NewLine);
            Header("Content-Type", type);
            Header("Content-Transfer-Encoding", "base64");
            foreach (var (name, value) in more) Header(name, value);
            mail.Append(NewLine);
            var text = Convert.ToBase64String(content);
            for (var at = 0; at < text.Length; at += 76) mail.Append(text.AsSpan(at, Math.Min(76, text.Length - at))).Append(NewLine);
        }
    }

    /// <summary>A header's text as encoded words (RFC 2047), each at most 75 characters, whole characters in each.</summary>
    internal static string Word(string text)
    {
        text = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
        if (text.Length > 200) text = string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[198]) ? 198 : 199), "…");
        if (text.All(char.IsAscii)) return text;
        var words = new List<string>();
        var bytes = new List<byte>();
        foreach (var rune in text.EnumerateRunes())
        {
            var next = Encoding.UTF8.GetBytes(rune.ToString());
            if (bytes.Count + next.Length > 42) Flush();
            bytes.AddRange(next);
        }
        Flush();
        return string.Join(NewLine + " ", words).Replace(NewLine + " ", " ", StringComparison.Ordinal);

        void Flush()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String([.. bytes])}?=");
            bytes.Clear();
        }
    }

    private static string Text(Alert alert, AlertWords words, AlertActions actions)
    {
        var text = new StringBuilder().Append(words.Headline).Append(NewLine).Append(NewLine).Append(words.Symptom).Append(NewLine).Append(NewLine);
        foreach (var (name, value) in words.Facts) text.Append(name).Append(": ").Append(value).Append(NewLine);
        foreach (var (heading, lines) in words.Sections) text.Append(NewLine).Append(heading).Append(NewLine).AppendJoin(NewLine, lines).Append(NewLine);
        text.Append(NewLine);
        foreach (var (label, link) in Links(alert, words, actions)) text.Append(label).Append(": ").Append(link.AbsoluteUri).Append(NewLine);
        return text.Append(NewLine).Append("-- ").Append(NewLine).Append(words.Footer).Append(NewLine).ToString();
    }

    private static string Html(Alert alert, AlertWords words, AlertActions actions, bool withPicture)
    {
        var colour = AlertWords.Colour(alert.Data.Severity, words.IsOver).ToString("X6", CultureInfo.InvariantCulture);
        var html = new StringBuilder("<!doctype html><html><body style=\"font:14px/1.45 system-ui,sans-serif;color:#1d2127;max-width:640px\">");
        html.Append($"<h2 style=\"font-size:18px;margin:0 0 8px;border-left:4px solid #{colour};padding-left:10px\">").Append(Encode(words.Headline)).Append("</h2>");
        html.Append("<p>").Append(Encode(words.Symptom)).Append("</p><table style=\"border-collapse:collapse;font-size:13px\">");
        foreach (var (name, value) in words.Facts)
            html.Append("<tr><td style=\"color:#667;padding:1px 12px 1px 0\">").Append(Encode(name)).Append("</td><td>").Append(Encode(value)).Append("</td></tr>");
        html.Append("</table>");
        if (withPicture) html.Append("<p><img src=\"cid:chart\" alt=\"The curve with the evidence marked\" style=\"max-width:100%\"></p>");
        foreach (var (heading, lines) in words.Sections)
            html.Append("<p><b>").Append(Encode(heading)).Append("</b><br>").AppendJoin("<br>", lines.Select(Encode)).Append("</p>");
        html.Append("<p>").AppendJoin(" &nbsp; ", Links(alert, words, actions).Select(link => $"<a href=\"{Encode(link.Link.AbsoluteUri)}\">{Encode(link.Label)}</a>")).Append("</p>");
        return html.Append("<p style=\"color:#889;font-size:12px\">").Append(Encode(words.Footer)).Append("</p></body></html>").ToString();
    }

    private static IEnumerable<(string Label, Uri Link)> Links(Alert alert, AlertWords words, AlertActions actions)
    {
        if (alert.Data.Url is { } run) yield return ("Open run", run);
        if (alert.Data.ChartsUrl is { } charts) yield return ("Open charts", charts);
        if (words.IsOver) yield break;
        foreach (var (_, label, link) in actions.Buttons) yield return (label, link);
    }

    private static string Encode(string text) => Html5.Encode(text);
}
