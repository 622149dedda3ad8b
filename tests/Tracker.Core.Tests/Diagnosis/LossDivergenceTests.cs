using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LossDivergenceTests
{
    [Fact]
    public void Ten_points_above_three_times_the_first_are_enough()
    {
        var signal = new Script().Series("train/loss", "2.3 5 20x10").Run().Signal("loss-divergence");
        (signal.Severity, signal.OnsetStep, signal.Step).ShouldBe((Severity.Crit, 2, 11));
    }

    [Fact]
    public void Nine_are_not() => new Script().Series("train/loss", "2.3 5 20x9 2.3x20").Run().Raised.ShouldNotContain("loss-divergence");

    [Fact]
    public void A_climb_from_the_best_that_does_not_return_is_found()
    {
        var signal = new Script().Series("train/loss", "2.3>0.5~0.02x300 0.5+0.02~0.02x200").Run().Signal("loss-divergence");
        signal.Step.ShouldBeLessThan(450);
        signal.OnsetStep.ShouldBeGreaterThan(300);
    }

    [Fact]
    public void A_spike_that_returns_is_no_divergence() =>
        new Script().Series("train/loss", "2.3>0.5~0.02x300 5x5 0.5~0.02x300").Run().Raised.ShouldNotContain("loss-divergence");

    [Fact]
    public void Losses_with_players_may_rise() =>
        new Script().Series("train/reward", "1x500").Series("train/loss", "2.3>0.5~0.02x300 0.5+0.005~0.02x200").Run().Raised.ShouldNotContain("loss-divergence");

    [Fact]
    public void A_rate_that_went_up_is_the_first_suspect()
    {
        var diagnosis = new Script().Series("lr", "0.01x300 0.2x300").Series("train/loss", "2.3>0.5~0.02x300 4~0.02x200").Run().Diagnoses[0];
        diagnosis.Cause.ShouldBe("lr-too-high");
        diagnosis.Prescriptions[0].ShouldBe("Lower the learning rate: 0.2 → try 0.02.");
    }

    [Fact]
    public void A_loss_that_comes_back_clears_it() =>
        new Script().Series("train/loss", "2.3>0.5~0.02x300 2~0.02x150 0.5~0.02x300").Run().Signal("loss-divergence").Active.ShouldBeFalse();
}
