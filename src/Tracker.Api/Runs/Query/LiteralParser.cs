using System.Globalization;
using System.Text.Json;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Runs.Query;

/// <summary>Reads a value and checks that it fits the field and the operator.</summary>
internal static class LiteralParser
{
    private const string Scalars = "a number, a text in quotes, true or false";
    private static readonly string[] States = ["running", "finished", "failed", "killed", "lost"];

    /// <summary>What would have to stand there instead of the operator; null when it fits.</summary>
    public static string? Misfit(FieldType type, FilterOperator found) => type switch
    {
        FieldType.Words => found == FilterOperator.Has ? null : "has or is null: the field holds several words",
        _ when found == FilterOperator.Has => type == FieldType.Config ? null : "a comparison: the field holds one value",
        FieldType.Number or FieldType.Time or FieldType.Severity when found is FilterOperator.Like or FilterOperator.ILike => "one of = != < <= > >= in is: the field holds no text",
        FieldType.State when found is not (FilterOperator.Equal or FilterOperator.NotEqual or FilterOperator.In) => "one of = != in: a state has no order",
        _ => null,
    };

    public static Literal? Parse(ref QueryScanner scanner, FieldType type, FilterOperator found)
    {
        var literal = type switch
        {
            _ when found is FilterOperator.Like or FilterOperator.ILike => Pattern(ref scanner),
            FieldType.Number => Number(ref scanner, ordered: found is not (FilterOperator.Equal or FilterOperator.NotEqual or FilterOperator.In)),
            FieldType.Text or FieldType.Words => Text(ref scanner, "a text in quotes"),
            FieldType.State => Word(ref scanner, States, word => word),
            FieldType.Severity => Word(ref scanner, [.. Enum.GetValues<Severity>().Select(Severities.Name)],
                word => (short)Enum.GetValues<Severity>().First(severity => Severities.Name(severity) == word)),
            FieldType.Time => Time(ref scanner),
            _ => Any(ref scanner),
        };
        if (literal is not null) scanner.Next();
        return literal;
    }

    private static Literal? Number(ref QueryScanner scanner, bool ordered)
    {
        if (scanner.Token.Kind == TokenKind.Bare)
        {
            if (scanner.Is("NaN") && !ordered) return new Literal(double.NaN, null);
            if (scanner.Is("Infinity") || scanner.Is("+Infinity")) return new Literal(double.PositiveInfinity, null);
            if (scanner.Is("-Infinity")) return new Literal(double.NegativeInfinity, null);
            if (!scanner.Is("NaN") && scanner.TryNumber(out var number) && double.IsFinite(number)) return new Literal(number, Json(scanner.Text, number));
        }

        scanner.Fail(ordered ? "a number" : "a number, NaN, Infinity or -Infinity");
        return null;
    }

    private static Literal? Text(ref QueryScanner scanner, string expected)
    {
        if (scanner.Token.Kind == TokenKind.Quoted)
        {
            var text = scanner.Unquoted();
            return new Literal(text, JsonSerializer.Serialize(text));
        }

        scanner.Fail(expected);
        return null;
    }

    private static Literal? Pattern(ref QueryScanner scanner)
    {
        var start = scanner.Token.Start;
        var literal = Text(ref scanner, "a pattern in quotes: % stands for any text, _ for any character");
        if (literal?.Value is not string pattern || (pattern.Length - pattern.TrimEnd('\\').Length) % 2 == 0) return literal;
        scanner.Fail(start, "a pattern that does not end in the middle of an escape");
        return null;
    }

    private static Literal? Word(ref QueryScanner scanner, string[] words, Func<string, object> value)
    {
        var expected = "one of " + string.Join(' ', words.Select(word => $"\"{word}\""));
        if (Text(ref scanner, expected) is not { Value: string text }) return null;
        if (words.Contains(text, StringComparer.Ordinal)) return new Literal(value(text), null);
        scanner.Fail(expected);
        return null;
    }

    private static Literal? Time(ref QueryScanner scanner)
    {
        const string Expected = "a time in quotes, such as \"2026-11-22\" or \"2026-11-22T10:00:00Z\" (UTC where no offset stands)";
        if (Text(ref scanner, Expected) is not { Value: string text }) return null;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) return new Literal(time, null);
        scanner.Fail(Expected);
        return null;
    }

    private static Literal? Any(ref QueryScanner scanner)
    {
        if (scanner.Token.Kind == TokenKind.Quoted) return Text(ref scanner, Scalars);
        if (scanner.Is("true")) return new Literal(true, "true");
        if (scanner.Is("false")) return new Literal(false, "false");
        if (scanner.Token.Kind == TokenKind.Bare && scanner.TryNumber(out var number) && double.IsFinite(number)) return new Literal(number, Json(scanner.Text, number));
        scanner.Fail(Scalars);
        return null;
    }

    /// <summary>Whole numbers keep all their digits: a seed may have more than a double holds.</summary>
    private static string Json(ReadOnlySpan<char> text, double number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
            ? whole.ToString(CultureInfo.InvariantCulture)
            : number.ToString("R", CultureInfo.InvariantCulture);
}
