using System.Text.Json;

namespace Tracker.Api.Runs.Query;

/// <summary>A key of the config may hold dots itself: <c>{"a": {"b": 1}}</c> and <c>{"a.b": 1}</c> both have a value at <c>a.b</c>.</summary>
internal static class ConfigPath
{
    private const int MaxWays = 16;

    /// <summary>The ways to cut a path into keys: nested objects first, then one dotted key, then what lies between.</summary>
    public static IReadOnlyList<string[]> Ways(IReadOnlyList<string> path)
    {
        var joined = string.Join('.', path);
        return path.Count == 1 ? [[joined]] : [.. Cuts([.. path]).Prepend([joined]).Prepend([.. path]).DistinctBy(way => string.Join('\0', way)).Take(MaxWays)];
    }

    /// <summary>The value at a path; null where there is none, or JSON's null.</summary>
    public static JsonElement? Find(JsonElement config, IReadOnlyList<string> path)
    {
        foreach (var way in Ways(path))
        {
            var at = config;
            if (Array.TrueForAll(way, key => at.ValueKind == JsonValueKind.Object && at.TryGetProperty(key, out at)) && at.ValueKind != JsonValueKind.Null) return at;
        }

        return null;
    }

    private static IEnumerable<string[]> Cuts(string[] path)
    {
        if (path.Length == 0) yield return [];
        for (var first = 1; first <= path.Length; first++)
        {
            foreach (var rest in Cuts(path[first..])) yield return [string.Join('.', path[..first]), .. rest];
        }
    }
}
