using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tracker.Api.Ingest.Rest;

/// <summary>
/// Walks over JSON text, strictly by RFC 8259 but for one thing: where a number may stand, the bare tokens <c>NaN</c>, <c>Infinity</c> and
/// <c>-Infinity</c> may too, because Python writes them (System.Text.Json's reader cannot read these). The text is valid UTF-8 already.
/// </summary>
internal ref struct JsonCursor(ReadOnlySpan<byte> text)
{
    private const int MaxDepth = 64;

    private static readonly SearchValues<byte> EndsOrEscapes = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(i => (byte)i), (byte)'"', (byte)'\\']);

    private readonly ReadOnlySpan<byte> _text = text;

    public int Position { get; private set; }

    /// <summary>Whether a skipped value held a bare NaN or infinity, which other readers of JSON refuse.</summary>
    public bool SawBareToken { get; set; }

    public readonly ReadOnlySpan<byte> Rest => _text[Position..];

    public readonly ReadOnlySpan<byte> Since(int start) => _text[start..Position];

    public void Advance(int count) => Position += count;

    /// <summary>The next byte that is not white space, or 0 at the end.</summary>
    public byte Peek()
    {
        var at = Position;
        while (at < _text.Length)
        {
            var next = _text[at];
            if (next is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                Position = at;
                return next;
            }

            at++;
        }

        Position = at;
        return 0;
    }

    public bool TryTake(char expected)
    {
        if (Peek() != expected) return false;
        Position++;
        return true;
    }

    public void Take(char expected)
    {
        if (!TryTake(expected)) Fail($"'{expected}' expected");
    }

    /// <summary>Goes to the next member or element: true after a comma (or at the first), false after the closing bracket.</summary>
    public bool Next(ref bool first, char close)
    {
        var next = Peek();
        if (first)
        {
            first = false;
            if (next != close) return true;
        }
        else if (next == ',')
        {
            Position++;
            return true;
        }
        else if (next != close)
        {
            Fail($"',' or '{close}' expected");
        }

        Position++;
        return false;
    }

    /// <summary>A member's name and its colon; the name as it is written between the quotes.</summary>
    public ReadOnlySpan<byte> Member()
    {
        if (Peek() != '"') Fail("a member's name expected");
        var name = StringToken();
        Take(':');
        return name;
    }

    /// <summary>The string that stands here, as it is written between the quotes, its escapes checked.</summary>
    public ReadOnlySpan<byte> StringToken()
    {
        var start = ++Position;
        while (true)
        {
            var length = _text[Position..].IndexOfAny(EndsOrEscapes);
            if (length < 0) Fail("a string has no end", _text.Length);
            Position += length;
            var found = _text[Position];
            if (found == '"') return _text[start..Position++];
            if (found < 0x20) Fail("a string holds a control character that is not escaped");
            SkipEscape();
        }
    }

    /// <summary>A string's content without its escapes; a surrogate without its other half becomes U+FFFD.</summary>
    public static string Unescape(ReadOnlySpan<byte> token) => token.Contains((byte)'\\') ? JsonText.Unescape(token) : Encoding.UTF8.GetString(token);

    /// <summary>Passes over a value of any kind, checking it.</summary>
    public void Skip(int depth)
    {
        if (depth > MaxDepth) Fail($"values are nested deeper than {MaxDepth}");
        var first = true;
        switch (Peek())
        {
            case (byte)'{':
                Position++;
                while (Next(ref first, '}'))
                {
                    Member();
                    Skip(depth + 1);
                }

                break;
            case (byte)'[':
                Position++;
                while (Next(ref first, ']')) Skip(depth + 1);
                break;
            case (byte)'"':
                StringToken();
                break;
            case (byte)'t':
                Literal("true"u8);
                break;
            case (byte)'f':
                Literal("false"u8);
                break;
            case (byte)'n':
                Literal("null"u8);
                break;
            default:
                if (TryBareToken(out _)) SawBareToken = true;
                else Number();
                break;
        }
    }

    public bool TryNull()
    {
        if (Peek() != 'n') return false;
        Literal("null"u8);
        return true;
    }

    /// <summary>The number that stands here; infinite when it is beyond the doubles.</summary>
    public double Number()
    {
        var length = JsonNumber.Read(Rest, out var value);
        if (length == 0) Fail("a value expected");
        Position += length;
        return value;
    }

    public bool TryBareToken(out double value)
    {
        value = double.NaN;
        var next = Peek();
        if (next is not ((byte)'N' or (byte)'I' or (byte)'-')) return false;
        var rest = Rest;
        if (rest.StartsWith("NaN"u8))
        {
            Position += 3;
            return true;
        }

        if (rest.StartsWith("Infinity"u8))
        {
            Position += 8;
            value = double.PositiveInfinity;
            return true;
        }

        if (!rest.StartsWith("-Infinity"u8)) return false;
        Position += 9;
        value = double.NegativeInfinity;
        return true;
    }

    [DoesNotReturn]
    public readonly void Fail(string what) => Fail(what, Position);

    [DoesNotReturn]
    private readonly void Fail(string what, int position) =>
        throw new LogBodyException(400, position >= _text.Length ? $"The JSON ends too early: {what}." : $"The JSON is malformed at byte {position}: {what}.");

    private void Literal(ReadOnlySpan<byte> literal)
    {
        if (!Rest.StartsWith(literal)) Fail("a value expected");
        Position += literal.Length;
    }

    private void SkipEscape()
    {
        var escaped = Position + 1 < _text.Length ? _text[Position + 1] : (byte)0;
        if (escaped == 'u')
        {
            if (Position + 6 > _text.Length) Fail("a string has no end", _text.Length);
            for (var i = 2; i < 6; i++)
            {
                if (!char.IsAsciiHexDigit((char)_text[Position + i])) Fail("an escape \\u needs four hexadecimal digits");
            }

            Position += 6;
            return;
        }

        if (!"\"\\/bfnrt"u8.Contains(escaped)) Fail("an unknown escape in a string");
        Position += 2;
    }
}

/// <summary>Ends the reading of a body. Caught in <see cref="LogBodyReader"/>, which knows the field.</summary>
internal sealed class LogBodyException(int status, string detail, string? limit = null) : Exception(detail)
{
    public int Status { get; } = status;

    public string? Limit { get; } = limit;
}
