namespace Tracker.Api.Runs.Query;

/// <summary>
/// Reads a filter by recursive descent:
/// <code>
/// filter     = and { "or" and }
/// and        = not { "and" not }
/// not        = "not" not | "(" filter ")" | comparison
/// comparison = field ( ("=" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=") value | ["not"] ("like" | "ilike") text | ["not"] "in" "(" value { "," value } ")"
///            | "is" ["not"] "null" | "has" value )
/// </code>
/// Keywords in small or capital letters. Depth, comparisons and list lengths are limited.
/// </summary>
public ref struct FilterParser
{
    public const int MaxDepth = 32;
    public const int MaxComparisons = 64;
    public const int MaxValues = 256;

    private QueryScanner scanner;
    private int depth;
    private int comparisons;

    private FilterParser(QueryScanner scanner) => this.scanner = scanner;

    /// <summary>The filter, or the problem; both null for a text of nothing but spaces.</summary>
    public static (Filter? Filter, SyntaxProblem? Problem) Parse(ReadOnlySpan<char> text)
    {
        var parser = new FilterParser(new QueryScanner("filter", text));
        if (parser.scanner.Problem is null && parser.scanner.Token.Kind == TokenKind.End) return (null, null);
        var filter = parser.Any();
        if (parser.scanner.Token.Kind != TokenKind.End) parser.scanner.Fail("and, or, or the end");
        return parser.scanner.Problem is { } problem ? (null, problem) : (filter, null);
    }

    private Filter? Any()
    {
        var parts = new List<Filter>();
        do
        {
            if (All() is not { } part) return null;
            parts.Add(part);
        }
        while (scanner.Skip("or"));
        return parts.Count == 1 ? parts[0] : new AnyOf(parts);
    }

    private Filter? All()
    {
        var parts = new List<Filter>();
        do
        {
            if (Not() is not { } part) return null;
            parts.Add(part);
        }
        while (scanner.Skip("and"));
        return parts.Count == 1 ? parts[0] : new AllOf(parts);
    }

    private Filter? Not()
    {
        if (++depth > MaxDepth)
        {
            scanner.Fail($"at most {MaxDepth} levels of not and parentheses");
            return null;
        }

        Filter? part;
        if (scanner.Skip("not"))
        {
            part = Not() is { } negated ? new Negated(negated) : null;
        }
        else if (scanner.Skip(TokenKind.Open))
        {
            part = Any();
            if (part is not null && !scanner.Skip(TokenKind.Close))
            {
                scanner.Fail("and, or, or a closing parenthesis");
                part = null;
            }
        }
        else
        {
            part = Comparison();
        }

        depth--;
        return part;
    }

    private Filter? Comparison()
    {
        if (++comparisons > MaxComparisons) scanner.Fail($"at most {MaxComparisons} comparisons");
        if (FieldParser.Parse(ref scanner) is not { } field) return null;
        if (scanner.Is("is")) return IsNull(field);
        var at = scanner.Token.Start;
        var negated = scanner.Skip("not");
        if (Operator(negated) is not { } found) return null;
        if (LiteralParser.Misfit(field.Type, found) is { } expected)
        {
            scanner.Fail(at, expected);
            return null;
        }

        scanner.Next();
        if ((found == FilterOperator.In ? Values(field) : Value(field, found)) is not { } values) return null;
        Filter comparison = new Comparison(field, found, values);
        return negated ? new Negated(comparison) : comparison;
    }

    private Filter? IsNull(RunField field)
    {
        scanner.Next();
        var negated = scanner.Skip("not");
        if (!scanner.Skip("null"))
        {
            scanner.Fail(negated ? "null" : "null or not null");
            return null;
        }

        Filter test = new Comparison(field, FilterOperator.IsNull, []);
        return negated ? new Negated(test) : test;
    }

    /// <summary>The operator that the token is; the scanner stays at it.</summary>
    private FilterOperator? Operator(bool negated)
    {
        if (scanner.Is("like")) return FilterOperator.Like;
        if (scanner.Is("ilike")) return FilterOperator.ILike;
        if (scanner.Is("in")) return FilterOperator.In;
        if (scanner.Is("has")) return FilterOperator.Has;
        FilterOperator? found = negated || scanner.Token.Kind != TokenKind.Operator ? null : scanner.Text switch
        {
            "=" or "==" => FilterOperator.Equal,
            "!=" or "<>" => FilterOperator.NotEqual,
            "<" => FilterOperator.Less,
            "<=" => FilterOperator.LessOrEqual,
            ">" => FilterOperator.Greater,
            ">=" => FilterOperator.GreaterOrEqual,
            _ => null,
        };
        if (found is null) scanner.Fail(negated ? "like, ilike, in or has" : "one of = != < <= > >= like in has is");
        return found;
    }

    private List<Literal>? Value(RunField field, FilterOperator found) =>
        LiteralParser.Parse(ref scanner, field.Type, found) is { } literal ? [literal] : null;

    private List<Literal>? Values(RunField field)
    {
        if (!scanner.Skip(TokenKind.Open))
        {
            scanner.Fail("an opening parenthesis");
            return null;
        }

        var values = new List<Literal>();
        do
        {
            if (values.Count == MaxValues) scanner.Fail($"at most {MaxValues} values");
            if (LiteralParser.Parse(ref scanner, field.Type, FilterOperator.In) is not { } literal) return null;
            values.Add(literal);
        }
        while (scanner.Skip(TokenKind.Comma));
        if (scanner.Skip(TokenKind.Close)) return values;
        scanner.Fail("a comma or a closing parenthesis");
        return null;
    }
}
