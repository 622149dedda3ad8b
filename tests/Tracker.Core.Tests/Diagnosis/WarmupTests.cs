using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class WarmupTests
{
    private const string Config = """{"total_steps":1000}""";
    private const string Transformer = """{"total_steps":1000, "model":"gpt2-small", "optimizer":"AdamW"}""";
    private const string Jump = "2.3 3 4.5 4 3.5 2.6>0.5~0.03x300";
    private const string Falls = "2.3>0.5~0.03x300";

    [Fact]
    public void A_jump_in_the_first_steps_at_full_rate_asks_for_a_warm_up()
    {
        var outcome = new Script().Config(Config).Series("lr", "0.1x300").Series("train/loss", Jump).Run();
        outcome.Signal("startup-spike").Severity.ShouldBe(Severity.Info);
        outcome.Signal("warmup-missing").OnsetStep.ShouldBe(0);
        outcome.Diagnoses[0].Cause.ShouldBe("warmup-missing-or-short");
        outcome.Diagnoses[0].Prescriptions[0].ShouldBe("Warm the learning rate up linearly over the first 50 of 1000 steps, to 0.1.");
    }

    [Fact]
    public void A_rate_that_was_warmed_up_is_not_missing_one() =>
        new Script().Config(Config).Series("lr", "0.001+0.002x50 0.1x250").Series("train/loss", Jump).Run().Raised.ShouldNotContain("startup-spike");

    [Fact]
    public void Noise_of_the_first_batches_is_no_jump() => new Script().Config(Config).Series("lr", "0.1x300").Series("train/loss", "2.3>0.5~0.3x300").Run().Raised.ShouldNotContain("startup-spike");

    [Fact]
    public void A_jump_is_seen_where_only_every_tenth_step_is_logged()
    {
        const string Jumps = "2.3 4.5 4 3 2.6>0.5~0.03x96";
        new Script().Config(Config).Series("lr", "0.1x100", every: 10).Series("train/loss", Jumps, every: 10).Run().Raised.ShouldContain("startup-spike");
        new Script().Config(Config).Series("lr", "0.1x100", every: 10).Series("train/loss", "2.3>0.5~0.03x100", every: 10).Run().Raised.ShouldNotContain("startup-spike");
        new Script().Config(Config).Series("lr", "0.1x20", every: 50).Series("train/loss", "2.3 4.5 4 3 2.6>0.5~0.03x16", every: 50).Run().Raised.ShouldNotContain("startup-spike");
    }

    [Fact]
    public void A_transformer_under_Adam_at_full_rate_is_a_note_of_its_own()
    {
        new Script().Config(Transformer).Series("lr", "0.001x300").Series("train/loss", Falls).Run().Raised.ShouldBe(["warmup-missing"]);
        new Script().Config(Config).Series("lr", "0.001x300").Series("train/loss", Falls).Run().Raised.ShouldBeEmpty();
    }

    [Fact]
    public void Without_a_logged_rate_the_config_must_say_that_there_is_none()
    {
        new Script().Config(Config).Series("train/loss", Jump).Run().Raised.ShouldNotContain("warmup-missing");
        new Script().Config("""{"total_steps":1000, "schedule":"warmup-cosine"}""").Series("train/loss", Jump).Run().Raised.ShouldNotContain("warmup-missing");
        new Script().Config("""{"total_steps":1000, "schedule":"cosine"}""").Series("train/loss", Jump).Run().Raised.ShouldContain("warmup-missing");
    }

    [Fact]
    public void Instability_soon_after_the_warm_up_blames_its_length() =>
        new Script().Config(Config).Series("lr", "0.001+0.001x100 0.1x300").Series("train/loss", "2.3>0.8~0.02x150 9x4 0.8~0.02x250").Run().Raised.ShouldContain("warmup-too-short");

    [Fact]
    public void Instability_much_later_does_not() =>
        new Script().Config(Config).Series("lr", "0.001+0.001x100 0.1x500").Series("train/loss", "2.3>0.8~0.02x450 9x4 0.8~0.02x150").Run().Raised.ShouldNotContain("warmup-too-short");

    [Fact]
    public void A_rate_that_rises_for_a_fifth_of_the_run_is_a_note_and_for_half_a_warning()
    {
        new Script().Config(Config).Series("lr", "0.001+0.001x195 0.2x300").Run().Raised.ShouldBeEmpty();
        new Script().Config(Config).Series("lr", "0.001+0.001x250 0.2x100").Run().Signal("warmup-too-long").Severity.ShouldBe(Severity.Info);
        new Script().Config(Config).Series("lr", "0.001+0.001x520").Run().Signal("warmup-too-long").Severity.ShouldBe(Severity.Warn);
    }

    [Fact]
    public void One_cycle_rises_for_long_on_purpose() =>
        new Script().Config("""{"total_steps":1000, "schedule":"one-cycle"}""").Series("lr", "0.001+0.001x450 0.4x10").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_rate_that_comes_down_clears_it() =>
        new Script().Config(Config).Series("lr", "0.001+0.001x250 0.2-0.001x100").Run().Signal("warmup-too-long").Active.ShouldBeFalse();

    [Fact]
    public void Without_loss_and_rate_nothing_is_said() => new Script().Config(Transformer).Series("val/loss", Jump).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_rate_that_was_steady_before_it_rose_is_no_warm_up() =>
        new Script().Config("""{"total_steps":600}""").Series("lr", "0.01x7 0.01+0.003x40", every: 10).Run().Raised.ShouldNotContain("warmup-too-long");
}
