using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis;

/// <summary>Where a series of a reference run went, and how far around that it varied: what a run that repeats it is compared with.</summary>
/// <param name="Steps">Steps of the points, rising; 2 to <see cref="MostPoints"/>.</param>
/// <param name="Level">The reference's own course: medians of its buckets, or its evaluations.</param>
/// <param name="Low">Lower edge of the band at each step.</param>
/// <param name="High">Upper edge of the band at each step.</param>
public sealed record ReferenceBand(IReadOnlyList<long> Steps, IReadOnlyList<double> Level, IReadOnlyList<double> Low, IReadOnlyList<double> High)
{
    public const int MostPoints = 96;

    /// <summary>Points of a bucket, at least; a series with fewer for each place of the band is taken point by point.</summary>
    private const int BucketPoints = 5;

    /// <summary>Half the width of the band, in units of the spread of single points. What is compared is a median, which varies far less.</summary>
    private const double Spreads = 3;

    /// <summary>Least half width, as a part of the height of the whole curve: a rerun with another seed is never the same to the last digit.</summary>
    private const double OfHeight = 0.03;

    /// <summary>The roles of which a reference run gives bands.</summary>
    public static bool IsOf(SeriesRole role)
    {
        ArgumentNullException.ThrowIfNull(role);
        return role is { Rank: 0, Kind: RoleKind.TrainLoss or RoleKind.ValLoss or RoleKind.TrainAccuracy or RoleKind.ValAccuracy };
    }

    /// <summary>The band of a series; null where it has fewer than two finite points whose steps rise.</summary>
    public static ReferenceBand? Of(IReadOnlyList<long> steps, IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentNullException.ThrowIfNull(values);
        var points = new List<(long Step, double Value)>(steps.Count);
        for (var i = 0; i < steps.Count; i++)
        {
            if (double.IsFinite(values[i]) && (points.Count == 0 || steps[i] > points[^1].Step)) points.Add((steps[i], values[i]));
        }
        if (points.Count < 2) return null;
        var buckets = points.Count < 2 * BucketPoints * BucketPoints ? Math.Min(points.Count, MostPoints) : Math.Min(points.Count / BucketPoints, MostPoints);
        var (at, level, spread) = (new long[buckets], new double[buckets], new double[buckets]);
        for (var b = 0; b < buckets; b++)
        {
            var from = (int)((long)b * points.Count / buckets);
            var to = (int)((long)(b + 1) * points.Count / buckets);
            var inside = points[from..to].Select(p => p.Value).ToArray();
            at[b] = points[(from + to - 1) / 2].Step;
            level[b] = Statistics.Median((double[])inside.Clone());
            spread[b] = inside.Length < BucketPoints ? 0 : Statistics.Spread(inside, level[b]);
        }
        // Where buckets are too small to have a spread, and against one that is narrow by luck: what neighbours differ by.
        var noise = Math.Min(Statistics.Noise(level), Statistics.CurveNoise(level));
        var least = OfHeight * (level.Max() - level.Min());
        var half = new double[buckets];
        for (var b = 0; b < buckets; b++) half[b] = Math.Max(Spreads * Math.Max(noise, Around(spread, b)), least);
        return new ReferenceBand(at, level, [.. level.Select((l, b) => Numbers.Round6(l - half[b]))], [.. level.Select((l, b) => Numbers.Round6(l + half[b]))]);
    }

    /// <summary>The greatest of a value and its neighbours.</summary>
    private static double Around(double[] values, int i) => Math.Max(values[i], Math.Max(values[Math.Max(0, i - 1)], values[Math.Min(values.Length - 1, i + 1)]));
}
