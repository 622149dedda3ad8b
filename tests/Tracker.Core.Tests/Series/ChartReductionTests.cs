using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class ChartReductionTests
{
    private static readonly Gen<(double[] X, double[] Y)> Curves =
        from length in Gen.Choose(0, 300)
        from scale in Gen.Elements(1e-9, 0.01, 1, 1000, 1e12)
        from offset in Gen.Elements(0, -5e5, 1.76e12)
        from gaps in Gen.OneOf(Gen.Choose(0, 9).ArrayOf(length), Gen.Choose(-9, 9).ArrayOf(length))
        from y in Gen.OneOf(Batches.Value, Gen.Choose(-5, 5).Select(i => (double)i)).ArrayOf(length)
        select (Rise(gaps, scale, offset), y);

    private static readonly Gen<(int Columns, AxisScale Scale, int[] Cuts)> Shapes =
        from columns in Gen.Choose(1, 40)
        from scale in Gen.Elements(AxisScale.Linear, AxisScale.Log)
        from cuts in Gen.Choose(0, 300).ArrayOf()
        select (columns, scale, cuts);

    [Fact]
    public void Each_column_keeps_first_last_least_and_greatest_and_nothing_else_however_the_points_are_cut_into_blocks() =>
        Checks.ForAll(Curves, Shapes, (curve, shape) =>
        {
            var reduced = Reduce(curve.X, curve.Y, new ChartShape(shape.Columns, Scale: shape.Scale), shape.Cuts);
            var shown = Enumerable.Range(0, curve.X.Length).Where(i => shape.Scale == AxisScale.Linear || curve.X[i] > 0).ToList();
            if (shown.Count == 0)
            {
                reduced.X.ShouldBeEmpty();
                return;
            }

            // The grid that grew is the one of the whole range.
            var grid = ChartGrid.Over(shown.Min(i => curve.X[i]), shown.Max(i => curve.X[i]), shape.Columns, shape.Scale);
            reduced.Grid.ShouldBe(grid);
            var expected = Expected(curve, shown, grid);
            reduced.X.ShouldBe(expected.Select(i => curve.X[i]));
            reduced.Y.ShouldBe(expected.Select(i => curve.Y[i]));
            reduced.X.Length.ShouldBeLessThanOrEqualTo(4 * shape.Columns);
            var marks = shown.Where(i => !double.IsFinite(curve.Y[i])).Select(i => (grid.ColumnOf(curve.X[i]), Kind(curve.Y[i]))).Distinct();
            reduced.NonFinite.Select(p => (grid.ColumnOf(p.X), Kind(p.Value))).ShouldBe(marks, ignoreOrder: true);
        });

    [Fact]
    public void Only_points_within_the_range_are_kept_with_both_ends() => Checks.ForAll(Curves, Shapes, (curve, shape) =>
    {
        var (from, to) = curve.X.Length == 0 ? (0, 1) : (curve.X.Min(), curve.X.Max());
        var quarter = (to - from) / 4;
        (from, to) = (from + quarter, to - quarter);
        var reduced = Reduce(curve.X, curve.Y, new ChartShape(shape.Columns, from, to, shape.Scale), shape.Cuts);
        var shown = Enumerable.Range(0, curve.X.Length).Where(i => curve.X[i] >= from && curve.X[i] <= to && (shape.Scale == AxisScale.Linear || curve.X[i] > 0)).ToList();
        if (shown.Count == 0)
        {
            reduced.X.ShouldBeEmpty();
            return;
        }

        if (shape.Scale == AxisScale.Linear || from > 0) reduced.Grid.ShouldBe(ChartGrid.Over(from, to, shape.Columns, shape.Scale));
        var expected = Expected(curve, shown, reduced.Grid!.Value);
        reduced.X.ShouldBe(expected.Select(i => curve.X[i]));
        reduced.Y.ShouldBe(expected.Select(i => curve.Y[i]));
    });

    [Fact]
    public void A_range_narrow_enough_shows_every_point()
    {
        double[] x = [.. Enumerable.Range(0, 100_000)], y = [.. x.Select(Math.Sin)];
        var reduced = ChartReduction.Of(x, y, new ChartShape(1_000, 40_000, 40_900));
        reduced.X.ShouldBe(Enumerable.Range(40_000, 901).Select(i => (double)i));
        reduced.Y.ShouldBe(reduced.X.Select(Math.Sin));
    }

    [Fact]
    public void A_range_touches_at_most_the_columns_asked_for_and_more_than_a_quarter_of_them_when_it_can() =>
        Checks.ForAll(Gen.Choose(-1_000_000, 1_000_000).Two(), Gen.Choose(1, 4000), (ends, columns) =>
        {
            var (from, to) = (Math.Min(ends.Item1, ends.Item2) / 64.0, Math.Max(ends.Item1, ends.Item2) / 64.0);
            var grid = ChartGrid.Over(from, to, columns);
            var touched = grid.ColumnOf(to) - grid.ColumnOf(from) + 1;
            touched.ShouldBeLessThanOrEqualTo(columns);
            if (columns > 4 && to > from) touched.ShouldBeGreaterThan(columns / 4);
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
        var reduced = ChartReduction.Of([from, to], [1, 2], new ChartShape(1000));
        reduced.Y[^1].ShouldBe(2);
        reduced.Y[0].ShouldBe(1);
        ChartReduction.Of([double.Epsilon, double.MaxValue], [1, 2], new ChartShape(1000, Scale: AxisScale.Log)).Y.ShouldBe([1.0, 2.0]);
    }

    [Theory]
    [InlineData(AxisScale.Linear)]
    [InlineData(AxisScale.Log)]
    public void Growth_changes_only_the_last_column_until_the_width_doubles(AxisScale scale)
    {
        var random = new Random(3);
        double[] x = [.. Enumerable.Range(1, 5000)], y = [.. x.Select(_ => random.NextDouble())];
        var compared = 0;
        for (var n = 1000; n < 5000; n += 37)
        {
            var older = ChartReduction.Of(x.AsSpan(0, n), y.AsSpan(0, n), new ChartShape(200, Scale: scale));
            var newer = ChartReduction.Of(x.AsSpan(0, n + 1), y.AsSpan(0, n + 1), new ChartShape(200, Scale: scale));
            if (older.Grid != newer.Grid) continue;
            compared++;
            var grid = older.Grid!.Value;
            var settled = older.X.TakeWhile(v => grid.ColumnOf(v) < grid.ColumnOf(n)).Count();
            newer.X.Take(settled).ShouldBe(older.X.Take(settled));
        }

        compared.ShouldBeGreaterThan(50);
    }

    [Fact]
    public void The_columns_of_a_wider_grid_are_made_of_whole_columns_of_a_narrower_one() =>
        Checks.ForAll(Gen.Choose(1, 1_000_000).Two(), Gen.Choose(1, 100), (ends, columns) =>
        {
            var (from, to) = (Math.Min(ends.Item1, ends.Item2) / 7.0, Math.Max(ends.Item1, ends.Item2) / 7.0);
            foreach (var scale in (AxisScale[])[AxisScale.Linear, AxisScale.Log])
            {
                var (fine, wide) = (ChartGrid.Over(from, to, 4 * columns, scale), ChartGrid.Over(from, to, columns, scale));
                for (var i = 0; i < 100; i++)
                {
                    var (a, b) = (from + ((to - from) * i / 100), from + ((to - from) * (i + 1) / 100));
                    if (fine.ColumnOf(a) == fine.ColumnOf(b)) wide.ColumnOf(a).ShouldBe(wide.ColumnOf(b));
                }
            }
        });

    [Fact]
    public void What_a_summary_of_points_within_a_column_adds_is_what_the_points_add() => Checks.ForAll(Batches.Value.ArrayOf(200), Gen.Choose(1, 20), (values, columns) =>
    {
        values = [.. values.Select(value => double.IsFinite(value) ? value : 3)];
        if (values.Length == 0) return;
        double[] x = [.. Enumerable.Range(0, values.Length)];
        var whole = ChartReduction.Of(x, values, new ChartShape(columns));
        using var parts = new ChartReduction(new ChartShape(columns));
        parts.Expand(x[0], x[^1]);
        foreach (var column in Enumerable.Range(0, values.Length).GroupBy(i => parts.Grid!.Value.ColumnOf(x[i]) * 4 + (i % 8 < 4 ? 0 : 1)))
        {
            // Two halves of a column, alternating: in a summary only neighbours may stand, so only contiguous ones are taken.
            int[] points = [.. column];
            if (points[^1] - points[0] + 1 != points.Length)
            {
                foreach (var i in points) parts.Add([x[i]], [values[i]]);
                continue;
            }

            var (least, greatest) = (points.MinBy(i => values[i]), points.MaxBy(i => values[i]));
            parts.AddColumn((x[points[0]], values[points[0]]), (x[least], values[least]), (x[greatest], values[greatest]), (x[points[^1]], values[points[^1]]),
                (least - points[0], greatest - points[0], points.Length - 1));
        }

        var reduced = parts.Finish();
        reduced.X.ShouldBe(whole.X);
        reduced.Y.ShouldBe(whole.Y);
    });

    private static ReducedSeries Reduce(double[] x, double[] y, ChartShape shape, int[] cuts)
    {
        using var reduction = new ChartReduction(shape);
        var start = 0;
        foreach (var end in cuts.Where(cut => cut < x.Length).Append(x.Length).Order())
        {
            reduction.Add(x.AsSpan(start..end), y.AsSpan(start..end));
            start = end;
        }

        return reduction.Finish();
    }

    /// <summary>By brute force: all finite points grouped by column, in the stable order of x.</summary>
    private static List<int> Expected((double[] X, double[] Y) curve, List<int> shown, ChartGrid grid)
    {
        var expected = new List<int>();
        var ordered = shown.OrderBy(i => curve.X[i]).Where(i => double.IsFinite(curve.Y[i])).ToList();
        foreach (var column in ordered.GroupBy(i => grid.ColumnOf(curve.X[i])))
        {
            var points = column.ToList();
            int[] four = [points[0], points.MinBy(i => curve.Y[i]), points.MaxBy(i => curve.Y[i]), points[^1]];
            expected.AddRange(points.Where(four.Contains));
        }

        return expected;
    }

    private static int Kind(double value) => double.IsNaN(value) ? 0 : Math.Sign(value);

    private static double[] Rise(int[] gaps, double scale, double offset)
    {
        var x = new double[gaps.Length];
        var sum = 0;
        for (var i = 0; i < x.Length; i++) x[i] = offset + ((sum += gaps[i]) * scale);
        return x;
    }
}
