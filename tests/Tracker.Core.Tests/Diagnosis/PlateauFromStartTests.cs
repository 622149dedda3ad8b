using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class PlateauFromStartTests
{
    [Fact]
    public void A_loss_that_never_falls_is_found_after_three_hundred_points()
    {
        var signal = new Script().Series("train/loss", "2.3~0.05x400").Run().Signal("plateau-from-start");
        signal.Severity.ShouldBe(Severity.High);
        signal.OnsetStep.ShouldBe(0);
        signal.Step.ShouldBeInRange(299, 360);
    }

    [Fact]
    public void A_short_run_is_judged_at_its_middle() =>
        new Script().Config("""{"total_steps":400}""").Series("train/loss", "2.3~0.05x300").Run().Signal("plateau-from-start").Step.ShouldBeInRange(199, 230);

    [Fact]
    public void A_slow_descent_is_progress() => new Script().Series("train/loss", "2.3-0.0005~0.05x600").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_small_drop_in_much_noise_is_left_alone() => new Script().Series("train/loss", "1>0.8~0.15x600").Run().Raised.ShouldNotContain("plateau-from-start");

    [Fact]
    public void The_same_drop_counts_as_none_when_nothing_moves() =>
        new Script().Config("""{"total_steps":1000}""").Series("update_ratio/fc", "1e-7x500").Series("train/loss", "1.1~0.1x20 1~0.1x480").Run().Raised.ShouldContain("plateau-from-start");

    [Fact]
    public void A_perfect_trend_that_leads_nowhere_is_a_plateau_when_the_updates_are_tiny() =>
        new Script().Series("update_ratio/fc", "1e-7x500").Series("train/loss", "2.3-0.000001x500").Run().Raised.ShouldBe(["update-too-small", "plateau-from-start"]);

    [Fact]
    public void A_run_that_learned_and_fell_back_has_left_its_start() =>
        new Script().Series("train/loss", "2.3>0.2~0.02x200 2.3~0.05x400").Run().Raised.ShouldNotContain("plateau-from-start");

    [Fact]
    public void The_rate_must_have_been_there() =>
        new Script().Config("""{"total_steps":4000}""").Series("lr", "0+0.00001x500").Series("train/loss", "2.3~0.05x500").Run().Raised.ShouldBeEmpty();

    [Theory]
    [InlineData("""{"loss":"gan"}""")]
    [InlineData("""{"task":"rl"}""")]
    [InlineData("""{"loss":"policy_gradient"}""")]
    public void Losses_of_two_players_may_hover(string config) => new Script().Config(config).Series("train/loss", "0.7~0.05x500").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_model_that_was_good_at_the_start_is_a_note() =>
        new Script().Config("""{"num_classes":10}""").Series("train/loss", "0.4~0.05x400").Run().Signal("plateau-from-start").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void It_clears_when_the_loss_falls_at_last()
    {
        var outcome = new Script().Series("train/loss", "2.3~0.05x400 2.3>0.3~0.02x300").Run();
        outcome.Signal("plateau-from-start").Active.ShouldBeFalse();
        outcome.Diagnoses[0].State.ShouldBe(DiagnosisState.Resolved);
    }

    [Fact]
    public void It_is_blind_without_a_training_loss() => new Script().Series("val/loss", "2.3~0.05x400").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_wild_loss_logged_seldom_that_validation_has_seen_fall_is_none() =>
        new Script().Config("""{"total_steps":600}""").Series("train/loss", "0.8~0.3x60", every: 10).Series("val/loss", "0.9>0.6~0.01x12", every: 50).Run().Raised.ShouldNotContain("plateau-from-start");

    [Fact]
    public void The_first_of_few_points_tells_that_there_was_a_descent() =>
        new Script().Config("""{"total_steps":3000}""").Series("train/loss", "2.3 1.3~0.05x299", every: 10).Run().Raised.ShouldNotContain("plateau-from-start");

    [Fact]
    public void A_loss_that_ends_far_above_its_start_has_left_it() =>
        new Script().Config("""{"total_steps":1000}""").Series("train/loss", "0.6~0.2x8 4~3x12", every: 50).Run().Raised.ShouldNotContain("plateau-from-start");
}
