using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>A chunk of a series, or its tail, in the order in which a chart takes them.</summary>
/// <param name="Chunk">The chunk; null for the tail.</param>
/// <param name="FirstStep">The least step.</param>
/// <param name="LastStep">The greatest step.</param>
/// <param name="Times">Least and greatest time; null when not known.</param>
/// <param name="StepsRise">Whether steps are known to rise strictly from point to point.</param>
internal sealed record ChartPart(StoredChunk? Chunk, long FirstStep, long LastStep, (long First, long Last)? Times, bool StepsRise)
{
    /// <summary>Place in canonical order: the tail comes after every chunk.</summary>
    public long Rank => Chunk?.Number ?? long.MaxValue;

    /// <summary>No other part has a step between the first and the last of this one: what it holds is neither replaced nor replaces.</summary>
    public bool IsAlone { get; private set; } = true;

    /// <summary>Least step of the next part that is taken; <see cref="long.MaxValue"/> when there is none.</summary>
    public long Next { get; set; } = long.MaxValue;

    /// <summary>Whether the part's range on the axis is known before it is read, and is that of points which are shown.</summary>
    public bool IsCertainOn(string axis) => axis == "step" || (IsAlone && StepsRise && Times is not null);

    /// <summary>Least and greatest x of a part that is certain.</summary>
    public (double Low, double High) RangeOn(string axis, long start) => axis switch
    {
        "step" => (FirstStep, LastStep),
        "time" => (Times!.Value.First, Times.Value.Last),
        _ => (Relative(Times!.Value.First, start), Relative(Times.Value.Last, start)),
    };

    /// <summary>x of a point of a summary.</summary>
    public static double PlaceOf(in SummaryPoint point, string axis, long start) => axis switch
    {
        "step" => point.Step,
        "time" => point.Time,
        _ => Relative(point.Time, start),
    };

    /// <summary>Seconds since the run's first point.</summary>
    public static double Relative(long time, long start) => (time - start) / 1000.0;

    /// <summary>The parts of a series by their least steps.</summary>
    public static List<ChartPart> Of(SeriesSnapshot snapshot, int seriesId)
    {
        var parts = snapshot.ChunksOf(seriesId).Select(chunk => new ChartPart(chunk, chunk.FirstStep, chunk.LastStep,
            chunk is { FirstTime: { } first, LastTime: { } last } ? (first, last) : null, chunk.Summary is { StepsRise: true })).ToList();
        if (snapshot.TailOf(seriesId) is { Count: > 0 } tail) parts.Add(OfTail(tail));
        parts.Sort((a, b) => a.FirstStep != b.FirstStep ? a.FirstStep.CompareTo(b.FirstStep) : a.Rank.CompareTo(b.Rank));
        for (var (i, greatest) = (0, -1); i < parts.Count; i++)
        {
            if (greatest >= 0 && parts[i].FirstStep <= parts[greatest].LastStep) parts[i].IsAlone = parts[greatest].IsAlone = false;
            if (greatest < 0 || parts[i].LastStep > parts[greatest].LastStep) greatest = i;
        }

        return parts;
    }

    private static ChartPart OfTail(ColumnBuffer tail)
    {
        var (first, last) = Range(tail.Steps);
        return new ChartPart(null, first, last, tail.HasTimes ? Range(tail.Times) : null, StepColumns.RiseStrictly(tail.Steps));
    }

    private static (long First, long Last) Range(ReadOnlySpan<long> values)
    {
        var (first, last) = (values[0], values[0]);
        foreach (var value in values) (first, last) = (Math.Min(first, value), Math.Max(last, value));
        return (first, last);
    }
}
