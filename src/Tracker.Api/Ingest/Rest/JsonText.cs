using System.Globalization;
using System.Text;

namespace Tracker.Api.Ingest.Rest;

/// <summary>Strings of JSON text whose escapes have been checked.</summary>
internal static class JsonText
{
    private const char Replacement = '\uFFFD';

    /// <summary>The content of a string token; a surrogate without its other half becomes U+FFFD.</summary>
    public static string Unescape(ReadOnlySpan<byte> token)
    {
        var text = new StringBuilder(token.Length);
        while (true)
        {
            var plain = token.IndexOf((byte)'\\');
            if (plain < 0) break;
            text.Append(Encoding.UTF8.GetString(token[..plain]));
            token = token[plain..];
            if (token[1] == 'u')
            {
                AppendUnit(text, ref token);
                continue;
            }

            text.Append((char)token[1] switch { 'b' => '\b', 'f' => '\f', 'n' => '\n', 'r' => '\r', 't' => '\t', var same => same });
            token = token[2..];
        }

        return text.Append(Encoding.UTF8.GetString(token)).ToString();
    }

    /// <summary>
    /// JSON that every reader takes: bare NaN and infinities become strings, and escapes that PostgreSQL's and .NET's texts cannot hold
    /// (<c>\u0000</c>, a surrogate without its other half) become U+FFFD. Everything else stays as it was written.
    /// </summary>
    /// <param name="json">Checked by <see cref="JsonCursor.Skip"/>.</param>
    public static string Normalize(ReadOnlySpan<byte> json)
    {
        var text = new StringBuilder(json.Length + 16);
        var inString = false;
        while (!json.IsEmpty)
        {
            var next = json[0];
            if (inString && next == '\\')
            {
                if (json[1] == 'u') NormalizeUnit(text, ref json);
                else Copy(text, ref json, 2);
            }
            else if (!inString && next is (byte)'N' or (byte)'I' || (!inString && json.StartsWith("-I"u8)))
            {
                var length = next == 'N' ? 3 : next == 'I' ? 8 : 9;
                text.Append('"');
                Copy(text, ref json, length);
                text.Append('"');
            }
            else
            {
                if (next == '"') inString = !inString;
                var rest = json[1..].IndexOfAny("\"\\NI-"u8);
                Copy(text, ref json, rest < 0 ? json.Length : rest + 1);
            }
        }

        return text.ToString();
    }

    private static void Copy(StringBuilder text, ref ReadOnlySpan<byte> json, int length)
    {
        text.Append(Encoding.UTF8.GetString(json[..length]));
        json = json[length..];
    }

    private static void NormalizeUnit(StringBuilder text, ref ReadOnlySpan<byte> json)
    {
        var unit = Unit(json);
        var isPair = char.IsHighSurrogate(unit) && json.Length >= 12 && json[6] == '\\' && json[7] == 'u' && char.IsLowSurrogate(Unit(json[6..]));
        if (isPair)
        {
            Copy(text, ref json, 12);
        }
        else if (unit == 0 || char.IsSurrogate(unit))
        {
            text.Append(Replacement);
            json = json[6..];
        }
        else
        {
            Copy(text, ref json, 6);
        }
    }

    private static void AppendUnit(StringBuilder text, ref ReadOnlySpan<byte> token)
    {
        var unit = Unit(token);
        token = token[6..];
        if (char.IsHighSurrogate(unit) && token.Length >= 6 && token[0] == '\\' && token[1] == 'u' && char.IsLowSurrogate(Unit(token)))
        {
            text.Append(unit).Append(Unit(token));
            token = token[6..];
            return;
        }

        text.Append(char.IsSurrogate(unit) ? Replacement : unit);
    }

    private static char Unit(ReadOnlySpan<byte> escape) => (char)ushort.Parse(escape.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
