using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class OverfittingTests
{
    private const string Falls = "2.3>0.01~0.01x800";

    [Fact]
    public void Validation_that_rises_while_training_falls_is_overfitting()
    {
        var outcome = new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1-0x1 1.05+0.03x20", every: 20).Run();
        var signal = outcome.Signal("overfitting");
        signal.OnsetStep.ShouldBe(100);
        signal.Severity.ShouldBe(Severity.High);
        outcome.Diagnoses[0].Prescriptions[0].ShouldContain("100");
    }

    [Fact]
    public void Validation_that_only_wobbles_is_not() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1~0.03x25", every: 20).Run().Raised.ShouldNotContain("overfitting");

    [Fact]
    public void When_training_rises_too_it_is_something_else() =>
        new Script().Series("train/loss", "2.3>0.5~0.01x120 0.6+0.0005~0.01x500").Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.05+0.03x20", every: 20).Run().Raised.ShouldNotContain("overfitting");

    [Fact]
    public void A_new_best_clears_it() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.05+0.03x20 0.9", every: 20).Run().Signal("overfitting").Active.ShouldBeFalse();

    [Fact]
    public void It_is_blind_without_validation_or_training()
    {
        new Script().Series("train/loss", Falls).Run().Raised.ShouldNotContain("overfitting");
        new Script().Series("val/loss", "1+0.1x30", every: 20).Run().Raised.ShouldBeEmpty();
    }
}
