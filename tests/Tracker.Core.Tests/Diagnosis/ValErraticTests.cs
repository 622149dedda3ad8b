using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ValErraticTests
{
    private const string Falls = "2.3>0.2~0.02x900";
    private const string Jumps = "2.3 1.8 1.4 1.0 0.8 0.4 1.5 0.3 2.2 0.5 1.1 0.25 1.9 0.35 0.9 0.4 1.5 0.3 2.2 0.5 1.1 0.25 1.9 0.35 0.9 0.4 1.5 0.3 2.2 0.5 1.1 0.25 1.9 0.35 0.9";

    [Fact]
    public void Validation_that_jumps_while_training_is_smooth_is_erratic()
    {
        var outcome = new Script().Series("train/loss", Falls).Series("val/loss", Jumps, every: 20).Run();
        outcome.Signal("val-erratic").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "val-erratic")).Cause.ShouldBe("eval-bug");
        outcome.Raised.ShouldNotContain("overfitting");
    }

    [Fact]
    public void Jumps_up_to_an_untrained_models_loss_are_the_wrong_mode()
    {
        var outcome = new Script().Series("train/loss", Falls).Series("val/loss", Jumps, every: 20).Run();
        outcome.Signal("bn-eval-bug").Severity.ShouldBe(Severity.High);
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.0 0.8 " + string.Join(' ', Enumerable.Repeat("0.3 0.8 0.25 0.9 0.35", 6)), every: 20).Run().Raised.ShouldNotContain("bn-eval-bug");
    }

    [Fact]
    public void Small_wobbles_are_not() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.0 0.8 0.6 0.40 0.43 0.39 0.42 0.40 0.44 0.40 0.43 0.39 0.42 0.40 0.44 0.40 0.43 0.39 0.42 0.40 0.44 0.40 0.43 0.39 0.42 0.40 0.44 0.40 0.43 0.39 0.42 0.40 0.44 0.40 0.43 0.39 0.42 0.40 0.44", every: 20).Run().Raised.ShouldNotContain("val-erratic");

    [Fact]
    public void Where_training_is_as_rough_the_rate_is_to_blame() =>
        new Script().Series("train/loss", "2.3>0.8x100 " + string.Join(' ', Enumerable.Repeat("0.4x20 1.5x20 0.3x20 2.2x20 0.5x20 1.1x20", 7))).Series("val/loss", Jumps, every: 20).Run().Raised.ShouldNotContain("val-erratic");

    [Fact]
    public void Calm_again_clears_it() =>
        new Script().Series("train/loss", Falls + " 0.2~0.02x600").Series("val/loss", Jumps + " 0.3~0.01x30", every: 20).Run().Signal("val-erratic").Active.ShouldBeFalse();

    [Fact]
    public void It_is_blind_without_validation() => new Script().Series("train/loss", Falls).Run().Raised.ShouldNotContain("val-erratic");
}
