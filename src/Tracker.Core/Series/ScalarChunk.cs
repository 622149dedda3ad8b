namespace Tracker.Core.Series;

/// <summary>Points of one chunk that came with the same batch: they stand together, in canonical order.</summary>
/// <param name="Sequence">The batch's number in the run.</param>
/// <param name="Writer">The writer's number in the run.</param>
/// <param name="Count">Points, at least one.</param>
public readonly record struct BatchRun(long Sequence, int Writer, int Count);

/// <summary>
/// Up to some thousand points of one scalar series in canonical order (sequence, then step), repeated steps included.
/// </summary>
public sealed class ScalarChunk
{
    /// <summary>Points that the compactor puts into one chunk.</summary>
    public const int DefaultPoints = 4_096;

    /// <summary>Most points that any chunk may have; a decoder refuses more before it allocates.</summary>
    public const int MaxPoints = 65_536;

    /// <exception cref="ArgumentException">Columns of unequal length, none or too many points, or batches that do not add up or do not rise.</exception>
    public ScalarChunk(long[] steps, long[] times, double[] values, BatchRun[] batches)
    {
        if (steps.Length is 0 or > MaxPoints || times.Length != steps.Length || values.Length != steps.Length)
            throw new ArgumentException($"A chunk has {steps.Length} steps, {times.Length} times and {values.Length} values.", nameof(steps));
        ChunkBatches.Check(batches, steps.Length);
        (Steps, Times, Values, Batches) = (steps, times, values, batches);
    }

    public long[] Steps { get; }

    /// <summary>Unix milliseconds.</summary>
    public long[] Times { get; }

    public double[] Values { get; }

    /// <summary>Which batch and writer each point came with, run-length coded; sequences rise strictly.</summary>
    public BatchRun[] Batches { get; }

    public int Count => Steps.Length;
}

/// <summary>What a chunk says about itself before its columns.</summary>
public sealed record ChunkHeader
{
    public required int Count { get; init; }

    /// <summary>The least step.</summary>
    public required long FirstStep { get; init; }

    /// <summary>The greatest step.</summary>
    public required long LastStep { get; init; }

    public required long FirstSequence { get; init; }

    public required long LastSequence { get; init; }

    /// <summary>Least finite value (histograms: lowest edge); NaN when there is none.</summary>
    public required double Min { get; init; }

    /// <summary>Greatest finite value (histograms: highest edge); NaN when there is none.</summary>
    public required double Max { get; init; }

    /// <summary>Values that are NaN or infinite; 0 for histograms.</summary>
    public required int NonFinite { get; init; }

    /// <summary>Steps rise strictly from point to point.</summary>
    public required bool InOrder { get; init; }
}
