using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LossSpikeTests
{
    private const string Calm = "2.3>0.5~0.02x300";

    [Fact]
    public void A_single_jump_is_a_note_and_clears_when_the_loss_is_back()
    {
        var outcome = new Script().Series("train/loss", $"{Calm} 4x3 0.5~0.02x200").Run();
        var signal = outcome.Signal("loss-spike");
        (signal.Severity, signal.OnsetStep, signal.Active).ShouldBe((Severity.Info, 300, false));
        signal.Summary.ShouldContain("was back by step 303");
        outcome.Raised.ShouldBe(["loss-spike"]);
        outcome.Events.ShouldAllBe(e => !e.Notify);
    }

    [Fact]
    public void It_is_told_at_its_first_point() =>
        new Script().Series("train/loss", $"{Calm} 4").Run().Signal("loss-spike").Step.ShouldBe(300);

    [Fact]
    public void A_point_at_the_edge_of_the_noise_is_none() => new Script().Series("train/loss", $"{Calm} 0.58 0.5~0.02x200").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Eight_deviations_of_a_tiny_noise_are_none() => new Script().Series("train/loss", "2.3>0.5~0.0002x300 0.51 0.5~0.0002x200").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Wild_noise_does_not_hide_a_jump_far_above_all_of_it() =>
        new Script().Series("train/loss", "2.3>0.3~0.02x200 0.3 0.05 0.4 0.01 0.1 0.02 0.3 0.05 0.4 0.01 0.1 0.02 0.3 0.05 0.4 0.01 0.1 0.02 0.3 0.05 0.4 0.01 0.1 0.02 0.3 0.05 0.4 0.01 0.1 0.02 0.3 0.05 0.4 0.01 0.1 0.02 0.3 0.05 0.4 0.01 0.1 0.02 0.3 0.05 0.4 0.01 0.1 0.02 60 0.1x60")
            .Run().Raised.ShouldContain("loss-spike");

    [Fact]
    public void Before_the_noise_is_known_nothing_is_said() => new Script().Series("train/loss", "2.3~0.02x60 9 2.3~0.02x30").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Losses_below_zero_are_judged_too() => new Script().Series("train/loss", "-1-0.01~0.02x300 3 -4~0.02x100").Run().Raised.ShouldContain("loss-spike");

    [Fact]
    public void A_jump_that_lasts_is_high()
    {
        var signal = new Script().Series("train/loss", $"{Calm} 1.5~0.02x250").Run().Signal("slow-spike-recovery");
        (signal.Severity, signal.OnsetStep, signal.Step).ShouldBe((Severity.High, 300, 500));
    }

    [Fact]
    public void One_that_comes_back_in_time_is_not_slow() => new Script().Series("train/loss", $"{Calm} 1.5~0.02x150 0.5~0.02x200").Run().Raised.ShouldNotContain("slow-spike-recovery");

    [Fact]
    public void Three_within_a_thousand_points_are_a_pattern()
    {
        var outcome = new Script().Series("train/loss", $"{Calm} 4 0.5~0.02x150 5 0.5~0.02x150 4 0.5~0.02x150").Run();
        var signal = outcome.Signal("recurrent-spikes");
        (signal.Severity, signal.OnsetStep).ShouldBe((Severity.Warn, 300));
        outcome.Diagnoses.Single(d => d.Signals.Any(s => s.Id == "recurrent-spikes")).Cause.ShouldBe("bad-batches");
    }

    [Fact]
    public void Two_are_not() => new Script().Series("train/loss", $"{Calm} 4 0.5~0.02x150 5 0.5~0.02x150").Run().Raised.ShouldBe(["loss-spike"]);

    [Fact]
    public void A_pattern_that_stops_clears() =>
        new Script().Series("train/loss", $"{Calm} 4 0.5~0.02x150 5 0.5~0.02x150 4 0.5~0.02x1200").Run().Signal("recurrent-spikes").Active.ShouldBeFalse();

    [Fact]
    public void With_players_spikes_stay_notes() =>
        new Script().Series("train/reward", "1x900").Series("train/loss", $"{Calm} 4 0.5~0.02x150 5 0.5~0.02x150 4 0.5~0.02x150").Run().Raised.ShouldNotContain("recurrent-spikes");

    [Fact]
    public void A_raised_rate_explains_a_jump() =>
        new Script().Series("lr", "0.01x295 0.05x200").Series("train/loss", $"{Calm} 1 0.5~0.02x194").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_restart_explains_a_jump() =>
        new Script().Series("train/loss", $"{Calm} 4 0.5~0.02x200").Event(299, "resume").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void The_gradient_that_led_is_evidence() =>
        new Script().Series("grad_norm", "1~0.05x299 30 1~0.05x20").Series("train/loss", $"{Calm} 4 0.5~0.02x20").Run().Signal("loss-spike").Evidence.ShouldContain(e => e.Series == "grad_norm");

    [Fact]
    public void Without_a_training_loss_nothing_is_said() => new Script().Series("val/loss", $"{Calm} 4 0.5~0.02x200").Run().Raised.ShouldNotContain("loss-spike");

    [Fact]
    public void A_few_units_of_the_last_digit_are_no_spike() =>
        new Script().Series("train/loss", "0.0009x20 0.0006x20 0.0003x40" + string.Concat(Enumerable.Repeat(" 0.0002x12 0.0003x2", 30)) + " 0.0004 0.0002x40 0.0004 0.0002x20").Run().Raised.ShouldNotContain("loss-spike");
}
