using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LrDecayedEarlyTests
{
    private const string Config = """{"total_steps":1000}""";

    [Fact]
    public void A_rate_that_ran_out_with_much_left_is_high()
    {
        var signal = new Script().Config(Config).Series("lr", "0.1x300 0.00005x100").Run().Signal("lr-decayed-early");
        (signal.Severity, signal.OnsetStep).ShouldBe((Severity.High, 300));
        signal.Step.ShouldBeInRange(319, 335);
    }

    [Fact]
    public void A_rate_of_zero_counts() => new Script().Config(Config).Series("lr", "0.1x300 0x100").Run().Raised.ShouldBe(["lr-decayed-early"]);

    [Fact]
    public void A_hundredth_of_the_peak_is_a_floor() => new Script().Config(Config).Series("lr", "0.1x300 0.001x700").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void At_the_end_of_the_run_it_is_meant_so() => new Script().Config(Config).Series("lr", "0.1x850 0x150").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_cosine_to_zero_is_fine() =>
        new Script().Config(Config).Series("lr", string.Join(' ', Enumerable.Range(0, 1000).Select(i => (0.05 * (1 + Math.Cos(Math.PI * i / 1000))).ToString("0.0000000000")))).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void An_exponential_decay_that_was_announced_is_a_note_unless_it_runs_out_early()
    {
        static string Decay(double perStep) => string.Join(' ', Enumerable.Range(0, 1000).Select(i => (0.1 * Math.Pow(perStep, i)).ToString("0.############")));
        const string Announced = """{"total_steps":1000, "schedule":"exponential"}""";
        new Script().Config(Announced).Series("lr", Decay(0.988)).Run().Signal("lr-decayed-early").Severity.ShouldBe(Severity.Info);
        new Script().Config(Announced).Series("lr", Decay(0.97)).Run().Signal("lr-decayed-early").Severity.ShouldBe(Severity.High);
        new Script().Config(Config).Series("lr", Decay(0.988)).Run().Signal("lr-decayed-early").Severity.ShouldBe(Severity.High);
    }

    [Fact]
    public void Without_a_known_length_it_waits_two_hundred_points()
    {
        new Script().Series("lr", "0.1x300 0x199").Run().Raised.ShouldBeEmpty();
        new Script().Series("lr", "0.1x300 0x200").Run().Raised.ShouldBe(["lr-decayed-early"]);
    }

    [Fact]
    public void A_rate_that_comes_back_clears_it() => new Script().Config(Config).Series("lr", "0.1x300 0x100 0.05x10").Run().Signal("lr-decayed-early").Active.ShouldBeFalse();

    [Fact]
    public void In_a_run_of_unknown_length_logged_in_wide_steps_a_short_tail_is_no_waste() =>
        new Script().Series("lr", "0.1>0.00001x200 0.00001x30", every: 10).Run().Raised.ShouldNotContain("lr-decayed-early");
}
