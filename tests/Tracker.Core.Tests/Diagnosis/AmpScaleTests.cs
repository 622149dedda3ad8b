using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class AmpScaleTests
{
    private const string Collapsing = "65536x150 32768 16384 8192 4096 2048 1024x20";

    [Fact]
    public void Five_halvings_in_a_hundred_points_raise_it()
    {
        var outcome = new Script().Series("amp/scale", Collapsing).Run();
        outcome.Raised.ShouldBe(["amp-scale-collapse"]);
        outcome.Signal("amp-scale-collapse").Severity.ShouldBe(Severity.High);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("numeric-precision");
        outcome.Diagnoses[0].Prescriptions[0].ShouldContain("bf16");
    }

    [Fact]
    public void A_scale_down_at_one_raises_it() => new Script().Series("amp/scale", "16x60 8x60 4x60 2x60 1x10").Run().Raised.ShouldBe(["amp-scale-collapse"]);

    [Fact]
    public void Four_halvings_are_a_scaler_at_work() => new Script().Series("amp/scale", "65536x150 32768 16384 8192 4096x100").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void The_search_for_a_scale_at_the_start_is_no_collapse() => new Script().Series("amp/scale", "65536 32768 16384 8192 4096 2048 1024 512x300").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Halving_and_doubling_in_turn_is_no_collapse() =>
        new Script().Series("amp/scale", "1024x200 " + string.Concat(Enumerable.Repeat("512x10 1024x10 ", 20))).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_disabled_scaler_says_one_all_along() => new Script().Series("amp/scale", "1x300").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_the_scale_holds_again() => new Script().Series("amp/scale", Collapsing + " 1024x100").Run().Signal("amp-scale-collapse").Active.ShouldBeFalse();
}
