using System.Buffers;

namespace Tracker.Core.Series;

/// <summary>Brings points into the order of a chart's axis.</summary>
public static class StepColumns
{
    /// <summary>
    /// Orders points by step and keeps one point of each step: of the greatest sequence (or rank, whatever the buffer keeps as such), and among
    /// these the last. Without sequences it is the last, which in canonical order is the same. That is what charts show. Steps that already
    /// rise strictly are left alone.
    /// </summary>
    public static void LatestPerStep(ColumnBuffer points)
    {
        if (IsRising(points.Steps, strictly: true)) return;
        if (!IsRising(points.Steps, strictly: false)) SortBy(points.WritableSteps, points);

        var steps = points.WritableSteps;
        var times = points.WritableTimes;
        var values = points.WritableValues;
        var sequences = points.WritableSequences;
        var kept = 0;
        for (var i = 0; i < steps.Length;)
        {
            var best = i;
            var end = i + 1;
            for (; end < steps.Length && steps[end] == steps[i]; end++)
            {
                if (sequences.IsEmpty || sequences[end] >= sequences[best]) best = end;
            }

            (steps[kept], values[kept]) = (steps[best], values[best]);
            if (points.HasTimes) times[kept] = times[best];
            if (points.HasSequences) sequences[kept] = sequences[best];
            kept++;
            i = end;
        }

        points.Truncate(kept);
    }

    /// <summary>The same points ordered by step; points of one step keep their order.</summary>
    public static ScalarColumn OrderByStep(ScalarColumn column)
    {
        var (steps, times, values) = (new long[column.Count], new long[column.Count], new double[column.Count]);
        var order = StableOrder<long>(column.Steps);
        for (var i = 0; i < order.Length; i++) (steps[i], times[i], values[i]) = (column.Steps[order[i]], column.Times[order[i]], column.Values[order[i]]);
        return new ScalarColumn(column.Name, steps, times, values) { SeriesId = column.SeriesId };
    }

    /// <summary>Whether every step lies above the one before it.</summary>
    public static bool RiseStrictly(ReadOnlySpan<long> steps) => IsRising(steps, strictly: true);

    /// <summary>The stable order of a column: position k of the result names the value that stands k-th.</summary>
    internal static int[] StableOrder<T>(ReadOnlySpan<T> keys)
        where T : struct, IComparable<T>
    {
        var order = new int[keys.Length];
        for (var i = 0; i < order.Length; i++) order[i] = i;

        // Natural merge sort: input is mostly in order, so there are few runs and few passes.
        var runs = new List<int> { 0 };
        for (var i = 1; i < order.Length; i++)
        {
            if (keys[i].CompareTo(keys[i - 1]) < 0) runs.Add(i);
        }

        runs.Add(order.Length);
        var merged = runs.Count > 2 ? new int[order.Length] : order;
        while (runs.Count > 2)
        {
            var next = new List<int>((runs.Count / 2) + 2) { 0 };
            for (var r = 0; r + 1 < runs.Count; r += 2)
            {
                var end = r + 2 < runs.Count ? runs[r + 2] : runs[r + 1];
                Merge(keys, order.AsSpan(runs[r]..runs[r + 1]), order.AsSpan(runs[r + 1]..end), merged.AsSpan(runs[r]..end));
                next.Add(end);
            }

            (order, merged, runs) = (merged, order, next);
        }

        return order;
    }

    internal static bool IsRising<T>(ReadOnlySpan<T> keys, bool strictly)
        where T : struct, IComparable<T>
    {
        var least = strictly ? 1 : 0;
        for (var i = 1; i < keys.Length; i++)
        {
            if (keys[i].CompareTo(keys[i - 1]) < least) return false;
        }

        return true;
    }

    private static void Merge<T>(ReadOnlySpan<T> keys, ReadOnlySpan<int> left, ReadOnlySpan<int> right, Span<int> into)
        where T : struct, IComparable<T>
    {
        int l = 0, r = 0;
        foreach (ref var slot in into)
        {
            var takeLeft = r == right.Length || (l < left.Length && keys[left[l]].CompareTo(keys[right[r]]) <= 0);
            slot = takeLeft ? left[l++] : right[r++];
        }
    }

    private static void SortBy(ReadOnlySpan<long> keys, ColumnBuffer points)
    {
        var order = StableOrder(keys);
        Gather(order, points.WritableSteps);
        Gather(order, points.WritableTimes);
        Gather(order, points.WritableValues);
        Gather(order, points.WritableSequences);
    }

    private static void Gather<T>(ReadOnlySpan<int> order, Span<T> column)
    {
        if (column.IsEmpty) return;
        var copy = ArrayPool<T>.Shared.Rent(column.Length);
        column.CopyTo(copy);
        for (var i = 0; i < column.Length; i++) column[i] = copy[order[i]];
        ArrayPool<T>.Shared.Return(copy);
    }
}
