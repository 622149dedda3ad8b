using System.Buffers;

namespace Tracker.Core.Series;

/// <summary>
/// Growing columns in pooled arrays, for reads: chunks and journal records append to it without an allocation per chunk.
/// Dispose gives the arrays back; spans taken before an append or Dispose are stale after it. Not for use by several threads at once.
/// </summary>
public sealed class ColumnBuffer : IDisposable
{
    private long[] _steps;
    private long[] _times;
    private double[] _values;
    private long[] _sequences;

    /// <param name="capacity">Points to make room for at once.</param>
    /// <param name="withSequences">Whether the sequence of each point is kept as well.</param>
    /// <param name="withTimes">Whether the time of each point is kept: what is not kept is not decoded either.</param>
    public ColumnBuffer(int capacity = 4096, bool withSequences = false, bool withTimes = true)
    {
        (HasSequences, HasTimes) = (withSequences, withTimes);
        _steps = ArrayPool<long>.Shared.Rent(capacity);
        _times = withTimes ? ArrayPool<long>.Shared.Rent(capacity) : [];
        _values = ArrayPool<double>.Shared.Rent(capacity);
        _sequences = withSequences ? ArrayPool<long>.Shared.Rent(capacity) : [];
    }

    public int Count { get; private set; }

    public bool HasSequences { get; }

    public bool HasTimes { get; }

    public ReadOnlySpan<long> Steps => _steps.AsSpan(0, Count);

    /// <summary>Unix milliseconds; empty when the buffer was made without times.</summary>
    public ReadOnlySpan<long> Times => _times.AsSpan(0, HasTimes ? Count : 0);

    public ReadOnlySpan<double> Values => _values.AsSpan(0, Count);

    /// <summary>Empty unless the buffer was made with sequences.</summary>
    public ReadOnlySpan<long> Sequences => _sequences.AsSpan(0, HasSequences ? Count : 0);

    internal Span<long> WritableSteps => _steps.AsSpan(0, Count);

    internal Span<long> WritableTimes => _times.AsSpan(0, HasTimes ? Count : 0);

    internal Span<double> WritableValues => _values.AsSpan(0, Count);

    internal Span<long> WritableSequences => _sequences.AsSpan(0, HasSequences ? Count : 0);

    public void Append(long sequence, ScalarColumn column) => Append(sequence, column.Steps, column.Times, column.Values);

    public void Append(long sequence, ReadOnlySpan<long> steps, ReadOnlySpan<long> times, ReadOnlySpan<double> values)
    {
        var start = Count;
        Extend(steps.Length);
        steps.CopyTo(WritableSteps[start..]);
        if (HasTimes) times.CopyTo(WritableTimes[start..]);
        values.CopyTo(WritableValues[start..]);
        if (HasSequences) WritableSequences[start..].Fill(sequence);
    }

    /// <summary>Empties the buffer and keeps its arrays.</summary>
    public void Clear() => Count = 0;

    public void Dispose()
    {
        Count = 0;
        Replace(ref _steps, []);
        Replace(ref _times, []);
        Replace(ref _values, []);
        Replace(ref _sequences, []);
    }

    /// <summary>Adds <paramref name="count"/> points whose columns the caller fills before anyone reads them.</summary>
    internal void Extend(int count)
    {
        var needed = checked(Count + count);
        if (needed > _steps.Length)
        {
            var capacity = (int)Math.Min(Math.Max(needed, _steps.Length * 2L), Array.MaxLength);
            Grow(ref _steps, capacity);
            if (HasTimes) Grow(ref _times, capacity);
            Grow(ref _values, capacity);
            if (HasSequences) Grow(ref _sequences, capacity);
        }

        Count = needed;
    }

    internal void Truncate(int count) => Count = count;

    internal void RemoveFirst(int count)
    {
        Steps[count..].CopyTo(_steps);
        if (HasTimes) Times[count..].CopyTo(_times);
        Values[count..].CopyTo(_values);
        if (HasSequences) Sequences[count..].CopyTo(_sequences);
        Count -= count;
    }

    private void Grow<T>(ref T[] column, int capacity)
    {
        var larger = ArrayPool<T>.Shared.Rent(capacity);
        column.AsSpan(0, Count).CopyTo(larger);
        Replace(ref column, larger);
    }

    private static void Replace<T>(ref T[] column, T[] with)
    {
        var old = column;
        column = with;
        if (old.Length > 0) ArrayPool<T>.Shared.Return(old);
    }
}
