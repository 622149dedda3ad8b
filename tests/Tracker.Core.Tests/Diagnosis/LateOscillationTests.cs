using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LateOscillationTests
{
    private const string Config = """{"total_steps":2000, "batch_size": 32}""";
    private const string Grows = "2.3>0.5~0.02x900 0.55~0.05x150 0.55~0.08x150 0.55~0.15x800";

    [Fact]
    public void Noise_that_grows_late_while_nothing_gets_better_is_a_warning()
    {
        var signal = new Script().Config(Config).Series("train/loss", Grows).Run().Signal("late-oscillation");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Step.ShouldBeInRange(1100, 1600);
    }

    [Fact]
    public void With_a_calm_validation_it_is_a_note() =>
        new Script().Config(Config).Series("val/loss", "2.3>0.6~0.005x100", every: 20).Series("train/loss", Grows).Run().Signal("late-oscillation").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void Three_times_the_noise_of_the_second_fifth_is_a_note() => new Script().Config(Config).Series("train/loss", Grows).Run().Signal("excess-wiggle").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_rate_near_its_peak_at_the_end_is_named() =>
        new Script().Config(Config).Series("lr", "0.1-0.00002x2000").Series("train/loss", Grows).Run().Signal("cosine-floor-slow").Step.ShouldBeInRange(1790, 1850);

    [Fact]
    public void A_rate_that_has_come_down_is_not() =>
        new Script().Config(Config).Series("lr", "0.1-0.00005x1980 0.001x20").Series("train/loss", Grows).Run().Raised.ShouldNotContain("cosine-floor-slow");

    [Fact]
    public void Half_as_much_again_is_no_growth() => new Script().Config(Config).Series("train/loss", "2.3>0.5~0.05x900 0.55~0.07x1100").Run().Raised.ShouldNotContain("late-oscillation");

    [Fact]
    public void A_loss_that_still_finds_new_bests_is_fine() => new Script().Config(Config).Series("train/loss", "2.3-0.001~0.01x1000 1.3-0.001~0.04x1000").Run().Raised.ShouldNotContain("late-oscillation");

    [Fact]
    public void At_the_end_of_its_schedule_a_run_may_be_noisy() =>
        new Script().Config(Config).Series("lr", "0.1x900 0.005x1100").Series("train/loss", Grows).Run().Raised.ShouldNotContain("late-oscillation");

    [Fact]
    public void Without_a_known_length_nothing_is_late() => new Script().Series("train/loss", Grows).Run().Raised.ShouldNotContain("late-oscillation");

    [Fact]
    public void Without_a_training_loss_nothing_is_said() => new Script().Config(Config).Series("val/loss", Grows).Run().Raised.ShouldNotContain("late-oscillation");
}
