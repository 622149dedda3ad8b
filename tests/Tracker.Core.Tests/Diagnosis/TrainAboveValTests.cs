using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class TrainAboveValTests
{
    [Fact]
    public void Training_well_above_validation_is_noted() =>
        new Script().Series("train/loss", "2.5>0.6~0.02x800").Series("val/loss", "2.3>0.3~0.005x40", every: 20).Run().Signal("train-above-val").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void Training_a_little_above_is_not() =>
        new Script().Series("train/loss", "2.3>0.5~0.02x800").Series("val/loss", "2.3>0.49~0.005x40", every: 20).Run().Raised.ShouldNotContain("train-above-val");

    [Fact]
    public void It_clears_when_training_passes() =>
        new Script().Series("train/loss", "2.5>0.6~0.02x500 0.1~0.01x400").Series("val/loss", "2.3>0.3~0.005x45", every: 20).Run().Signal("train-above-val").Active.ShouldBeFalse();

    [Fact]
    public void It_is_blind_without_training() => new Script().Series("val/loss", "2.3>0.3x40", every: 20).Run().Raised.ShouldBeEmpty();
}
