namespace Tracker.Api.Runs.Query;

/// <summary>One key of an order.</summary>
public sealed record OrderKey(RunField Field, bool Descending);

/// <summary>Reads <c>orderBy</c>: <c>field ["asc" | "desc"] { "," field ["asc" | "desc"] }</c>; ascending where nothing is said.</summary>
public static class RunOrder
{
    public const int MaxKeys = 8;

    public static (IReadOnlyList<OrderKey> Keys, SyntaxProblem? Problem) Parse(ReadOnlySpan<char> text)
    {
        var scanner = new QueryScanner("orderBy", text);
        var keys = new List<OrderKey>();
        if (scanner.Problem is null && scanner.Token.Kind == TokenKind.End) return (keys, null);
        do
        {
            if (keys.Count == MaxKeys) scanner.Fail($"at most {MaxKeys} keys");
            var start = scanner.Token.Start;
            if (FieldParser.Parse(ref scanner) is not { } field) break;
            if (field.Type == FieldType.Words) scanner.Fail(start, "a field with one value: one with several has no order");
            var descending = scanner.Skip("desc");
            if (!descending) scanner.Skip("asc");
            keys.Add(new OrderKey(field, descending));
        }
        while (scanner.Skip(TokenKind.Comma));
        if (scanner.Token.Kind != TokenKind.End) scanner.Fail("asc, desc, a comma, or the end");
        return (keys, scanner.Problem);
    }
}
