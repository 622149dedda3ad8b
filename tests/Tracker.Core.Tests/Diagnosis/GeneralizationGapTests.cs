using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GeneralizationGapTests
{
    private const string Falls = "2.3>0.01~0.01x800";

    [Fact]
    public void Validation_well_above_training_is_noted_and_said_to_be_stable()
    {
        var signal = new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.9 1.5 1.2 1 0.9 0.8 0.75 0.72~0.005x30", every: 20).Run().Signal("generalization-gap");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Summary.ShouldContain("does not carry over");
    }

    [Fact]
    public void A_gap_that_grows_is_said_to_widen() =>
        new Script().Series("train/loss", "2.3>0.01~0.01x400 0.01~0.002x400").Series("val/loss", "2.3 1.9 1.5 1.2 1 0.9 0.8+0.05x30", every: 20).Run().Signal("generalization-gap").Summary.ShouldContain("widens");

    [Fact]
    public void A_tenth_of_what_was_learnt_is_usual() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3>0.2~0.005x40", every: 20).Run().Raised.ShouldNotContain("generalization-gap");

    [Fact]
    public void It_clears_when_validation_follows() =>
        new Script().Series("train/loss", Falls + " 0.01~0.001x800").Series("val/loss", "2.3 1.9 1.5 1.2 1 0.9 0.8 0.75 0.72~0.005x20 0.6-0.05x12 0.05~0.005x20", every: 20).Run().Signal("generalization-gap").Active.ShouldBeFalse();

    [Fact]
    public void It_is_blind_without_training() => new Script().Series("val/loss", "2.3 1.9 1.5 1.2 1 0.9", every: 20).Run().Raised.ShouldBeEmpty();
}
