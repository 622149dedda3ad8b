using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Tracker.Api.Runs.Query;

/// <summary>
/// The place behind the last run of a page: the values that it was ordered by, and its key, which no two runs share. So the next page begins right
/// behind it, however many runs have equal values and whatever was added meanwhile.
/// </summary>
/// <param name="Order">Stands for the <c>orderBy</c> that the page was read with.</param>
/// <param name="Now">The time of the first page: running runs keep the duration that they had then.</param>
/// <param name="Values">The values as PostgreSQL writes them; null for a missing one.</param>
/// <param name="RunKey">The run.</param>
public sealed record RunCursor(string Order, DateTimeOffset Now, IReadOnlyList<string?> Values, long RunKey)
{
    public static string OrderOf(string? orderBy) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes((orderBy ?? "").Trim()))[..4]);

    public string Encode() => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(this));

    public static RunCursor? Decode(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<RunCursor>(Base64Url.DecodeFromChars(text)) is { Order: not null, Values: not null } cursor ? cursor : null;
        }
        catch (Exception error) when (error is FormatException or JsonException)
        {
            return null;
        }
    }
}
