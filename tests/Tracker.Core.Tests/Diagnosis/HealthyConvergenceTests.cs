using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class HealthyConvergenceTests
{
    [Fact]
    public void A_loss_that_falls_with_nothing_wrong_is_healthy_and_nobody_is_told()
    {
        var outcome = new Script().Series("lr", "0.1x600").Series("train/loss", "2.3-0.002~0.05x600").Run();
        var signal = outcome.Signal("healthy-convergence");
        (signal.Severity, signal.Active).ShouldBe((Severity.Info, true));
        outcome.Events.ShouldAllBe(e => !e.Notify);
        outcome.Notes.Single(d => d.Cause == "healthy").Signals.ShouldHaveSingleItem();
    }

    [Fact]
    public void An_alarm_takes_it_away() =>
        new Script().Series("train/loss", "2.3-0.002~0.05x600 NaNx5 1.1~0.05x48").Run().Signal("healthy-convergence").Active.ShouldBeFalse();

    [Fact]
    public void A_flat_loss_is_not_called_healthy() => new Script().Series("train/loss", "2.3~0.05x600").Run().Notes.ShouldNotContain(d => d.Cause == "healthy");

    [Fact]
    public void One_that_has_converged_is() => new Script().Series("train/loss", "2.3>0.02~0.002x250 0.02~0.002x600").Run().Signal("healthy-convergence").Active.ShouldBeTrue();

    [Fact]
    public void Games_are_not_judged() => new Script().Series("train/reward", "1x600").Series("train/loss", "2.3-0.002~0.05x600").Run().Notes.ShouldNotContain(d => d.Cause == "healthy");

    [Fact]
    public void Without_a_training_loss_nothing_is_said() => new Script().Series("val/loss", "2.3-0.002~0.05x600").Run().Notes.ShouldNotContain(d => d.Cause == "healthy");
}
