using Shouldly;
using Tracker.Core.Diagnosis.Engine;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis.Engine;

public sealed class TrendTests
{
    [Fact]
    public void What_is_measured_once_a_bucket_is_what_measuring_gives()
    {
        var trend = Falling(600);
        Span<double> window = stackalloc double[12];
        for (var i = 0; i < 2; i++) trend.MannKendall(12).ShouldBe(Statistics.MannKendall(trend.Fine.CopyLast(window)));
        trend.MannKendall(24).ShouldBeLessThan(-2.33);
        trend.TheilSen(12).ShouldBe(-0.25, 1e-9);
        trend.RewindTo(300);
        trend.MannKendall(12).ShouldBe(Statistics.MannKendall(trend.Fine.CopyLast(window)));
    }

    [Fact]
    public void The_quiet_noise_is_that_of_the_calm_part()
    {
        var trend = new Trend(false);
        var random = new Random(3);
        for (var i = 0; i < 2000; i++) trend.Add(i, 1 + (i < 1000 ? 0.01 : 0.2) * (random.NextDouble() - 0.5), null);
        trend.QuietNoise.ShouldBeLessThan(0.006);
        trend.Noise.ShouldBeGreaterThan(0.05);
    }

    [Fact]
    public void The_usual_level_leaves_out_the_open_bucket()
    {
        var trend = new Trend(false);
        for (var i = 0; i < 210; i++) trend.Add(i, i < 200 ? 1 + 0.01 * (i % 3) : 100, null);
        var (level, spread) = trend.Typical(logs: false);
        level.ShouldBe(1.01, 1e-9);
        spread.ShouldBeLessThan(0.02);
        trend.Typical(logs: true).Level.ShouldBe(Math.Log(1.01), 1e-9);
    }

    [Fact]
    public void Few_buckets_keep_the_shape_of_a_long_series()
    {
        var buckets = new Buckets(32);
        for (var i = 0; i < 10_000; i++) buckets.Add(i, i);
        buckets.Count.ShouldBeLessThanOrEqualTo(32);
        buckets.Median(0, 0.5).ShouldBe(2500, 400);
        buckets.Median(0.9, 1).ShouldBe(9500, 500);
    }

    private static Trend Falling(int points)
    {
        var trend = new Trend(false);
        for (var i = 0; i < points; i++) trend.Add(i, 10 - 0.01 * i, null);
        return trend;
    }
}
