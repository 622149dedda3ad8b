using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class UpdateTooLargeTests
{
    private static Script Updates(string fc1, string fc2, string head) =>
        new Script().Config("""{"total_steps":1000,"lr":0.3}""").Series("update_ratio/fc1", fc1, every: 20).Series("update_ratio/fc2", fc2, every: 20).Series("update_ratio/head", head, every: 20);

    [Fact]
    public void Several_hundredths_of_the_weights_in_every_step_are_a_warning()
    {
        var outcome = Updates("0.04~0.004x12", "0.05~0.004x12", "0.03~0.004x12").Run();
        var signal = outcome.Signal("update-too-large");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Step.ShouldBeLessThanOrEqualTo(250);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("lr-too-high");
    }

    [Fact]
    public void A_little_less_is_a_note() => Updates("0.024x12", "0.025x12", "0.023x12").Run().Signal("update-too-large").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_hundredth_is_nothing() => Updates("0.012~0.001x20", "0.012~0.001x20", "0.012~0.001x20").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void One_layer_of_three_is_nothing() => Updates("0.002x20", "0.003x20", "0.2x20").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void The_first_steps_of_a_fresh_network_are_large() => Updates("0.5 0.3 0.2 0.1 0.05 0.01 0.005 0.002x20", "0.5 0.3 0.2 0.1 0.05 0.01 0.005 0.002x20", "0.5 0.3 0.2 0.1 0.05 0.01 0.005 0.002x20").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_the_rate_is_cut() => Updates("0.04x12 0.001x12", "0.04x12 0.001x12", "0.04x12 0.001x12").Run().Signal("update-too-large").Active.ShouldBeFalse();

    [Fact]
    public void Logged_at_every_step_it_takes_a_hundred_points() =>
        new Script().Series("update_ratio/fc1", "0.05~0.004x300").Run().Signal("update-too-large").Step.ShouldBeInRange(99, 120);

    [Fact]
    public void It_is_blind_without_update_ratios() => new Script().Config("""{"lr":1000}""").Series("param_norm/total", "10~0.1x300").Run().Raised.ShouldBeEmpty();
}
