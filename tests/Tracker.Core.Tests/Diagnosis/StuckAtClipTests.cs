using Shouldly;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class StuckAtClipTests
{
    [Fact]
    public void A_norm_that_sits_at_the_threshold_was_logged_after_clipping()
    {
        var outcome = new Script().Config("""{"max_grad_norm":0.1}""").Series("grad_norm/total", "0.1x200").Series("train/loss", "2>0.5~0.05x200").Run();
        outcome.Signal("stuck-at-clip").Title.ShouldBe("The gradient norm sits at 0.1");
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("clip-threshold-too-low");
    }

    [Fact]
    public void A_ceiling_shows_without_a_threshold_too() =>
        new Script().Series("grad_norm/total", string.Join(' ', Enumerable.Repeat("0.25x9 0.2", 25))).Run().Raised.ShouldBe(["stuck-at-clip"]);

    [Fact]
    public void One_value_above_it_proves_that_it_is_no_ceiling() =>
        new Script().Series("grad_norm/total", string.Join(' ', Enumerable.Repeat("0.25x9 0.2 0.25x9 0.3", 12))).Run().Raised.ShouldNotContain("stuck-at-clip");

    [Fact]
    public void Norms_that_only_come_near_the_threshold_are_no_ceiling() =>
        new Script().Config("""{"max_grad_norm":1}""").Series("grad_norm/total", "0.95~0.02x300").Run().Raised.ShouldNotContain("stuck-at-clip");

    [Fact]
    public void A_frozen_model_repeats_its_norm_and_has_no_ceiling() =>
        new Script().Series("grad_norm/total", "0.7x300").Run().Raised.ShouldBeEmpty();
}
