using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class UpdateTooSmallTests
{
    private static Script Updates(string line, string loss = "2.3~0.05x800", string rate = "0.001x800") =>
        new Script().Config("""{"total_steps":1000}""").Series("lr", rate).Series("train/loss", loss)
            .Series("update_ratio/fc1", line, every: 20).Series("update_ratio/head", line, every: 20);

    [Fact]
    public void A_millionth_of_the_weights_a_step_is_a_warning_and_says_the_rate()
    {
        var outcome = Updates("3e-7~1e-8x20").Run();
        var signal = outcome.Signal("update-too-small");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.OnsetStep.ShouldBe(0);
        signal.Summary.ShouldContain("learning rate of 0.001");
        outcome.Diagnoses[0].Cause.ShouldBe("lr-too-low");
    }

    [Fact]
    public void A_hundred_thousandth_is_a_note_until_the_loss_proves_to_be_flat()
    {
        var outcome = Updates("4e-6~1e-7x40").Run();
        outcome.Raised.ShouldContain("plateau-from-start");
        outcome.Signal("update-too-small").Severity.ShouldBe(Severity.Warn);
        Updates("4e-6~1e-7x10").Run().Signal("update-too-small").Severity.ShouldBe(Severity.Info);
    }

    [Fact]
    public void A_ten_thousandth_is_enough_to_learn() => Updates("1e-4~1e-5x20", "2.3>0.3~0.05x400").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Fine_tuning_near_the_optimum_moves_little_and_is_a_note_at_most() =>
        Updates("8e-7~1e-8x20", "0.5>0.2~0.01x400").Run().Signal("update-too-small").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void An_annealed_rate_is_meant_to_end_it() =>
        Updates("1e-3~1e-4x15 1e-8x15", "2.3>0.3~0.02x600", "0.001x300 0.00000001x300").Run().Raised.ShouldNotContain("update-too-small");

    [Fact]
    public void During_the_warm_up_updates_are_small() =>
        Updates("1e-7+1e-7x10 1e-3~1e-4x20", "2.3>0.3~0.05x600", "1e-7+1e-7x200 0.001x400").Run().Raised.ShouldNotContain("update-too-small");

    [Fact]
    public void Without_any_gradient_there_is_nothing_to_update_with() =>
        Updates("0x20").Series("grad_norm/total", "0x400").Run().Raised.ShouldNotContain("update-too-small");

    [Fact]
    public void It_is_blind_without_update_ratios() => new Script().Series("lr", "1e-9x300").Series("grad_norm/total", "1~0.1x300").Run().Raised.ShouldBeEmpty();
}
