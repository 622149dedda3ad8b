using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LossAtInitTests
{
    private const string Config = """{"num_classes":10,"loss":"cross_entropy"}""";

    [Fact]
    public void A_first_loss_of_three_times_that_of_guessing_is_a_warning()
    {
        var outcome = new Script().Config(Config).Series("train/loss", "7 6 5>0.5~0.05x300").Run();
        var signal = outcome.Signal("loss-at-init");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.OnsetStep.ShouldBe(0);
        outcome.Diagnoses[0].Cause.ShouldBe("bad-init-or-scale");
    }

    [Fact]
    public void Half_as_much_again_is_a_note_and_a_little_more_is_nothing()
    {
        new Script().Config(Config).Series("train/loss", "3.8>0.5~0.05x300").Run().Signal("loss-at-init").Severity.ShouldBe(Severity.Info);
        new Script().Config(Config).Series("train/loss", "3>0.5~0.05x300").Run().Raised.ShouldNotContain("loss-at-init");
    }

    [Fact]
    public void An_unlucky_first_batch_is_told_by_the_first_evaluation() =>
        new Script().Config(Config).Series("train/loss", "5 2.4>0.5~0.05x300").Series("val/loss", "2.4 2", every: 20).Run().Raised.ShouldNotContain("loss-at-init");

    [Fact]
    public void A_model_that_was_trained_before_is_a_note() => new Script().Config(Config).Series("train/loss", "0.2~0.01x100").Run().Signal("loss-at-init").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_first_point_far_into_the_run_says_nothing() => new Script().Config(Config).Series("train/loss", "_x200 7 6 5>0.5~0.05x300").Run().Raised.ShouldNotContain("loss-at-init");

    [Fact]
    public void It_is_blind_without_the_number_of_classes_and_for_other_losses()
    {
        new Script().Series("train/loss", "7 6 5>0.5~0.05x300").Run().Raised.ShouldNotContain("loss-at-init");
        new Script().Config("""{"num_classes":10,"loss":"mse"}""").Series("train/loss", "7 6 5>0.5~0.05x300").Run().Raised.ShouldNotContain("loss-at-init");
    }
}
