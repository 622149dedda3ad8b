using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tracker.Client;

/// <summary>Turns a settings class of your own into <see cref="TrackerRunOptions.Config"/>, with the names that its JSON has.</summary>
public static class TrackerConfig
{
    /// <summary>Safe for trimming and native AOT: the source generator of System.Text.Json wrote the metadata.</summary>
    /// <param name="settings">Has to become a JSON object.</param>
    /// <param name="type">Such as <c>SettingsJson.Default.Settings</c>.</param>
    /// <exception cref="ArgumentException">It becomes something else than an object.</exception>
    public static IReadOnlyDictionary<string, object?> Of<T>(T settings, JsonTypeInfo<T> type) => Of(JsonSerializer.SerializeToElement(settings, type));

    /// <summary>By reflection: for programs that are not trimmed.</summary>
    /// <param name="settings">Has to become a JSON object.</param>
    /// <exception cref="ArgumentException">It becomes something else than an object.</exception>
    [RequiresUnreferencedCode("Finds the properties by reflection; give the JsonTypeInfo of a trimmed program.")]
    [RequiresDynamicCode("Finds the properties by reflection; give the JsonTypeInfo of a program compiled ahead of time.")]
    public static IReadOnlyDictionary<string, object?> Of<T>(T settings) => Of(JsonSerializer.SerializeToElement(settings));

    private static Dictionary<string, object?> Of(JsonElement json) => json.ValueKind == JsonValueKind.Object
        ? json.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value)
        : throw new ArgumentException($"A config is an object; this is {json.ValueKind}.", nameof(json));
}
