using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>
/// Thresholds of detectors as JSON: <c>{"clipping": {"often": 0.4}}</c>; what is not named keeps its default. A count is 1 to ten times its default
/// (to 100 where that is more), any other number 0 to a thousand times its default (to 1 where that is more).
/// </summary>
public static class AnalyzerOptionsJson
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
        AllowDuplicateProperties = false,
    };

    /// <summary>The options, or the field that cannot be read and why.</summary>
    public static (AnalyzerOptions? Options, string Field, string Reason) Read(JsonElement? json)
    {
        if (json is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given) return (new AnalyzerOptions(), "", "");
        if (given.ValueKind != JsonValueKind.Object) return (null, "options", "Options are a JSON object.");
        try
        {
            var options = given.Deserialize<AnalyzerOptions>(Strict)!;
            return OutOfRange(options) is var (field, limit) ? (null, field, $"{field} must be {limit}.") : (options, "", "");
        }
        catch (JsonException error)
        {
            var path = error.Path is { Length: > 2 } at ? "options." + at[2..] : "options";
            return (null, path, $"{path} is no threshold of a detector, or not of its type.");
        }
    }

    /// <summary>The options in the data of an event, or null where they cannot be read.</summary>
    public static AnalyzerOptions? Parse(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            return Read(json.RootElement).Options;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>All thresholds, defaults included, as JSON.</summary>
    public static JsonElement Complete(AnalyzerOptions options) => JsonSerializer.SerializeToElement(options, Strict);

    /// <summary>A project's thresholds with those of a run over them; null where neither has any.</summary>
    public static string? Merge(string? project, string? run)
    {
        if (project is null || run is null) return run ?? project;
        var merged = JsonNode.Parse(project)!.AsObject();
        foreach (var (detector, thresholds) in JsonNode.Parse(run)!.AsObject())
        {
            if (merged[detector] is not JsonObject known || thresholds is not JsonObject own) merged[detector] = thresholds?.DeepClone();
            else
            {
                foreach (var (name, value) in own) known[name] = value?.DeepClone();
            }
        }

        return merged.ToJsonString();
    }

    /// <summary>Whether a property of this type is a threshold that can be set.</summary>
    internal static bool IsNumber(Type type) => type == typeof(int) || type == typeof(long) || type == typeof(double);

    /// <summary>What a threshold of this default can be set to.</summary>
    internal static (double Least, double Most) LimitsOf(double standard, bool whole) =>
        whole ? (Math.Min(1, standard), Math.Max(100, 10 * standard)) : (Math.Min(0, standard), Math.Max(1, 1000 * standard));

    private static (string Field, string Limit)? OutOfRange(AnalyzerOptions options)
    {
        var defaults = new AnalyzerOptions();
        foreach (var detector in typeof(AnalyzerOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (detector.GetValue(options) is not { } given || detector.GetValue(defaults) is not { } usual) continue;
            foreach (var threshold in detector.PropertyType.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                if (!IsNumber(threshold.PropertyType)) continue;
                var (value, standard) = (Convert.ToDouble(threshold.GetValue(given), CultureInfo.InvariantCulture), Convert.ToDouble(threshold.GetValue(usual), CultureInfo.InvariantCulture));
                var (least, most) = LimitsOf(standard, threshold.PropertyType != typeof(double));
                if (value == standard || (value >= least && value <= most)) continue;
                return ($"options.{JsonNamingPolicy.CamelCase.ConvertName(detector.Name)}.{JsonNamingPolicy.CamelCase.ConvertName(threshold.Name)}",
                    string.Create(CultureInfo.InvariantCulture, $"{least} to {most}, its default is {standard}"));
            }
        }

        return null;
    }
}
