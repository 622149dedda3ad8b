using System.Globalization;
using System.Text;

namespace Tracker.Api.Runs.Query;

/// <summary>Where a text cannot be read, and what could stand there.</summary>
/// <param name="Field">The parameter of the call: <c>filter</c>, <c>orderBy</c>, <c>fields</c>.</param>
/// <param name="Position">Offset of the character in the text, from 0, in UTF-16 units.</param>
/// <param name="Expected">What could stand there, in words.</param>
/// <param name="Found">What stands there, shortened.</param>
public sealed record SyntaxProblem(string Field, int Position, string Expected, string Found);

internal enum TokenKind
{
    End,

    /// <summary>A name, keyword or number: all up to a space, a quote, a comma, a parenthesis or an operator; quoted parts may follow a dot.</summary>
    Bare,
    Quoted,
    Operator,
    Open,
    Close,
    Comma,
}

/// <summary>One token; <see cref="Start"/> and <see cref="End"/> are offsets in the text.</summary>
internal readonly record struct Token(TokenKind Kind, int Start, int End);

/// <summary>
/// Cuts a text into tokens, one ahead. The first problem is kept; after it every token is the end, so that a parser winds up by itself.
/// </summary>
internal ref struct QueryScanner
{
    public const int MaxLength = 4_096;

    private readonly ReadOnlySpan<char> text;
    private readonly string field;

    public QueryScanner(string field, ReadOnlySpan<char> text)
    {
        this.field = field;
        this.text = text;
        if (text.Length > MaxLength) Fail(MaxLength, $"at most {MaxLength} characters");
        else Next();
    }

    public Token Token { get; private set; }

    public SyntaxProblem? Problem { get; private set; }

    public readonly ReadOnlySpan<char> Text => text[Token.Start..Token.End];

    /// <summary>Whether the token is this keyword, in small or capital letters.</summary>
    public readonly bool Is(string keyword) => Token.Kind == TokenKind.Bare && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    public bool Skip(string keyword)
    {
        if (!Is(keyword)) return false;
        Next();
        return true;
    }

    public bool Skip(TokenKind kind)
    {
        if (Token.Kind != kind) return false;
        Next();
        return true;
    }

    public void Next()
    {
        var at = Token.End;
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        if (at >= text.Length || Problem is not null)
        {
            Token = new Token(TokenKind.End, text.Length, text.Length);
            return;
        }

        Token = text[at] switch
        {
            '(' => new Token(TokenKind.Open, at, at + 1),
            ')' => new Token(TokenKind.Close, at, at + 1),
            ',' => new Token(TokenKind.Comma, at, at + 1),
            '=' => new Token(TokenKind.Operator, at, at + (Follows(at, "=") ? 2 : 1)),
            '<' => new Token(TokenKind.Operator, at, at + (Follows(at, "=>") ? 2 : 1)),
            '>' or '!' => new Token(TokenKind.Operator, at, at + (Follows(at, "=") ? 2 : 1)),
            '"' or '\'' or '`' => new Token(TokenKind.Quoted, at, EndOfQuoted(at)),
            _ => new Token(TokenKind.Bare, at, EndOfBare(at)),
        };
        if (Problem is not null) Token = new Token(TokenKind.End, text.Length, text.Length);
    }

    /// <summary>Notes the first problem, at the token unless an offset is given.</summary>
    public void Fail(string expected) => Fail(Token.Start, expected);

    public void Fail(int position, string expected)
    {
        if (Problem is not null) return;
        var found = position >= text.Length ? "the end" : $"\"{text[position..Math.Min(text.Length, position + 24)]}{(text.Length > position + 24 ? "…" : "")}\"";
        Problem = new SyntaxProblem(field, position, expected, found);
        Token = new Token(TokenKind.End, text.Length, text.Length);
    }

    /// <summary>The parts of a bare token, cut at its dots, and whether each stood in quotes.</summary>
    public readonly List<(string Text, bool Quoted)> Segments()
    {
        var segments = new List<(string, bool)>();
        var at = Token.Start;
        while (at <= Token.End)
        {
            var quoted = at < Token.End && IsQuote(text[at]);
            var end = quoted ? EndOf(at) : EndOfSegment(at);
            segments.Add((quoted ? Unquote(text[at..end]) : text[at..end].ToString(), quoted));
            at = end + 1;
        }

        return segments;
    }

    /// <summary>The text of a quoted token.</summary>
    public readonly string Unquoted() => Unquote(Text);

    public readonly bool TryNumber(out double number) => double.TryParse(Text, NumberStyles.Float, CultureInfo.InvariantCulture, out number);

    private readonly bool Follows(int at, string any) => at + 1 < text.Length && any.Contains(text[at + 1], StringComparison.Ordinal);

    private static bool IsQuote(char c) => c is '"' or '\'' or '`';

    private static bool Ends(char c) => char.IsWhiteSpace(c) || c is '(' or ')' or ',' or '=' or '<' or '>' or '!' || IsQuote(c);

    private readonly int EndOfSegment(int at)
    {
        while (at < Token.End && text[at] != '.') at++;
        return at;
    }

    private int EndOfBare(int at)
    {
        while (at < text.Length)
        {
            if (IsQuote(text[at]) && text[at - 1] == '.') at = EndOfQuoted(at);
            else if (Ends(text[at])) return at;
            else at++;
        }

        return at;
    }

    private int EndOfQuoted(int at)
    {
        var end = EndOf(at);
        if (end > 0) return end;
        Fail(at, $"a closing {text[at]}");
        return text.Length;
    }

    /// <summary>Offset behind the closing quote; −1 without one.</summary>
    private readonly int EndOf(int at)
    {
        for (var i = at + 1; i < text.Length; i++)
        {
            if (text[i] == text[at]) return i + 1;
            if (text[i] == '\\') i++;
        }

        return -1;
    }

    private static string Unquote(ReadOnlySpan<char> quoted)
    {
        var plain = new StringBuilder(quoted.Length);
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            // Only a quote and a backslash are escaped: \% and \_ of a pattern stay as they are.
            if (quoted[i] == '\\' && (quoted[i + 1] == '\\' || quoted[i + 1] == quoted[0])) i++;
            plain.Append(quoted[i]);
        }

        return plain.ToString();
    }
}
