using Shouldly;
using Tracker.Core.Diagnosis.Engine;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis.Engine;

public sealed class HistogramShapeTests
{
    private static readonly HistogramShape Steps = new(7, 0, [-2, -1, 0, 1, 3], [1, 1, 2, 4]);

    [Fact]
    public void Moments_are_those_of_mass_spread_evenly_within_bins()
    {
        Steps.Mass.ShouldBe(8);
        Steps.Mean.ShouldBe((-1.5 - 0.5 + 2 * 0.5 + 4 * 2) / 8, 1e-12);
        new HistogramShape(0, 0, [0, 1], [5]).Deviation.ShouldBe(Math.Sqrt(1 / 12.0), 1e-12);
    }

    [Fact]
    public void Quantiles_and_shares_undo_each_other()
    {
        Steps.Quantile(0.5).ShouldBe(1);
        Steps.Quantile(0.75).ShouldBe(2);
        Steps.ShareBelow(2).ShouldBe(0.75);
        Steps.ShareOutside(-1, 2).ShouldBe(0.375);
        (Steps.Min, Steps.Max).ShouldBe((-2, 3));
    }

    [Fact]
    public void The_bin_of_zero_is_the_one_above_it() => Steps.ZeroShare.ShouldBe(0.25);

    [Fact]
    public void Entropy_is_one_when_bins_are_alike_and_zero_when_one_holds_all()
    {
        new HistogramShape(0, 0, [0, 1, 2, 3], [2, 2, 2]).Entropy.ShouldBe(1, 1e-12);
        new HistogramShape(0, 0, [0, 1, 2, 3], [0, 2, 0]).Entropy.ShouldBe(0);
    }

    [Fact]
    public void Nothing_counted_says_nothing()
    {
        var empty = new HistogramShape(0, 0, [0, 1, 2], [0, double.NaN]);
        empty.Mass.ShouldBe(0);
        double.IsNaN(empty.Mean).ShouldBeTrue();
        double.IsNaN(empty.Quantile(0.5)).ShouldBeTrue();
    }
}
