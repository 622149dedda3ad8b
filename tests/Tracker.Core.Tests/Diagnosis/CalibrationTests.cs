using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class CalibrationTests
{
    private static Script Run(string ece, string accuracy = "0.1 0.4 0.7 0.85~0.003x37", string loss = "2.3 1.5 1 0.6 0.55 0.5 0.51+0.01x34") =>
        new Script().Series("train/loss", "2.3>0.02~0.01x800").Series("val/loss", loss, every: 20).Series("val/accuracy", accuracy, every: 20).Series("val/ece", ece, every: 20);

    [Fact]
    public void An_error_that_grows_while_accuracy_holds_and_loss_rises_is_a_warning()
    {
        var signal = Run("0.01 0.2 0.1 0.06 0.05 0.05 0.05+0.004x34").Run().Signal("calibration-drift");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.OnsetStep.ShouldBeInRange(60, 180);
    }

    [Fact]
    public void While_the_loss_still_falls_it_is_a_note() =>
        Run("0.01 0.2 0.1 0.06 0.05 0.05 0.05+0.004x34", loss: "2.3>0.3~0.001x40").Run().Signal("calibration-drift").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void An_error_that_wobbles_is_none() => Run("0.01 0.2 0.1 0.06 0.05~0.006x36").Run().Raised.ShouldNotContain("calibration-drift");

    [Fact]
    public void While_accuracy_still_improves_it_is_none() => Run("0.01+0.004x40", "0.1+0.02x40").Run().Raised.ShouldNotContain("calibration-drift");

    [Fact]
    public void A_large_error_is_noted() => Run("0.01 0.2 0.15~0.005x38").Run().Signal("miscalibration").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_usual_one_is_not_and_without_the_series_it_is_blind()
    {
        Run("0.01 0.2 0.1 0.06 0.04~0.003x36").Run().Raised.ShouldNotContain("miscalibration");
        new Script().Series("train/loss", "2.3>0.02~0.01x800").Run().Raised.ShouldNotContain("miscalibration");
    }
}
