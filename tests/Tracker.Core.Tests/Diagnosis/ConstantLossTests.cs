using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ConstantLossTests
{
    [Fact]
    public void Twenty_identical_values_raise_it()
    {
        new Script().Series("train/loss", "2.302585x19").Run().Raised.ShouldBeEmpty();
        var signal = new Script().Series("train/loss", "2.302585x20").Run().Signal("constant-loss");
        (signal.Severity, signal.OnsetStep, signal.Step).ShouldBe((Severity.Crit, 0, 19));
    }

    [Fact]
    public void Nearly_identical_is_not_identical() => new Script().Series("train/loss", "2.302585+1e-6x200").Run().Raised.ShouldNotContain("constant-loss");

    [Fact]
    public void Any_other_value_clears_it() => new Script().Series("train/loss", "2.302585x30 2.2").Run().Signal("constant-loss").Active.ShouldBeFalse();

    [Fact]
    public void A_loss_logged_once_an_epoch_and_repeated_is_not_constant() =>
        new Script().Series("train/loss", "2.3x19 2.2x44 2.1x44 1.9x44").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_loss_of_nothing_has_converged() => new Script().Series("train/loss", "2>0.001x50 0x100").Run().Raised.ShouldNotContain("constant-loss");

    [Fact]
    public void When_the_parameters_move_the_logged_value_is_stale() =>
        new Script().Series("param_norm/total", "5+0.01x60").Series("train/loss", "2.3-0.01017x30 1.99491x30").Run().Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("eval-bug");

    [Fact]
    public void It_is_blind_without_a_training_loss() => new Script().Series("val/loss", "2.3x40").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_loss_that_has_come_to_rest_at_three_digits_is_not_constant() =>
        new Script().Series("train/loss", "2.3-0.01x120 1.1x200").Run().Raised.ShouldNotContain("constant-loss");

    [Fact]
    public void Three_digits_that_never_change_are_constant_after_a_while() => new Script().Series("train/loss", "2.3x80").Run().Raised.ShouldContain("constant-loss");
}
