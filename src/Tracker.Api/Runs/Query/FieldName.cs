namespace Tracker.Api.Runs.Query;

/// <summary>Writes names of fields as filters read them: in quotes where they need it.</summary>
internal static class FieldName
{
    public static string OfMetric(string series) =>
        series.Split('.') is var parts && Array.TrueForAll(parts, IsBare) && (parts.Length == 1 || MetricForm.Find(parts[^1]) is null) ? "metrics." + series : "metrics." + Quote(series);

    /// <param name="path">Keys with dots between them.</param>
    public static string OfConfig(string path) => "config." + string.Join('.', path.Split('.').Select(part => IsBare(part) ? part : Quote(part)));

    private static bool IsBare(string part) => part.Length > 0 && !part.Any(c => char.IsWhiteSpace(c) || "()<>=!,\"'`\\".Contains(c, StringComparison.Ordinal));

    private static string Quote(string text) => '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + '"';
}
