namespace Tracker.Core.Series;

/// <summary>Which points a chart over all steps would keep: what thinning a series to chart resolution leaves of it.</summary>
public static class KeptPoints
{
    /// <summary>Positions of the first, last, least and greatest finite point of each pixel column.</summary>
    /// <param name="steps">In any order; points of one step stand in theirs.</param>
    /// <param name="values">As many; any double.</param>
    /// <param name="columns">At least 1.</param>
    public static SortedSet<int> Of(ReadOnlySpan<long> steps, ReadOnlySpan<double> values, int columns)
    {
        var kept = new SortedSet<int>();
        if (steps.IsEmpty) return kept;
        var (low, high) = (steps[0], steps[0]);
        foreach (var step in steps) (low, high) = (Math.Min(low, step), Math.Max(high, step));
        var grid = ChartGrid.Over(low, high, columns);
        var found = new Dictionary<long, (int First, int Least, int Greatest, int Last)>();
        for (var i = 0; i < steps.Length; i++)
        {
            if (!double.IsFinite(values[i])) continue;
            var column = grid.ColumnOf(steps[i]);
            if (!found.TryGetValue(column, out var four)) four = (i, i, i, i);
            if (steps[i] < steps[four.First]) four.First = i;
            if (steps[i] >= steps[four.Last]) four.Last = i;
            if (values[i] < values[four.Least]) four.Least = i;
            if (values[i] > values[four.Greatest]) four.Greatest = i;
            found[column] = four;
        }

        foreach (var (first, least, greatest, last) in found.Values) kept.UnionWith([first, least, greatest, last]);
        return kept;
    }
}
