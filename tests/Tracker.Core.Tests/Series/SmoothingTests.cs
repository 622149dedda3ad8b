using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Tracker.Core.Series;
using Xunit;

namespace Tracker.Core.Tests.Series;

public sealed class SmoothingTests
{
    private static readonly Gen<(double[] X, double[] Y)> Curves =
        from length in Gen.Choose(0, 400)
        from gaps in Gen.OneOf(Gen.Constant(1), Gen.Choose(0, 9)).ArrayOf(length)
        from y in Gen.OneOf(Gen.Choose(-1000, 1000).Select(i => i / 8.0), Gen.Elements(double.NaN, double.PositiveInfinity)).ArrayOf(length)
        select (Sums(gaps), y);

    private static readonly Gen<(Smoothing Smoothing, int Block)> Smoothings =
        from smoothing in Gen.OneOf(
            Gen.Elements(0, 0.3, 0.6, 0.99, 0.999, 1).Select(w => new Smoothing(SmoothingKind.Ema, w)),
            Gen.Elements(0, 0.3, 0.6, 0.99, 1).Select(w => new Smoothing(SmoothingKind.TimeEma, w)),
            Gen.Elements(0, 0.5, 2, 17.3, 500).Select(s => new Smoothing(SmoothingKind.Gaussian, s)),
            Gen.Elements(1, 2, 5, 100, 1_000).Select(n => new Smoothing(SmoothingKind.Mean, n)))
        from block in Gen.Choose(1, 150)
        select (smoothing, block);

    [Fact]
    public void The_smoothed_value_of_each_kept_point_is_that_of_all_points_however_they_are_cut_into_blocks() => Checks.ForAll(Curves, Smoothings, (curve, how) =>
    {
        var range = curve.X.Length == 0 ? 0 : curve.X[^1] - curve.X[0];
        using var reduction = new ChartReduction(new ChartShape(1 + how.Block, Smoothing: how.Smoothing), range);
        for (var start = 0; start < curve.X.Length; start += how.Block)
        {
            var end = Math.Min(curve.X.Length, start + how.Block);
            reduction.Add(curve.X.AsSpan(start..end), curve.Y.AsSpan(start..end));
        }

        var reduced = reduction.Finish();
        var raw = ChartReduction.Of(curve.X, curve.Y, new ChartShape(1 + how.Block));
        reduced.X.ShouldBe(raw.X);
        reduced.Y.ShouldBe(raw.Y);
        reduced.Smoothed!.Length.ShouldBe(reduced.X.Length);

        int[] finite = [.. Enumerable.Range(0, curve.X.Length).Where(i => double.IsFinite(curve.Y[i]))];
        double[] x = [.. finite.Select(i => curve.X[i])], y = [.. finite.Select(i => curve.Y[i])];
        double[] smooth = how.Smoothing.Kind switch
        {
            SmoothingKind.Ema => Ema(y, how.Smoothing.Parameter),
            SmoothingKind.TimeEma => TimeEma(x, y, how.Smoothing.Parameter, range),
            SmoothingKind.Gaussian => Gaussian(y, how.Smoothing.Parameter),
            _ => Mean(y, (int)how.Smoothing.Parameter),
        };
        // Kept points are found again by x and y: among equals any smoothed value of theirs will do.
        for (var i = 0; i < reduced.X.Length; i++)
        {
            var at = i;
            Enumerable.Range(0, x.Length).Where(k => x[k] == reduced.X[at] && y[k] == reduced.Y[at]).Min(k => Math.Abs(smooth[k] - reduced.Smoothed[at])).ShouldBeLessThan(1e-9 * 1000);
        }
    });

    [Fact]
    public void The_state_of_the_average_goes_on_live_to_the_last_bit() => Checks.ForAll(Curves, Gen.Choose(0, 400), (curve, cut) =>
    {
        cut = Math.Min(cut, curve.X.Length);
        var shape = new ChartShape(1_000, Smoothing: new Smoothing(SmoothingKind.Ema, 0.9));
        var state = ChartReduction.Of(curve.X.AsSpan(0, cut), curve.Y.AsSpan(0, cut), shape).SmoothState!.Value;
        var live = new DebiasedEma(state);
        foreach (var value in curve.Y.AsSpan(cut)) live.Add(value);
        var whole = ChartReduction.Of(curve.X, curve.Y, shape);
        live.State.ShouldBe(whole.SmoothState!.Value);
    });

    [Fact]
    public void A_zoom_shows_the_same_smoothed_values_as_the_whole_curve()
    {
        var random = new Random(5);
        double[] x = [.. Enumerable.Range(0, 20_000)], y = [.. x.Select(_ => random.NextDouble())];
        foreach (var smoothing in (Smoothing[])[new(SmoothingKind.Ema, 0.99), new(SmoothingKind.TimeEma, 0.9), new(SmoothingKind.Gaussian, 40), new(SmoothingKind.Mean, 301)])
        {
            var all = ChartReduction.Of(x, y, new ChartShape(40_000, Smoothing: smoothing), 19_999);
            all.X.ShouldBe(x);
            var part = ChartReduction.Of(x, y, new ChartShape(1_000, 7_000, 7_500, Smoothing: smoothing), 19_999);
            part.Smoothed.ShouldBe(all.Smoothed![7_000..7_501]);
        }
    }

    private static double[] Ema(double[] y, double weight) => [.. y.Select((_, i) =>
    {
        // Directly: value k of n has the weight w^(n-1-k), normalised.
        var weights = Enumerable.Range(0, i + 1).Select(k => weight == 0 ? (k == i ? 1.0 : 0.0) : Math.Pow(weight, i - k)).ToList();
        return y.Take(i + 1).Zip(weights, (v, w) => v * w).Sum() / weights.Sum();
    })];

    private static double[] TimeEma(double[] x, double[] y, double parameter, double range)
    {
        // As docs.wandb.ai writes it down, line by line.
        var smoothingWeight = Math.Min(Math.Sqrt(parameter), 0.999);
        double lastY = 0, debiasWeight = 0;
        return [.. y.Select((value, index) =>
        {
            var change = range == 0 ? 0 : (x[index] - x[index > 0 ? index - 1 : 0]) / range * 1_000;
            var adjusted = Math.Pow(smoothingWeight, change);
            lastY = (lastY * adjusted) + value;
            debiasWeight = (debiasWeight * adjusted) + 1;
            return lastY / debiasWeight;
        })];
    }

    private static double[] Gaussian(double[] y, double sigma) => [.. y.Select((_, i) =>
    {
        var reach = (int)Math.Ceiling(4 * sigma);
        var around = Enumerable.Range(i - reach, (2 * reach) + 1).Where(k => k >= 0 && k < y.Length).ToList();
        double Weight(int k) => k == i ? 1 : Math.Exp(-((double)(k - i) * (k - i)) / (2 * sigma * sigma));
        return around.Sum(k => Weight(k) * y[k]) / around.Sum(Weight);
    })];

    private static double[] Mean(double[] y, int count) => [.. y.Select((_, i) =>
        Enumerable.Range(i - (count / 2), count).Where(k => k >= 0 && k < y.Length).Average(k => y[k]))];

    private static double[] Sums(int[] gaps)
    {
        var sum = 0.0;
        return [.. gaps.Select(gap => sum += gap)];
    }
}
