using System.Globalization;
using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class EpochBoundaryJumpTests
{
    private const string Config = """{"steps_per_epoch":20, "total_steps":600}""";

    /// <summary>Epochs of 20 steps that begin high and fall, each a little lower than the one before.</summary>
    private static string Sorted(int epochs, string within = "{0}-0.02~0.03x20") =>
        "2.3>1~0.03x100 " + string.Join(' ', Enumerable.Range(0, epochs).Select(e => string.Format(CultureInfo.InvariantCulture, within, 1.2 - 0.01 * e)));

    [Fact]
    public void A_loss_that_repeats_itself_every_epoch_is_found()
    {
        var outcome = new Script().Config(Config).Series("train/loss", Sorted(12)).Run();
        var signal = outcome.Signal("epoch-boundary-jump");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Step.ShouldBeLessThan(240);
        signal.Summary.ShouldContain("goes up");
        outcome.Diagnoses.Single(d => d.Signals.Any(s => s.Id == "epoch-boundary-jump")).Cause.ShouldBe("ordering-or-shuffle");
    }

    [Fact]
    public void An_epoch_series_tells_the_length_too()
    {
        var epochs = string.Join(' ', Enumerable.Range(0, 340).Select(i => (i / 20.0).ToString(CultureInfo.InvariantCulture)));
        new Script().Series("epoch", epochs).Series("train/loss", Sorted(12)).Run().Raised.ShouldContain("epoch-boundary-jump");
    }

    [Fact]
    public void A_sawtooth_that_drops_and_rises_again_is_a_note() =>
        new Script().Config(Config).Series("train/loss", Sorted(12, "{0}+0.02~0.01x20")).Run().Signal("epoch-boundary-jump").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_steep_descent_repeats_nothing() => new Script().Config(Config).Series("train/loss", "2.3>0.1~0.03x600").Run().Raised.ShouldNotContain("epoch-boundary-jump");

    [Fact]
    public void Noise_repeats_nothing() => new Script().Config(Config).Series("train/loss", "2.3>1~0.3x600").Run().Raised.ShouldNotContain("epoch-boundary-jump");

    [Fact]
    public void A_period_that_is_not_the_epochs_is_another_matter() =>
        new Script().Config("""{"steps_per_epoch":37, "total_steps":600}""").Series("train/loss", Sorted(24)).Run().Raised.ShouldNotContain("epoch-boundary-jump");

    [Fact]
    public void Losses_below_zero_repeat_themselves_too() =>
        new Script().Config(Config).Series("train/loss", "-1~0.03x100 " + string.Join(' ', Enumerable.Repeat("-2-0.03~0.03x20", 12))).Run().Raised.ShouldContain("epoch-boundary-jump");

    [Fact]
    public void Shuffled_again_it_clears() =>
        new Script().Config("""{"steps_per_epoch":20, "total_steps":900}""").Series("train/loss", Sorted(12) + " 0.9~0.03x500").Run().Signal("epoch-boundary-jump").Active.ShouldBeFalse();

    [Fact]
    public void Without_epochs_nothing_is_said() => new Script().Series("train/loss", Sorted(12)).Run().Raised.ShouldNotContain("epoch-boundary-jump");
}
