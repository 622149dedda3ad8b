using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class ReductionTests
{
    private static readonly Gen<(double[] X, double[] Y)> Curves =
        from length in Gen.Choose(0, 300)
        from scale in Gen.Elements(1e-9, 0.01, 1, 1000, 1e12)
        from offset in Gen.Elements(0, -5e5, 1.76e12)
        from gaps in Gen.OneOf(Gen.Choose(0, 9).ArrayOf(length), Gen.Choose(-9, 9).ArrayOf(length))
        from y in Gen.OneOf(Batches.Value, Gen.Choose(-5, 5).Select(i => (double)i)).ArrayOf(length)
        select (Rise(gaps, scale, offset), y);

    [Fact]
    public void Each_column_keeps_first_last_least_and_greatest_and_nothing_else() =>
        Checks.ForAll(Curves, Gen.Choose(1, 40), (curve, columns) =>
        {
            var (from, to) = RangeOf(curve.X);
            var reduced = M4.Reduce(curve.X, curve.Y, from, to, columns);
            var grid = ChartGrid.Over(from, to, columns);
            var expected = new List<int>();
            // By brute force: group all finite points by column, in the stable order of x.
            var ordered = Enumerable.Range(0, curve.X.Length).OrderBy(i => curve.X[i]).Where(i => double.IsFinite(curve.Y[i])).ToList();
            foreach (var column in ordered.GroupBy(i => grid.ColumnOf(curve.X[i])))
            {
                var points = column.ToList();
                int[] four = [points[0], points.MinBy(i => curve.Y[i]), points.MaxBy(i => curve.Y[i]), points[^1]];
                expected.AddRange(points.Where(four.Contains));
            }

            reduced.Indexes.ShouldBe(expected);
            reduced.X.ShouldBe(expected.Select(i => curve.X[i]));
            reduced.Y.ShouldBe(expected.Select(i => curve.Y[i]));
            reduced.X.Length.ShouldBeLessThanOrEqualTo(4 * columns);
            foreach (var kind in reduced.NonFinite.GroupBy(p => p.Value)) kind.Count().ShouldBeLessThanOrEqualTo(columns);
            var marks = Enumerable.Range(0, curve.X.Length).Where(i => !double.IsFinite(curve.Y[i])).Select(i => (grid.ColumnOf(curve.X[i]), Kind(curve.Y[i]))).Distinct();
            reduced.NonFinite.Select(p => (grid.ColumnOf(p.X), Kind(p.Value))).ShouldBe(marks, ignoreOrder: true);
        });

    [Fact]
    public void Only_points_within_the_range_are_kept_with_both_ends() => Checks.ForAll(Curves, Gen.Choose(1, 40), (curve, columns) =>
    {
        var (from, to) = RangeOf(curve.X);
        var quarter = (to - from) / 4;
        (from, to) = (from + quarter, to - quarter);
        var reduced = M4.Reduce(curve.X, curve.Y, from, to, columns);
        reduced.X.ShouldAllBe(x => x >= from && x <= to);
        var inside = curve.Y.Where((y, i) => curve.X[i] >= from && curve.X[i] <= to && double.IsFinite(y)).ToList();
        reduced.Y.DefaultIfEmpty().Max().ShouldBe(inside.DefaultIfEmpty().Max());
        reduced.Y.DefaultIfEmpty().Min().ShouldBe(inside.DefaultIfEmpty().Min());
    });

    [Fact]
    public void A_range_touches_at_most_the_columns_asked_for_and_more_than_a_quarter_of_them_when_it_can() =>
        Checks.ForAll(Gen.Choose(-1_000_000, 1_000_000).Two(), Gen.Choose(1, 4000), (ends, columns) =>
        {
            var (from, to) = (Math.Min(ends.Item1, ends.Item2) / 64.0, Math.Max(ends.Item1, ends.Item2) / 64.0);
            var grid = ChartGrid.Over(from, to, columns);
            var touched = grid.ColumnOf(to) - grid.ColumnOf(from) + 1;
            touched.ShouldBeLessThanOrEqualTo(columns);
            if (columns > 4 && to > from) touched.ShouldBeGreaterThan(columns / 4.0);
            if (double.IsFinite(grid.Width)) Math.ScaleB(1, Math.ILogB(grid.Width)).ShouldBe(grid.Width);
        });

    [Theory]
    [InlineData(0, 0)]
    [InlineData(-1e308, 1.7e308)]
    [InlineData(0, double.Epsilon)]
    [InlineData(1.76e12, 1.76e12 + 0.001)]
    [InlineData(9007199254740991, 9007199254740992)]
    [InlineData(-1e-310, 1e-310)]
    public void Extreme_ranges_have_a_grid(double from, double to)
    {
        var reduced = M4.Reduce([from, to], [1, 2], from, to, 1000);
        reduced.Y[^1].ShouldBe(2);
        reduced.Y[0].ShouldBe(1);
    }

    [Fact]
    public void Growth_changes_only_the_last_column_until_the_width_doubles()
    {
        var random = new Random(3);
        double[] x = [.. Enumerable.Range(0, 5000)], y = [.. x.Select(_ => random.NextDouble())];
        for (var n = 1000; n < 5000; n += 37)
        {
            var (before, after) = (ChartGrid.Over(0, n - 1, 200), ChartGrid.Over(0, n, 200));
            if (before != after) continue;
            var older = M4.Reduce(x.AsSpan(0, n), y.AsSpan(0, n), 0, n - 1, 200);
            var newer = M4.Reduce(x.AsSpan(0, n + 1), y.AsSpan(0, n + 1), 0, n, 200);
            var settled = older.X.TakeWhile(v => before.ColumnOf(v) < before.ColumnOf(n - 1)).Count();
            newer.X.Take(settled).ShouldBe(older.X.Take(settled));
        }
    }

    [Fact]
    public void The_axis_of_steps_gives_what_the_axis_of_doubles_gives() => Checks.ForAll(Gen.Choose(-100_000, 100_000).ArrayOf(50), Gen.Choose(1, 30), (steps, columns) =>
    {
        long[] x = [.. steps];
        double[] asDouble = [.. steps], y = [.. steps.Select(s => s % 7.0)];
        M4.Reduce(x, y, -50_000, 70_000, columns).Indexes.ShouldBe(M4.Reduce(asDouble, y, -50_000, 70_000, columns).Indexes);
    });

    [Fact]
    public void The_last_point_of_each_step_is_kept_in_order_of_steps() => Checks.ForAll(Gen.Choose(0, 60).ArrayOf().Select(a => a.Select(i => (long)i).ToArray()), steps =>
    {
        using var buffer = new ColumnBuffer(1, withSequences: true);
        for (var i = 0; i < steps.Length; i++) buffer.Append(i, [steps[i]], [i * 2], [i]);
        StepColumns.LatestPerStep(buffer);
        var expected = steps.Select((s, i) => (Step: s, Index: i)).GroupBy(p => p.Step).Select(g => g.Last()).OrderBy(p => p.Step).ToList();
        buffer.Steps.ToArray().ShouldBe(expected.Select(p => p.Step));
        buffer.Values.ToArray().ShouldBe(expected.Select(p => (double)p.Index));
        buffer.Times.ToArray().ShouldBe(expected.Select(p => p.Index * 2L));
        buffer.Sequences.ToArray().ShouldBe(expected.Select(p => (long)p.Index));
    });

    [Fact]
    public void Points_are_ordered_by_time_and_equal_times_keep_their_order() => Checks.ForAll(Gen.Choose(0, 20).ArrayOf().Select(a => a.Select(i => (long)i).ToArray()), times =>
    {
        using var buffer = new ColumnBuffer(1);
        for (var i = 0; i < times.Length; i++) buffer.Append(1, [i], [times[i]], [i]);
        StepColumns.OrderByTime(buffer);
        buffer.Values.ToArray().ShouldBe(times.Select((t, i) => (t, (double)i)).OrderBy(p => p.t).Select(p => p.Item2));
        buffer.Times.ToArray().ShouldBeInOrder();
    });

    private static int Kind(double value) => double.IsNaN(value) ? 0 : Math.Sign(value);

    private static (double From, double To) RangeOf(double[] x) => x.Length == 0 ? (0, 1) : (x.Min(), x.Max());

    private static double[] Rise(int[] gaps, double scale, double offset)
    {
        var x = new double[gaps.Length];
        var sum = 0;
        for (var i = 0; i < x.Length; i++) x[i] = offset + ((sum += gaps[i]) * scale);
        return x;
    }
}
