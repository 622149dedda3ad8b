using Tracker.Core.Series;

namespace Tracker.Microbench;

/// <summary>Points like those of a training: float32 values with noise, regular steps, times that jitter.</summary>
internal static class Points
{
    public static ScalarColumn Column(int count, int seriesId = 0)
    {
        var random = new Random(1);
        return new ScalarColumn("train/loss",
            [.. Enumerable.Range(0, count).Select(i => (long)i)],
            [.. Enumerable.Range(0, count).Select(i => 1_760_000_000_000 + (i * 100L) + random.Next(11))],
            [.. Enumerable.Range(0, count).Select(i => (double)((2.3f / (1 + (i / 2_000f))) + (0.05f * random.NextSingle())))])
        { SeriesId = seriesId };
    }

    public static ScalarChunk Chunk()
    {
        var column = Column(ScalarChunk.DefaultPoints);
        return new ScalarChunk(column.Steps, column.Times, column.Values, [.. Enumerable.Range(0, ScalarChunk.DefaultPoints / 16).Select(i => new BatchRun(i + 1, 0, 16))]);
    }

    /// <summary>A hundred series of ten steps: what a client sends at once.</summary>
    public static LogBatch Batch() => new() { Scalars = [.. Enumerable.Range(0, 100).Select(i => Column(10, i))] };
}
