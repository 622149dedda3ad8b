using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class NonFiniteTests
{
    [Fact]
    public void A_loss_that_is_NaN_within_ten_points_is_immediate()
    {
        var signal = new Script().Series("train/loss", "2.3 2.2 2.4 NaN").Run().Signal("nan-immediately");
        signal.Severity.ShouldBe(Severity.Crit);
        (signal.Step, signal.OnsetStep).ShouldBe((3, 3));
        signal.Evidence[0].Value.ShouldBe(3);
    }

    [Fact]
    public void A_loss_that_is_NaN_later_comes_after_n()
    {
        var signal = new Script().Series("train/loss", "2.3-0.1x20 NaN").Run().Signal("nan-after-n");
        signal.OnsetStep.ShouldBe(20);
        signal.Summary.ShouldContain("20 finite points before, the last one 0.4 at step 19");
    }

    [Fact]
    public void Infinity_counts_and_is_called_infinite() =>
        new Script().Series("loss", "1x30 Infinity").Run().Signal("nan-after-n").Title.ShouldBe("The loss became infinite at step 30");

    [Fact]
    public void Huge_finite_values_are_no_NaN() => new Script().Series("train/loss", "1e300x5 1e308x5").Run().Raised.ShouldNotContain("nan-immediately");

    [Fact]
    public void Fifty_finite_points_clear_it()
    {
        new Script().Series("train/loss", "1~0.1x20 NaN 1~0.1x49").Run().Signal("nan-after-n").Active.ShouldBeTrue();
        var outcome = new Script().Series("train/loss", "1~0.1x20 NaN 1~0.1x50").Run();
        outcome.Signal("nan-after-n").Active.ShouldBeFalse();
        outcome.Diagnoses.ShouldHaveSingleItem().State.ShouldBe(DiagnosisState.Resolved);
    }

    [Fact]
    public void A_loss_scaler_may_overflow_now_and_then()
    {
        new Script().Series("amp/scale", "65536x100").Series("grad_norm", "1~0.1x50 Infinity 1~0.1x20 Infinity Infinity 1~0.1x20").Series("train/loss", "1~0.1x94")
            .Run().Raised.ShouldBeEmpty();
        new Script().Series("amp/scale", "65536x100").Series("grad_norm", "1~0.1x50 Infinityx3").Series("train/loss", "1~0.1x94")
            .Run().Raised.ShouldContain("nan-after-n");
    }

    [Fact]
    public void Without_a_loss_scaler_one_infinite_gradient_norm_suffices() =>
        new Script().Series("grad_norm", "1~0.1x50 Infinity").Run().Signal("nan-after-n").Severity.ShouldBe(Severity.High);

    [Fact]
    public void NaN_at_the_steps_without_an_evaluation_is_a_placeholder() =>
        new Script().Series("train/loss", "1~0.1x100").Series("val/loss", "1 NaNx19 0.9 NaNx19 0.8 NaNx19 0.7 NaNx39").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Three_evaluations_in_a_row_are_believed() =>
        new Script().Series("train/loss", "1~0.1x200").Series("val/loss", "1 0.9 0.8 NaNx3", every: 20).Run().Raised.ShouldBe(["nan-after-n"]);

    [Fact]
    public void Series_that_are_no_loss_may_be_NaN() => new Script().Series("my/number", "NaNx50").Series("lr", "NaN 0.1x20").Run().Raised.ShouldBeEmpty();
}
