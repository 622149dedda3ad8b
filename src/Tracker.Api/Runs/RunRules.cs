using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;

namespace Tracker.Api.Runs;

/// <summary>What the fields of a run may hold.</summary>
public static partial class RunRules
{
    public const int MaxProjectLength = 128;
    public const int MaxNameLength = 256;
    public const int MaxNotesLength = 16_384;
    public const int MaxConfigBytes = 1 << 20;
    public const int MaxTags = 64;
    public const int MaxWordLength = 128;

    /// <summary>Runs and writers: 1–64 of <c>[A-Za-z0-9_.-]</c>, but not "." and "..", which no URL can name.</summary>
    public static bool IsId(string? text) => text is not (null or "." or "..") && Id().IsMatch(text);

    public static ProblemHttpResult? Check(CreateRunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (string.IsNullOrWhiteSpace(request.Project)) return Problems.Invalid("project", "A run belongs to a project: name it.", $"1–{MaxProjectLength} characters");
        if (request.Id is not null && !IsId(request.Id)) return Problems.Invalid("id", "An id is made of letters, digits, \"_\", \".\" and \"-\".", "1–64 of [A-Za-z0-9_.-]");
        if (request.Resume is not (null or "never" or "allow" or "must")) return Problems.Invalid("resume", "resume is \"never\", \"allow\" or \"must\".", "never, allow, must");
        return Problems.OfText("project", request.Project, MaxProjectLength) ?? Problems.OfText("name", request.Name, MaxNameLength) ?? Config(request.Config) ?? Tags(request.Tags)
            ?? Problems.OfText("group", request.Group, MaxWordLength) ?? Problems.OfText("jobType", request.JobType, MaxWordLength) ?? Problems.OfText("notes", request.Notes, MaxNotesLength)
            ?? Problems.OfText("reference", request.Reference, 64);
    }

    public static ProblemHttpResult? Check(PatchRunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Name is not null && string.IsNullOrWhiteSpace(request.Name)) return Problems.Invalid("name", "A name is not empty.", $"1–{MaxNameLength} characters");
        return Problems.OfText("name", request.Name, MaxNameLength) ?? Config(request.Config) ?? Tags(request.Tags) ?? Problems.OfText("group", request.Group, MaxWordLength)
            ?? Problems.OfText("notes", request.Notes, MaxNotesLength) ?? Problems.OfText("reference", request.Reference, 64);
    }

    private static ProblemHttpResult? Tags(IReadOnlyList<string>? tags)
    {
        if (tags is null) return null;
        if (tags.Count > MaxTags) return Problems.Invalid("tags", $"There are {tags.Count} tags.", $"{MaxTags} tags");
        for (var i = 0; i < tags.Count; i++)
        {
            if (string.IsNullOrEmpty(tags[i])) return Problems.Invalid($"tags[{i}]", "A tag is not empty.", $"1–{MaxWordLength} characters");
            if (Problems.OfText($"tags[{i}]", tags[i], MaxWordLength) is { } problem) return problem;
        }

        return null;
    }

    private static ProblemHttpResult? Config(JsonElement? config)
    {
        if (config is not { } json || json.ValueKind == JsonValueKind.Null) return null;
        if (json.ValueKind != JsonValueKind.Object) return Problems.Invalid("config", $"config is {json.ValueKind.ToString().ToLowerInvariant()}, not an object.", "a JSON object");
        var text = json.GetRawText();
        if (text.Length > MaxConfigBytes) return Problems.Invalid("config", $"config has {text.Length} characters.", $"{MaxConfigBytes} bytes");
        return ConfigValue(json, "config");
    }

    /// <summary>Texts must be Unicode without U+0000, numbers within double: what the database and every client can hold.</summary>
    private static ProblemHttpResult? ConfigValue(JsonElement json, string path)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var entry in json.EnumerateObject())
                {
                    if (!IsText(() => entry.Name)) return Problems.Invalid(path, "A name holds U+0000 or half a surrogate pair.", "Unicode without U+0000");
                    if (ConfigValue(entry.Value, $"{path}.{entry.Name}") is { } problem) return problem;
                }

                return null;
            case JsonValueKind.Array:
                var i = 0;
                foreach (var item in json.EnumerateArray())
                {
                    if (ConfigValue(item, $"{path}[{i++}]") is { } problem) return problem;
                }

                return null;
            case JsonValueKind.String:
                return IsText(() => json.GetString()!) ? null : Problems.Invalid(path, "The text holds U+0000 or half a surrogate pair.", "Unicode without U+0000");
            case JsonValueKind.Number:
                return double.IsFinite(json.GetDouble()) ? null : Problems.Invalid(path, $"The number {json.GetRawText()} is outside double.", "±1.7976931348623157e308");
            default:
                return null;
        }
    }

    private static bool IsText(Func<string> text)
    {
        try
        {
            return !text().Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
