using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class StepMergeTests
{
    /// <summary>Steps as writers send them: mostly onward, with repeats, late ones and restarts.</summary>
    private static readonly Gen<long[]> Steps =
        from moves in Gen.Frequency((20, Gen.Constant(1)), (2, Gen.Constant(0)), (1, Gen.Choose(-40, 40))).ArrayOf()
        select Sums(moves);

    [Fact]
    public void Each_step_comes_once_in_order_with_its_last_point_however_chunks_overlap() => Checks.ForAll(Steps, Gen.Choose(1, 30), (steps, size) =>
    {
        var expected = steps.Select((step, i) => (step, (long)i * 7, (double)i)).GroupBy(point => point.step).Select(group => group.Last()).OrderBy(point => point.step).ToList();
        Merged(steps, size, withTimes: true).ShouldBe(expected);
        Merged(steps, size, withTimes: false).ShouldBe(expected.Select(point => (point.step, 0L, point.Item3)));
    });

    [Fact]
    public void Chunks_that_do_not_overlap_go_through_uncopied_and_nothing_is_held_back()
    {
        var given = new List<int>();
        using var merge = new StepMerge(withTimes: true, (steps, _, _) => given.Add(steps.Length));
        using var chunk = new ColumnBuffer();
        for (var i = 0; i < 5; i++)
        {
            chunk.Clear();
            for (var k = 0; k < 100; k++) chunk.Append(0, [(i * 100) + k], [k], [k]);
            merge.Add(chunk, i, rising: true, i < 4 ? (i + 1) * 100 : long.MaxValue);
            given.Count.ShouldBe(i + 1);
        }
    }

    [Fact]
    public void Another_series_becomes_the_axis_at_equal_steps_however_both_are_cut() => Checks.ForAll(Steps.Two(), Gen.Choose(1, 30), (both, size) =>
    {
        double Axis(int i) => i % 11 == 0 ? double.NaN : i / 3.0;
        var axis = both.Item1.Select((step, i) => (step, Value: Axis(i))).GroupBy(point => point.step).ToDictionary(group => group.Key, group => group.Last().Value);
        var expected = both.Item2.Select((step, i) => (step, Value: (double)i)).GroupBy(point => point.step).Select(group => group.Last()).OrderBy(point => point.step)
            .Where(point => axis.TryGetValue(point.step, out var place) && double.IsFinite(place)).Select(point => (axis[point.step], point.Value)).ToList();

        var joined = new List<(double, double)>();
        using var join = new AxisJoin((x, y) =>
        {
            for (var i = 0; i < x.Length; i++) joined.Add((x[i], y[i]));
        });
        using var axisMerge = new StepMerge(withTimes: false, (steps, _, values) => join.AddAxis(steps, values));
        using var pointMerge = new StepMerge(withTimes: false, (steps, _, values) => join.AddPoints(steps, values));
        var turns = Cut(both.Item1, size, Axis).Select(part => (part, IsAxis: true)).Concat(Cut(both.Item2, size + 1, i => i).Select(part => (part, IsAxis: false))).OrderBy(turn => turn.part.Least).ToList();
        foreach (var (part, isAxis) in turns)
        {
            (isAxis ? axisMerge : pointMerge).Add(part.Chunk, part.Rank, part.Rising, part.Next);
            if (isAxis) join.PassAxis(part.Next);
            else join.PassPoints(part.Next);
        }

        joined.ShouldBe(expected);
    });

    [Fact]
    public void A_summary_comes_back_from_its_bytes_and_holds_first_least_greatest_and_last() => Checks.ForAll(Steps, Batches.Value.ArrayOf(), (steps, values) =>
    {
        var count = Math.Min(steps.Length, values.Length);
        if (count == 0) return;
        var chunk = new ScalarChunk(steps[..count], [.. steps[..count].Select(step => step * 3)], values[..count], [new BatchRun(1, 0, count)]);
        var summary = ChunkSummary.Of(chunk);
        ChunkSummary.Decode(summary.Encode()).ShouldBe(summary);
        summary.NonFinite.ShouldBe(chunk.Values.Count(value => !double.IsFinite(value)));
        summary.StepsRise.ShouldBe(chunk.Steps.Zip(chunk.Steps.Skip(1)).All(pair => pair.First < pair.Second));
        int[] finite = [.. Enumerable.Range(0, count).Where(i => double.IsFinite(chunk.Values[i]))];
        if (finite.Length == 0) return;
        SummaryPoint Point(int i) => new(chunk.Steps[i], chunk.Times[i], chunk.Values[i]);
        (summary.First, summary.Least, summary.Greatest, summary.Last).ShouldBe(
            (Point(finite[0]), Point(finite.MinBy(i => chunk.Values[i])), Point(finite.MaxBy(i => chunk.Values[i])), Point(finite[^1])));
    });

    [Fact]
    public void A_summary_of_another_version_is_refused()
    {
        var data = ChunkSummary.Of(new ScalarChunk([1], [1], [1], [new BatchRun(1, 0, 1)])).Encode();
        Should.Throw<SeriesFormatException>(() => ChunkSummary.Decode([2, .. data[1..]])).Message.ShouldContain("version 2");
        Should.Throw<SeriesFormatException>(() => ChunkSummary.Decode([1, 8, .. data[2..]]));
        Should.Throw<SeriesFormatException>(() => ChunkSummary.Decode(data.AsSpan(0, 50)));
        Should.Throw<SeriesFormatException>(() => ChunkSummary.Decode([]));
    }

    private static List<(long, long, double)> Merged(long[] steps, int size, bool withTimes)
    {
        var merged = new List<(long, long, double)>();
        using var merge = new StepMerge(withTimes, (s, t, v) =>
        {
            for (var i = 0; i < s.Length; i++) merged.Add((s[i], withTimes ? t[i] : 0, v[i]));
        });
        foreach (var part in Cut(steps, size, i => i)) merge.Add(part.Chunk, part.Rank, part.Rising, part.Next);
        merge.Finish();
        return merged;
    }

    /// <summary>Chunks of so many points, in the order of their least steps.</summary>
    private static List<(ColumnBuffer Chunk, long Rank, long Least, bool Rising, long Next)> Cut(long[] steps, int size, Func<int, double> value)
    {
        var parts = new List<(ColumnBuffer Chunk, long Rank, long Least)>();
        for (var start = 0; start < steps.Length; start += size)
        {
            var chunk = new ColumnBuffer();
            for (var i = start; i < Math.Min(steps.Length, start + size); i++) chunk.Append(0, [steps[i]], [i * 7L], [value(i)]);
            parts.Add((chunk, start, chunk.Steps.ToArray().Min()));
        }

        parts = [.. parts.OrderBy(part => part.Least)];
        return [.. parts.Select((part, i) => (part.Chunk, part.Rank, part.Least, StepColumns.RiseStrictly(part.Chunk.Steps), i + 1 < parts.Count ? parts[i + 1].Least : long.MaxValue))];
    }

    private static long[] Sums(int[] moves)
    {
        long sum = 0;
        return [.. moves.Select(move => sum += move)];
    }
}
