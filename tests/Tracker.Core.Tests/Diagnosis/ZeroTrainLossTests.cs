using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ZeroTrainLossTests
{
    private const string Memorised = "2.3>0.001~0.00005x600";

    [Fact]
    public void Training_at_zero_and_validation_going_up_is_a_warning()
    {
        var outcome = new Script().Series("val/loss", "2.3>1x10 1+0.05x20", every: 20).Series("train/loss", Memorised).Run();
        outcome.Signal("zero-train-loss").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses.Single(d => d.Signals.Any(s => s.Id == "zero-train-loss")).Cause.ShouldBe("overfitting");
    }

    [Fact]
    public void With_a_validation_at_its_best_it_is_a_note() =>
        new Script().Series("val/loss", "2.3>1x10 1-0.001x20", every: 20).Series("train/loss", Memorised).Run().Signal("zero-train-loss").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void Two_hundredths_are_not_zero() =>
        new Script().Series("val/loss", "2.3>1x10 1+0.05x20", every: 20).Series("train/loss", "2.3>0.05~0.001x600").Run().Raised.ShouldNotContain("zero-train-loss");

    [Fact]
    public void A_validation_that_goes_to_zero_too_is_success() =>
        new Script().Series("val/loss", "2.3>0.005x30", every: 20).Series("train/loss", Memorised).Run().Raised.ShouldNotContain("zero-train-loss");

    [Fact]
    public void Losses_below_zero_have_no_zero() =>
        new Script().Series("val/loss", "2.3>1x10 1+0.05x20", every: 20).Series("train/loss", "-1-0.01x600").Run().Raised.ShouldNotContain("zero-train-loss");

    [Fact]
    public void Two_players_memorise_nothing() =>
        new Script().Series("train/reward", "1x600").Series("val/loss", "2.3>1x10 1+0.05x20", every: 20).Series("train/loss", Memorised).Run().Raised.ShouldNotContain("zero-train-loss");

    [Fact]
    public void Without_validation_nothing_is_said() => new Script().Series("train/loss", Memorised).Run().Raised.ShouldNotContain("zero-train-loss");
}
