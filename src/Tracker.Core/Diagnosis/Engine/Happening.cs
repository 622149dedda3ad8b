using System.Text.Json;
using Tracker.Core.Series;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// An event of the run as detectors get it: its data are parsed once, when the first detector asks. A field that is missing or of another
/// type reads as null, so that a client of another version never breaks the analyzer.
/// </summary>
internal sealed class Happening(RunEvent happening, long step)
{
    private JsonElement _data;
    private bool _parsed;

    public string Kind => happening.Kind;

    /// <summary>Name of the probe, of the alert, …; often empty.</summary>
    public string Name => happening.Name;

    /// <summary>The event's own step, else the last one folded.</summary>
    public long Step { get; } = step;

    /// <summary>Unix milliseconds.</summary>
    public long Time => happening.Time;

    public string Level => happening.Level ?? "";

    /// <summary>A finite or non-finite number: JSON numbers, and the strings "NaN", "Infinity", "-Infinity".</summary>
    public double? Number(string field) => Read(field) is { } value ? NumberOf(value) : null;

    public long? Whole(string field) => Number(field) is { } value && Math.Abs(value) < 9e15 && value == Math.Floor(value) ? (long)value : null;

    public bool? Flag(string field) => Read(field) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => null,
    };

    /// <summary>A text, cut at 200 characters: it is shown to people.</summary>
    public string? Text(string field) => Read(field) is { } value ? TextOf(value) : null;

    /// <summary>The texts of an array, or of its objects' <paramref name="key"/>; numbers as text. At most 1,000.</summary>
    public List<string> Texts(string field, string key = "name")
    {
        var texts = new List<string>();
        if (Read(field) is not { ValueKind: JsonValueKind.Array } array) return texts;
        foreach (var item in array.EnumerateArray())
        {
            var value = item.ValueKind == JsonValueKind.Object && item.TryGetProperty(key, out var named) ? named : item;
            if (texts.Count < 1000 && TextOf(value) is { } text) texts.Add(text);
        }
        return texts;
    }

    /// <summary>The numbers of an array; what is no number reads as NaN. At most 100,000.</summary>
    public double[] Numbers(string field) =>
        Read(field) is { ValueKind: JsonValueKind.Array } array ? [.. array.EnumerateArray().Take(100_000).Select(item => NumberOf(item) ?? double.NaN)] : [];

    private JsonElement? Read(string field)
    {
        if (!_parsed) Parse();
        return _data.ValueKind == JsonValueKind.Object && _data.TryGetProperty(field, out var value) ? value : null;
    }

    private void Parse()
    {
        _parsed = true;
        if (string.IsNullOrEmpty(happening.Data)) return;
        try
        {
            using var document = JsonDocument.Parse(happening.Data);
            _data = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Data that cannot be read say nothing.
        }
    }

    private static double? NumberOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number when value.TryGetDouble(out var number) => number,
        JsonValueKind.String => value.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => null,
        },
        _ => null,
    };

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString() is { Length: > 200 } much ? much[..200] : value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };
}
