using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ValMuchHigherTests
{
    private const string Falls = "2.3>0.3~0.03x800";
    private const string High = "2.6 2.4 2.3~0.02x38";

    [Fact]
    public void Twice_the_training_loss_within_the_first_epoch_is_a_fault_of_evaluation()
    {
        var outcome = new Script().Config("""{"total_steps":800}""").Series("train/loss", Falls).Series("epoch", "0+0.001x800").Series("val/loss", High, every: 20).Run();
        outcome.Signal("val-much-higher").Severity.ShouldBe(Severity.High);
        outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "val-much-higher")).Cause.ShouldBe("eval-bug");
    }

    [Fact]
    public void After_many_epochs_the_training_set_may_be_known_by_heart() =>
        new Script().Series("train/loss", Falls).Series("epoch", "0+0.5x800").Series("val/loss", High, every: 20).Run().Raised.ShouldNotContain("val-much-higher");

    [Fact]
    public void Where_epochs_are_not_known_accuracies_must_agree()
    {
        Script Run(string accuracy) => new Script().Series("train/loss", Falls).Series("val/loss", "2.3 2.2 2.1~0.02x38", every: 20).Series("train/accuracy", "0.1 0.5 0.8~0.01x38", every: 20).Series("val/accuracy", accuracy, every: 20);
        Run("0.1 0.12 0.15~0.01x38").Run().Signal("val-much-higher").Severity.ShouldBe(Severity.Warn);
        Run("0.1 0.4 0.7~0.01x38").Run().Raised.ShouldNotContain("val-much-higher");
    }

    [Fact]
    public void A_gap_that_opens_later_is_none() =>
        new Script().Series("train/loss", Falls).Series("epoch", "0+0.001x800").Series("val/loss", "2.3>0.4~0.01x20 0.9~0.02x20", every: 20).Run().Raised.ShouldNotContain("val-much-higher");

    [Fact]
    public void It_is_blind_without_validation() => new Script().Series("train/loss", Falls).Run().Raised.ShouldNotContain("val-much-higher");
}
