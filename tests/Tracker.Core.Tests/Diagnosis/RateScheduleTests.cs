using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class RateScheduleTests
{
    private const string Constant = """{"schedule":"constant"}""";
    private const string Again = "0.1-0.001x99 0.001+0.001x60";

    [Fact]
    public void A_constant_rate_that_halves_is_a_warning()
    {
        var signal = new Script().Config(Constant).Series("lr", "0.1x100 0.04x50").Run().Signal("unintended-schedule");
        (signal.Severity, signal.OnsetStep, signal.Step).ShouldBe((Severity.Warn, 100, 109));
    }

    [Fact]
    public void A_little_is_no_change() => new Script().Config(Constant).Series("lr", "0.1x100 0.06x50").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Where_the_config_names_a_schedule_the_rate_may_fall() => new Script().Config("""{"schedule":"step"}""").Series("lr", "0.1x100 0.01x50").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_constant_rate_may_be_warmed_up() => new Script().Config(Constant).Series("lr", "0.001+0.001x100 0.1x200").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void One_that_is_raised_later_is_a_note() => new Script().Config(Constant).Series("lr", "0.1x100 0.5x50").Run().Signal("unintended-schedule").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_cosine_that_rises_again_does_not_fit_the_run()
    {
        var outcome = new Script().Config("""{"schedule":"cosine"}""").Series("lr", Again).Run();
        var signal = outcome.Signal("unintended-schedule");
        (signal.Severity, signal.OnsetStep).ShouldBe((Severity.Warn, 99));
        outcome.Diagnoses[0].Cause.ShouldBe("lr-schedule-misaligned");
    }

    [Fact]
    public void Where_nothing_says_what_was_meant_it_is_a_note() => new Script().Series("lr", Again).Run().Signal("unintended-schedule").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_cyclic_schedule_is_an_annotation()
    {
        var outcome = new Script().Config("""{"lr_scheduler":"CosineAnnealingWarmRestarts"}""").Series("lr", Again).Run();
        outcome.Raised.ShouldBe(["cyclic-lr-context"]);
        outcome.Diagnoses[0].Cause.ShouldBe("cyclic-lr");
    }

    [Fact]
    public void A_rate_of_zero_all_along_never_rose() => new Script().Config(Constant).Series("lr", "0x300").Run().Raised.ShouldNotContain("unintended-schedule");

    [Fact]
    public void Without_a_rate_nothing_is_said() => new Script().Config(Constant).Series("val/loss", "1x100").Run().Raised.ShouldNotContain("unintended-schedule");
}
