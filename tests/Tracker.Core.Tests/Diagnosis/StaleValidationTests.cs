using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class StaleValidationTests
{
    private const string Falls = "2.3>0.3~0.03x800";

    [Fact]
    public void The_same_validation_loss_three_times_while_training_moves_is_stale()
    {
        var outcome = new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.9 1.6 1.5x30", every: 20).Run();
        var signal = outcome.Signal("stale-validation");
        signal.OnsetStep.ShouldBe(60);
        signal.Step.ShouldBeLessThanOrEqualTo(140);
        signal.Severity.ShouldBe(Severity.High);
        outcome.Diagnoses.First(d => d.Signals.Contains(signal)).Prescriptions[0].ShouldStartWith("Evaluate the model that is being trained");
    }

    [Fact]
    public void Nearly_the_same_is_not() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.9 1.6 1.5~0.000001x30", every: 20).Run().Raised.ShouldNotContain("stale-validation");

    [Fact]
    public void A_model_that_stands_still_evaluates_the_same() =>
        new Script().Series("lr", "0.1x60 0x700").Series("train/loss", "2.3>1.5~0.03x60 1.5~0.03x700").Series("val/loss", "2.3 1.9 1.6 1.5x30", every: 20).Run().Raised.ShouldNotContain("stale-validation");

    [Fact]
    public void A_training_loss_that_does_not_move_is_no_proof() =>
        new Script().Series("train/loss", "1~0.03x800").Series("val/loss", "1x40", every: 20).Run().Raised.ShouldNotContain("stale-validation");

    [Fact]
    public void Another_value_clears_it() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.9 1.6 1.5x20 0.4", every: 20).Run().Signal("stale-validation").Active.ShouldBeFalse();

    [Fact]
    public void The_last_value_written_again_at_every_step_is_not_stale() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3x100 1.2x100 0.8x100 0.6x100 0.5x100 0.4x100 0.35x100 0.33x100").Run().Raised.ShouldNotContain("stale-validation");

    [Fact]
    public void Once_an_epoch_both_are_seen_as_evaluations() =>
        new Script().Series("epoch", "1+1x30").Series("loss", "2.3>0.3x30").Series("val_loss", "2.3 1.5x29").Run().Raised.ShouldContain("stale-validation");

    [Fact]
    public void It_is_blind_without_training() => new Script().Series("val/loss", "1.5x40", every: 20).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_loss_written_with_three_digits_repeats_itself_when_it_hardly_moves() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.31 1.52 0.94 0.72 0.715 0.712 0.711 0.71 0.709 0.708 0.707 0.706x4 0.705x5", every: 20).Run().Raised.ShouldNotContain("stale-validation");
}
