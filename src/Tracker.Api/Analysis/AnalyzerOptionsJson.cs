using System.Text.Json;
using System.Text.Json.Serialization;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Analysis;

/// <summary>Thresholds of detectors as JSON: <c>{"clipping": {"often": 0.4}}</c>; what is not named keeps its default.</summary>
public static class AnalyzerOptionsJson
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        PropertyNameCaseInsensitive = false,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        NumberHandling = JsonNumberHandling.Strict,
        AllowDuplicateProperties = false,
    };

    /// <summary>The options, or the field that cannot be read and why.</summary>
    public static (AnalyzerOptions? Options, string Field, string Reason) Read(JsonElement? json)
    {
        if (json is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } given) return (new AnalyzerOptions(), "", "");
        if (given.ValueKind != JsonValueKind.Object) return (null, "options", "Options are a JSON object.");
        try
        {
            return (given.Deserialize<AnalyzerOptions>(Strict)!, "", "");
        }
        catch (JsonException error)
        {
            var path = error.Path is { Length: > 2 } at ? "options." + at[2..] : "options";
            return (null, path, $"{path} is no threshold of a detector, or not of its type.");
        }
    }
}
