namespace Tracker.Core.Series;

/// <summary>Points of a series, steps rising strictly; good during the call.</summary>
public delegate void PointSink(ReadOnlySpan<long> steps, ReadOnlySpan<long> times, ReadOnlySpan<double> values);

/// <summary>
/// Brings the chunks of a series into the order of steps and keeps the last point of each step: what charts show. Chunks come in the order of
/// their least steps; only points that a later chunk may still go before or replace are held back, so memory depends on how far chunks overlap.
/// </summary>
/// <param name="withTimes">Whether times are there and wanted.</param>
/// <param name="sink">Gets each step once, in rising order.</param>
public sealed class StepMerge(bool withTimes, PointSink sink) : IDisposable
{
    /// <summary>Points still open, by step, each step once; the sequences are ranks.</summary>
    private readonly ColumnBuffer _open = new(withSequences: true, withTimes: withTimes);

    /// <param name="points">A chunk in canonical order; the caller may reuse it.</param>
    /// <param name="rank">Its place in canonical order among the chunks of the series: of a step, the point of the greatest rank stays.</param>
    /// <param name="rising">Whether its steps rise strictly.</param>
    /// <param name="next">Least step of the chunk that comes next; <see cref="long.MaxValue"/> when none does.</param>
    public void Add(ColumnBuffer points, long rank, bool rising, long next)
    {
        if (points.Count == 0) return;
        if (_open.Count == 0 && rising && points.Steps[^1] < next)
        {
            sink(points.Steps, points.Times, points.Values);
            return;
        }

        _open.Append(rank, points.Steps, points.Times, points.Values);
        Settle();
        var closed = next == long.MaxValue ? _open.Count : CountBelow(_open.Steps, next);
        if (closed == 0) return;
        sink(_open.Steps[..closed], withTimes ? _open.Times[..closed] : [], _open.Values[..closed]);
        _open.RemoveFirst(closed);
    }

    /// <summary>Gives out what is still open, when no chunk comes any more.</summary>
    public void Finish()
    {
        if (_open.Count == 0) return;
        sink(_open.Steps, _open.Times, _open.Values);
        _open.Clear();
    }

    public void Dispose() => _open.Dispose();

    private void Settle() => StepColumns.LatestPerStep(_open);

    private static int CountBelow(ReadOnlySpan<long> steps, long step)
    {
        var index = steps.BinarySearch(step);
        return index < 0 ? ~index : index;
    }
}
