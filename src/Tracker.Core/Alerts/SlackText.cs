using System.Text;

namespace Tracker.Core.Alerts;

/// <summary>Text as Slack takes it: &amp;, &lt; and &gt; escaped, so that no name can mention a channel or forge a link, and cut to the field's limit.</summary>
internal static class SlackText
{
    private const char Ellipsis = '…';

    /// <summary>Escapes, then cuts to at most <paramref name="limit"/> UTF-16 units, never inside an escape or a surrogate pair.</summary>
    public static string Escape(string text, int limit)
    {
        var result = new StringBuilder(Math.Min(text.Length + 16, limit));
        var fits = 0; // Length up to which one more character, the ellipsis, still has room.
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '&': result.Append("&amp;"); break;
                case '<': result.Append("&lt;"); break;
                case '>': result.Append("&gt;"); break;
                case 0: break;
                default: result.Append(rune.ToString()); break;
            }
            if (result.Length > limit) return result.Remove(fits, result.Length - fits).Append(Ellipsis).ToString();
            if (result.Length < limit) fits = result.Length;
        }
        return result.ToString();
    }

    /// <summary>Joins escaped lines while they fit; what does not fit is left out and marked.</summary>
    public static string Lines(string heading, IEnumerable<string> lines, int limit)
    {
        var result = new StringBuilder(heading);
        foreach (var line in lines)
        {
            var room = limit - result.Length - 3;
            if (room < 16) return result.Append('\n').Append(Ellipsis).ToString();
            result.Append('\n').Append(Escape(line, room));
        }
        return result.ToString();
    }
}
