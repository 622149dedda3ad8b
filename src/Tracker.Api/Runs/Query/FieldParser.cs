namespace Tracker.Api.Runs.Query;

/// <summary>Reads the name of a field: <c>metrics.val/loss.min</c>, <c>metrics."top 1"</c>, <c>config.optimizer.name</c>, <c>state</c>.</summary>
internal static class FieldParser
{
    private const int MaxPath = 16;
    private static readonly string Known = $"metrics.<series>, config.<key> or one of {string.Join(' ', AttributeField.All.Keys)}";

    /// <summary>Reads the field and goes on behind it; null with the scanner's problem set when it is none.</summary>
    public static RunField? Parse(ref QueryScanner scanner)
    {
        if (scanner.Token.Kind != TokenKind.Bare)
        {
            scanner.Fail(Known);
            return null;
        }

        var field = Of(ref scanner, scanner.Segments());
        if (field is not null) scanner.Next();
        return field;
    }

    private static RunField? Of(ref QueryScanner scanner, List<(string Text, bool Quoted)> segments)
    {
        if (segments[0].Text is "metrics" or "config" && segments.Count > 1)
        {
            var start = scanner.Token.Start + segments[0].Text.Length + 1;
            if (segments.Skip(1).Any(segment => segment.Text.Length == 0 && !segment.Quoted)) scanner.Fail(start, "a name between the dots; put a name with odd characters in quotes");
            else if (segments.Count > MaxPath + 1) scanner.Fail(start, $"at most {MaxPath} parts");
            else return segments[0].Text == "metrics" ? Metric(segments) : new ConfigField([.. segments.Skip(1).Select(segment => segment.Text)]);
            return null;
        }

        if (AttributeField.All.TryGetValue(scanner.Text.ToString(), out var attribute)) return attribute;
        scanner.Fail(segments[0].Text switch
        {
            "metrics" => "metrics.<series>",
            "config" => "config.<key>",
            _ => Known,
        });
        return null;
    }

    private static MetricField Metric(List<(string Text, bool Quoted)> segments)
    {
        // A series whose name ends like a form is written in quotes.
        var form = segments.Count > 2 && !segments[^1].Quoted ? MetricForm.Find(segments[^1].Text) : null;
        return new MetricField(string.Join('.', segments.Skip(1).SkipLast(form is null ? 0 : 1).Select(segment => segment.Text)), form);
    }
}
