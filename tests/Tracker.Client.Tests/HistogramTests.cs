using Shouldly;
using Xunit;

namespace Tracker.Client.Tests;

public sealed class HistogramTests
{
    public static TheoryData<double[]> Hard => new(
        [0d], [1d, 1, 1], [-3.5], [1d, Math.BitIncrement(1.0)], [1e300, -1e300], [double.MaxValue, double.MinValue], [double.Epsilon, 0d],
        [1e20, 1e20], [1e-30, 2e-30], [double.MaxValue, double.MaxValue], [double.MinValue], [-1e-12, 1e-12, 5], [1d, 2, double.NaN, double.PositiveInfinity]);

    [Theory]
    [MemberData(nameof(Hard))]
    public void Every_finite_value_is_counted_between_edges_that_rise(double[] values)
    {
        var histogram = Histogram.Of(values)!;
        histogram.Edges.Length.ShouldBe(65);
        for (var i = 1; i < histogram.Edges.Length; i++) histogram.Edges[i].ShouldBeGreaterThan(histogram.Edges[i - 1]);
        var finite = values.Where(double.IsFinite).ToList();
        histogram.Counts.Sum().ShouldBe(finite.Count);
        histogram.Edges[0].ShouldBeLessThanOrEqualTo(finite.Min());
        histogram.Edges[^1].ShouldBeGreaterThanOrEqualTo(finite.Max());
    }

    [Fact]
    public void Values_fall_into_the_bin_whose_edges_hold_them()
    {
        var values = Enumerable.Range(0, 10_000).Select(i => (float)Math.Sin(i) * 3).ToArray();
        var histogram = Histogram.Of(values)!;
        for (var bin = 0; bin < Histogram.Bins; bin++)
        {
            // A value at an edge may be counted on either side of it.
            const double slack = 1e-6;
            values.Count(v => v > histogram.Edges[bin] + slack && v < histogram.Edges[bin + 1] - slack).ShouldBeLessThanOrEqualTo((int)histogram.Counts[bin]);
            values.Count(v => v > histogram.Edges[bin] - slack && v < histogram.Edges[bin + 1] + slack).ShouldBeGreaterThanOrEqualTo((int)histogram.Counts[bin]);
        }

        histogram.Counts.Sum().ShouldBe(values.Length);
    }

    [Fact]
    public void Without_a_finite_value_there_is_no_histogram()
    {
        Histogram.Of(ReadOnlySpan<float>.Empty).ShouldBeNull();
        Histogram.Of([double.NaN, double.NegativeInfinity]).ShouldBeNull();
    }
}
