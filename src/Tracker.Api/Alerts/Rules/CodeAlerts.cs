using System.Text.Json;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Alerts;

/// <summary>A line of user code that wants to be heard.</summary>
internal sealed record CodeAlert(string Title, string Text, Severity Severity, long Step, int Number);

/// <summary>
/// Takes up events of kind <c>alert</c>: <c>level</c> is the severity, <c>data.text</c> the text, <c>data.wait</c> the least number of seconds between two messages of one
/// name, 60 unless said otherwise, by the events' own times, so that it does not matter when they are read.
/// </summary>
internal sealed class CodeAlerts
{
    private const double DefaultWait = 60;
    private const int MostNames = 1_000;

    private readonly Dictionary<string, long> toldAt = new(StringComparer.Ordinal);

    public IEnumerable<CodeAlert> Take(LogBatch batch)
    {
        var number = 0;
        foreach (var happened in batch.Events)
        {
            number++;
            if (happened.Kind != "alert") continue;
            var (text, wait) = Read(happened.Data);
            var title = happened.Name.Length > 0 ? happened.Name : "alert";
            if (toldAt.TryGetValue(title, out var last) && happened.Time - last < wait * 1000) continue;
            if (toldAt.Count >= MostNames) toldAt.Clear();
            toldAt[title] = happened.Time;
            yield return new CodeAlert(title, text, SeverityOf(happened.Level), happened.Step ?? 0, number);
        }
    }

    private static Severity SeverityOf(string? level) => level?.ToLowerInvariant() switch
    {
        "info" or "debug" => Severity.Info,
        "error" or "high" => Severity.High,
        "critical" or "crit" or "fatal" => Severity.Crit,
        _ => Severity.Warn,
    };

    private static (string Text, double Wait) Read(string? data)
    {
        if (data is null) return ("", DefaultWait);
        try
        {
            using var json = JsonDocument.Parse(data);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return ("", DefaultWait);
            var text = root.TryGetProperty("text", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString()! : "";
            var wait = root.TryGetProperty("wait", out var seconds) && seconds.ValueKind == JsonValueKind.Number ? seconds.GetDouble() : DefaultWait;
            return (text.Length <= 3_000 ? text : text[..3_000], Math.Clamp(wait, 0, 86_400));
        }
        catch (JsonException)
        {
            return ("", DefaultWait);
        }
    }
}
