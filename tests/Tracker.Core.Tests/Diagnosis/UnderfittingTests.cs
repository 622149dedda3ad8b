using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class UnderfittingTests
{
    private const string Config = """{"num_classes":10,"total_steps":800,"loss":"cross_entropy"}""";
    private const string Flat = "2.4>1.8~0.05x300 1.8~0.05x500";

    [Fact]
    public void Both_losses_high_close_and_flat_with_poor_accuracy_is_underfitting()
    {
        var outcome = new Script().Config(Config).Series("train/loss", Flat).Series("val/loss", "2.4>1.82~0.01x15 1.82~0.01x25", every: 20).Series("val/accuracy", "0.1 0.2 0.22~0.01x38", every: 20).Run();
        outcome.Signal("underfitting").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "underfitting")).Cause.ShouldBe("capacity-too-small");
    }

    [Fact]
    public void Half_of_the_labels_wrong_leaves_a_high_loss_and_is_none() =>
        new Script().Config(Config).Series("train/loss", Flat).Series("val/loss", "2.4>1.82~0.01x15 1.82~0.01x25", every: 20).Series("val/accuracy", "0.1 0.3 0.5 0.55~0.01x37", every: 20).Run().Raised.ShouldNotContain("underfitting");

    [Fact]
    public void Losses_that_still_fall_are_none() =>
        new Script().Config(Config).Series("train/loss", "2.4-0.001~0.05x800").Series("val/loss", "2.4-0.02~0.005x40", every: 20).Series("val/accuracy", "0.1 0.2 0.22~0.01x38", every: 20).Run().Raised.ShouldNotContain("underfitting");

    [Fact]
    public void Validation_far_above_training_is_something_else() =>
        new Script().Config(Config).Series("train/loss", Flat).Series("val/loss", "2.4~0.01x40", every: 20).Series("val/accuracy", "0.1 0.2 0.22~0.01x38", every: 20).Run().Raised.ShouldNotContain("underfitting");

    [Fact]
    public void A_regression_at_its_noise_floor_is_only_noted() =>
        new Script().Config("""{"loss":"mse","total_steps":800}""").Series("train/loss", "1>0.6~0.05x200 0.6~0.05x600").Series("val/loss", "1>0.6~0.002x10 0.6~0.002x30", every: 20).Run().Signal("underfitting").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_rate_that_is_annealed_explains_it() =>
        new Script().Config(Config).Series("lr", "0.1x100 0.001x700").Series("train/loss", Flat).Series("val/loss", "2.4>1.82~0.01x15 1.82~0.01x25", every: 20).Series("val/accuracy", "0.1 0.2 0.22~0.01x38", every: 20).Run().Raised.ShouldNotContain("underfitting");

    [Fact]
    public void It_is_blind_without_validation() => new Script().Config(Config).Series("train/loss", Flat).Run().Raised.ShouldNotContain("underfitting");
}
