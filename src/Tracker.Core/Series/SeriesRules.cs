namespace Tracker.Core.Series;

/// <summary>What every protocol holds names, writers, kinds and points to.</summary>
public static class SeriesRules
{
    /// <summary>Kinds of events that users may log.</summary>
    public static IReadOnlyList<string> UserEventKinds { get; } = ["probe", "alert", "console", "batch", "env", "note", "resume"];

    /// <summary>First Unix millisecond of the year 1.</summary>
    public const long MinTime = -62_135_596_800_000;

    /// <summary>Last Unix millisecond of the year 9999.</summary>
    public const long MaxTime = 253_402_300_799_999;

    /// <summary>Writers, and runs, are 1 to 64 of <c>[A-Za-z0-9_.-]</c>.</summary>
    public static bool IsId(ReadOnlySpan<char> id)
    {
        if (id.Length is 0 or > 64) return false;
        foreach (var c in id)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-')) return false;
        }

        return true;
    }

    /// <summary>Why a name of a series cannot be, or null: it has 1 to <see cref="SeriesLimits.MaxNameLength"/> characters, none of them a control character.</summary>
    public static string? FaultOfName(ReadOnlySpan<char> name)
    {
        if (name.IsEmpty) return "is empty";
        if (name.Length > SeriesLimits.MaxNameLength) return $"has {name.Length} characters";
        foreach (var c in name)
        {
            if (c < ' ') return $"contains the control character U+{(int)c:X4}";
        }

        return null;
    }

    public static bool IsStep(long step) => step is >= -SeriesLimits.MaxStep and <= SeriesLimits.MaxStep;

    public static bool IsTime(long time) => time is >= MinTime and <= MaxTime;

    /// <summary>Why a histogram cannot be kept, or null.</summary>
    public static string? FaultOfHistogram(ReadOnlySpan<double> edges, ReadOnlySpan<double> counts)
    {
        if (counts.IsEmpty) return "a histogram needs at least one bin";
        if (counts.Length > SeriesLimits.MaxBins) return $"{counts.Length} bins; at most {SeriesLimits.MaxBins} are kept";
        if (edges.Length != counts.Length + 1) return $"{edges.Length} edges for {counts.Length} counts; there is one edge more than counts";
        for (var i = 0; i < edges.Length; i++)
        {
            if (!double.IsFinite(edges[i])) return $"edge {i} is not finite";
            if (i > 0 && edges[i] <= edges[i - 1]) return $"edges do not rise at {i}";
        }

        var total = 0.0;
        for (var i = 0; i < counts.Length; i++)
        {
            if (!double.IsFinite(counts[i]) || counts[i] < 0) return $"count {i} is not a finite number of at least 0";
            total += counts[i];
        }

        return double.IsFinite(total) ? null : "counts add up to more than a double holds";
    }
}
