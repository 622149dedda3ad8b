using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class DoubleDescentTests
{
    private const string Falls = "2.3>0.01~0.01x1200";

    [Fact]
    public void A_rise_and_then_a_new_best_is_a_second_descent_and_withdraws_overfitting()
    {
        var outcome = new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.05+0.05x12 1.6-0.1x10", every: 20).Run();
        outcome.Signal("double-descent").Severity.ShouldBe(Severity.Info);
        outcome.Signal("overfitting").Active.ShouldBeFalse();
    }

    [Fact]
    public void A_rise_that_does_not_come_back_is_none() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.05+0.05x12 1.6-0.05x8", every: 20).Run().Raised.ShouldNotContain("double-descent");

    [Fact]
    public void A_small_bump_is_none() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.01+0.01x6 0.95-0.05x8", every: 20).Run().Raised.ShouldNotContain("double-descent");

    [Fact]
    public void It_is_blind_without_validation() => new Script().Series("train/loss", Falls).Run().Raised.ShouldNotContain("double-descent");
}
