using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LossAgainstAccuracyTests
{
    private const string Config = """{"num_classes":10,"loss":"cross_entropy"}""";
    private const string Falls = "2.3>0.05~0.02x800";
    private const string Rises = "2.3 1.8 1.4 1.1 1.05 1 1.02+0.015x34";

    [Fact]
    public void A_loss_that_learns_beside_an_accuracy_at_chance_is_a_fault_of_the_metric()
    {
        var outcome = new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", "2.3>0.1~0.005x40", every: 20).Series("val/accuracy", "0.1~0.01x40", every: 20).Run();
        outcome.Signal("metric-implementation").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "metric-implementation")).Prescriptions[0].ShouldContain("by hand");
    }

    [Fact]
    public void An_accuracy_that_follows_is_none() =>
        new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", "2.3>0.1~0.005x40", every: 20).Series("val/accuracy", "0.1 0.3 0.6 0.8~0.01x37", every: 20).Run().Raised.ShouldNotContain("metric-implementation");

    [Fact]
    public void A_loss_still_near_guessing_is_none() =>
        new Script().Config(Config).Series("train/loss", "2.3>1.8~0.02x800").Series("val/loss", "2.3>1.8~0.005x40", every: 20).Series("val/accuracy", "0.1~0.01x40", every: 20).Run().Raised.ShouldNotContain("metric-implementation");

    [Fact]
    public void A_rising_loss_with_accuracy_that_holds_is_overconfidence_and_not_overfitting_yet()
    {
        var outcome = new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.02+0.01x14", every: 20).Series("val/accuracy", "0.1 0.4 0.6 0.8~0.003x37", every: 20).Run();
        outcome.Signal("val-loss-up-acc-flat").Severity.ShouldBe(Severity.Warn);
        outcome.Signal("val-loss-up-acc-flat").OnsetStep.ShouldBe(100);
        outcome.Raised.ShouldNotContain("overfitting");
    }

    [Fact]
    public void With_accuracy_that_falls_it_is_overfitting_and_high()
    {
        var outcome = new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", Rises, every: 20).Series("val/accuracy", "0.1 0.4 0.6 0.8x3 0.8-0.005x34", every: 20).Run();
        outcome.Signal("overfitting").Severity.ShouldBe(Severity.High);
    }

    [Fact]
    public void A_severe_rise_is_overfitting_too_but_not_high_while_accuracy_holds() =>
        new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", Rises, every: 20).Series("val/accuracy", "0.1 0.4 0.6 0.8~0.003x37", every: 20).Run().Signal("overfitting").Severity.ShouldBe(Severity.Warn);

    [Fact]
    public void Training_that_rises_too_is_something_else() =>
        new Script().Config(Config).Series("train/loss", "2.3>0.5~0.02x120 0.7+0.003~0.02x600").Series("val/loss", Rises, every: 20).Series("val/accuracy", "0.1 0.4 0.6 0.8~0.003x37", every: 20).Run().Raised.ShouldNotContain("val-loss-up-acc-flat");

    [Fact]
    public void A_loss_that_falls_beside_an_accuracy_that_stays_is_noted() =>
        new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.6-0.04x30", every: 20).Series("val/accuracy", "0.1 0.4 0.6 0.7x30", every: 20).Run().Signal("loss-down-acc-stall").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void An_accuracy_at_its_ceiling_may_stay() =>
        new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.6-0.04x30", every: 20).Series("val/accuracy", "0.1 0.4 0.9 0.98x30", every: 20).Run().Raised.ShouldNotContain("loss-down-acc-stall");

    [Fact]
    public void An_accuracy_that_rises_beside_a_loss_that_stays_is_noted() =>
        new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1~0.003x30", every: 20).Series("val/accuracy", "0.1 0.3 0.4 0.5+0.01x30", every: 20).Run().Signal("acc-up-loss-stall").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void It_is_blind_without_accuracy()
    {
        var raised = new Script().Config(Config).Series("train/loss", Falls).Series("val/loss", Rises, every: 20).Run().Raised;
        foreach (var id in new[] { "loss-down-acc-stall", "acc-up-loss-stall", "val-loss-up-acc-flat", "metric-implementation" }) raised.ShouldNotContain(id);
    }
}
