using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class StuckAfterDropTests
{
    private const string Config = """{"total_steps":1000}""";

    [Fact]
    public void A_flat_loss_alone_is_a_note()
    {
        var outcome = new Script().Config(Config).Series("train/loss", "2.3>0.9~0.03x150 0.9~0.03x600").Run();
        outcome.Raised.ShouldBe(["stuck-after-drop"]);
        outcome.Signal("stuck-after-drop").Severity.ShouldBe(Severity.Info);
        outcome.Events.ShouldAllBe(e => !e.Notify);
    }

    [Fact]
    public void With_a_rate_that_ran_out_it_is_a_warning_and_joins_that_diagnosis()
    {
        var outcome = new Script().Config(Config).Series("lr", "0.1x150 0.00001x600").Series("train/loss", "2.3>0.9~0.03x150 0.9~0.03x600").Run();
        outcome.Raised.ShouldBe(["lr-decayed-early", "stuck-after-drop"]);
        outcome.Signal("stuck-after-drop").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("lr-schedule-exhausted");
    }

    [Fact]
    public void A_loss_that_still_falls_is_not_stuck() => new Script().Config(Config).Series("train/loss", "2.3-0.0015~0.03x750").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_converged_loss_is_not_stuck() => new Script().Config(Config).Series("train/loss", "2.3>0.05~0.005x750").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Flat_at_the_end_of_the_schedule_is_expected() =>
        new Script().Config(Config).Series("lr", "0.1x150 0.005x600").Series("train/loss", "2.3>0.9~0.03x150 0.9~0.03x600").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Flat_in_the_last_fifth_is_expected() =>
        new Script().Config(Config).Series("train/loss", "2.3-0.0018~0.02x760 0.93~0.02x240").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Validation_that_improves_is_progress() =>
        new Script().Config(Config).Series("val/loss", "2-0.03x50", every: 20).Series("train/loss", "2.3>0.9~0.03x150 0.9~0.03x600").Run().Raised.ShouldNotContain("stuck-after-drop");
}
