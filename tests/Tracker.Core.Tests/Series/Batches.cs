using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;

namespace Tracker.Core.Tests.Series;

/// <summary>Random batches and columns with the values that break codecs, and equality bit for bit.</summary>
internal static class Batches
{
    private static readonly double[] Corners =
    [
        0, -0.0, 1, 0.1, -0.1f, 1e-320, double.Epsilon, double.MaxValue, double.MinValue, float.MaxValue, float.Epsilon,
        double.PositiveInfinity, double.NegativeInfinity, double.NaN,
        BitConverter.Int64BitsToDouble(0x7ff8_0000_0000_0001), BitConverter.Int64BitsToDouble(0x7ff0_0000_0000_0001),
        BitConverter.Int64BitsToDouble(unchecked((long)0xfff8_0000_2000_0000)), BitConverter.Int64BitsToDouble(unchecked((long)0xffff_ffff_ffff_ffff)),
    ];

    private static readonly long[] CornerSteps = [0, 1, -1, SeriesLimits.MaxStep, -SeriesLimits.MaxStep, int.MaxValue, long.MinValue, long.MaxValue];

    /// <summary>Any bits at all, numbers that fit float32, and the corners.</summary>
    public static Gen<double> Value => Gen.OneOf(
        Gen.Elements(Corners),
        Integer.Select(BitConverter.Int64BitsToDouble),
        Gen.Choose(-1_000_000, 1_000_000).Select(i => (double)(i / 1024f)),
        Gen.Choose(0, 10).Select(i => (double)i));

    public static Gen<long> Integer => Gen.Choose(int.MinValue, int.MaxValue).Two().Select(pair => ((long)pair.Item1 << 32) ^ (uint)pair.Item2);

    /// <summary>Regular, jittering, jumping and wild columns of integers.</summary>
    public static Gen<long[]> Integers(int length) => Gen.OneOf(
        Gen.Choose(-1000, 1000).Two().Select(p => Enumerable.Range(0, length).Select(i => p.Item1 + ((long)i * p.Item2)).ToArray()),
        Gen.Choose(95, 105).ArrayOf(length).Select(d => Cumulate(1_760_000_000_000, d)),
        Gen.Elements(0, 0, 0, 1, 1, 1000, -5).ArrayOf(length).Select(d => Cumulate(7, d)),
        Gen.OneOf(Gen.Elements(CornerSteps), Integer).ArrayOf(length));

    public static Gen<double[]> Values(int length) => Gen.OneOf(
        Value.ArrayOf(length),
        Gen.Choose(-1_000_000, 1_000_000).Select(i => (double)(i / 1024f)).ArrayOf(length),
        Value.Select(v => Enumerable.Repeat(v, length).ToArray()));

    public static Gen<ScalarColumn> Column(int most) =>
        from length in Gen.Choose(0, most)
        from steps in Integers(length)
        from times in Integers(length)
        from values in Values(length)
        select new ScalarColumn("", steps, times, values);

    public static Gen<HistogramPoint> Histogram =>
        from bins in Gen.Choose(1, 70)
        from edges in Gen.OneOf(
            Gen.Choose(1, 1000).Select(w => Enumerable.Range(0, bins + 1).Select(i => -1 + (i * (w / (double)bins))).ToArray()),
            Value.ArrayOf(bins + 1))
        from counts in Gen.OneOf(Gen.Choose(0, 5000).Select(i => (double)i).ArrayOf(bins), Value.ArrayOf(bins))
        from id in Gen.Choose(0, 300)
        from step in Integer
        from time in Integer
        select new HistogramPoint { Name = "", SeriesId = id, Step = step, Time = time, Edges = edges, Counts = counts };

    public static Gen<RunEvent> Event =>
        from kind in Gen.Elements("probe", "console", "resume", "finish", "lost", "something new")
        from name in Gen.Elements("", "train", "größe ✓")
        from step in Gen.OneOf(Gen.Constant((long?)null), Integer.Select(i => (long?)i))
        from time in Integer
        from level in Gen.Elements(null, "", "warn")
        from data in Gen.Elements(null, "{}", """{"line":"ü"}""")
        select new RunEvent { Kind = kind, Name = name, Step = step, Time = time, Level = level, Data = data };

    public static Gen<LogBatch> Batch =>
        from count in Gen.Choose(0, 12)
        from own in Column(70).ArrayOf(count)
        from shared in Gen.Elements(true, false)
        from firstId in Gen.Choose(0, 100_000)
        from histogramCount in Gen.Choose(0, 3)
        from histograms in Histogram.ArrayOf(histogramCount)
        from eventCount in Gen.Choose(0, 3)
        from events in Event.ArrayOf(eventCount)
        select Make(own, shared, firstId, histograms, events);

    public static LogBatch Make(ScalarColumn[] own, bool shared, int firstId, HistogramPoint[] histograms, RunEvent[] events)
    {
        var batch = new LogBatch { Histograms = [.. histograms], Events = [.. events] };
        for (var i = 0; i < own.Length; i++)
        {
            // A neighbour of the same length lends its steps, as the columns of one batch usually have the same ones.
            var like = shared && i > 0 && own[i].Count == own[i - 1].Count ? own[i - 1] : own[i];
            batch.Scalars.Add(new ScalarColumn("", [.. like.Steps], own[i].Times, own[i].Values) { SeriesId = firstId + (i * 7 % 13) });
        }

        return batch;
    }

    public static void ShouldBeBitwise(this double[] actual, double[] expected) =>
        actual.Select(BitConverter.DoubleToInt64Bits).ShouldBe(expected.Select(BitConverter.DoubleToInt64Bits));

    public static void ShouldBeSame(this HistogramPoint actual, HistogramPoint expected)
    {
        (actual.SeriesId, actual.Step, actual.Time).ShouldBe((expected.SeriesId, expected.Step, expected.Time));
        actual.Edges.ShouldBeBitwise(expected.Edges);
        actual.Counts.ShouldBeBitwise(expected.Counts);
    }

    public static void ShouldBeSame(this ScalarColumn actual, ScalarColumn expected)
    {
        actual.SeriesId.ShouldBe(expected.SeriesId);
        actual.Steps.ShouldBe(expected.Steps);
        actual.Times.ShouldBe(expected.Times);
        actual.Values.ShouldBeBitwise(expected.Values);
    }

    private static long[] Cumulate(long start, int[] differences)
    {
        var values = new long[differences.Length];
        for (var i = 0; i < values.Length; i++) values[i] = start += differences[i];
        return values;
    }
}
