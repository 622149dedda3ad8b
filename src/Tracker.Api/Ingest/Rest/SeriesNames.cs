using Tracker.Core.Series;

namespace Tracker.Api.Ingest.Rest;

/// <summary>A series' name, and how it stands in the JSON.</summary>
internal sealed record SeriesName(byte[] Token, string Text);

/// <summary>
/// Names that were read lately, by their bytes, so that the batches of a run neither decode nor check nor allocate them again. A name has one place
/// and gives way to another that wants it: memory is bounded, and a miss costs what every name would cost without this. For use by any number of threads.
/// </summary>
internal static class SeriesNames
{
    private const int Places = 1 << 14;
    private const int LongestKept = 128;

    private static readonly SeriesName?[] Kept = new SeriesName?[Places];

    /// <param name="token">The name between its quotes, its escapes checked.</param>
    /// <exception cref="LogBodyException">The name is not one: empty, too long, or with control characters.</exception>
    public static SeriesName Of(ReadOnlySpan<byte> token)
    {
        ref var place = ref Kept[Hash(token) & (Places - 1)];
        if (place is { } kept && token.SequenceEqual(kept.Token)) return kept;
        var name = new SeriesName(token.ToArray(), Checked(JsonCursor.Unescape(token)));
        if (token.Length <= LongestKept) place = name;
        return name;
    }

    /// <exception cref="LogBodyException">The text is no name.</exception>
    public static string Checked(string name) => SeriesRules.FaultOfName(name) is { } fault
        ? throw new LogBodyException(422, $"A name {fault}.", $"1 to {SeriesLimits.MaxNameLength} characters, no control characters")
        : name;

    private static int Hash(ReadOnlySpan<byte> token)
    {
        var hash = default(HashCode);
        hash.AddBytes(token);
        return hash.ToHashCode();
    }
}
