using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class StalledRunTests
{
    private static Script Run => new Script().Series("train/loss", "2>0.5~0.02x300");

    [Fact]
    public void A_silence_far_longer_than_any_is_told_when_the_next_point_comes()
    {
        var outcome = Run.Pause(200, 1500).Run();
        var signal = outcome.Signal("stalled-run");
        (signal.Severity, signal.Step, signal.OnsetStep).ShouldBe((Severity.High, 200, 199));
        signal.Title.ShouldBe("Training stood still for 25 minutes after step 199");
        signal.Active.ShouldBeFalse();
        outcome.Diagnoses[0].State.ShouldBe(DiagnosisState.Resolved);
    }

    [Fact]
    public void Four_minutes_are_no_stall() => Run.Pause(200, 240).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void An_evaluation_explains_a_silence() =>
        new Script().Series("train/loss", "2>1~0.02x200 _ 1~0.02x99").Series("val/accuracy", "_x200 0.5").Pause(200, 1500).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_restart_explains_a_silence() => Run.Event(200, "resume").Pause(200, 90000).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Steps_that_always_take_long_are_no_stall() =>
        Enumerable.Range(1, 299).Aggregate(Run, (script, step) => script.Pause(step, 400)).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void The_server_may_say_it_before_the_next_point() =>
        Run.Event(250, "stalled", """{"seconds":1800}""").Run().Signal("stalled-run").Title.ShouldContain("30 minutes");

    [Fact]
    public void A_silence_that_is_not_twice_too_long_is_borne_while_it_lasts() => Run.Event(250, "stalled", """{"seconds":500}""").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void The_machines_own_figures_tell_it_while_it_lasts()
    {
        var outcome = new Script().Series("train/loss", "2>0.5~0.02x200 _x20 0.5~0.02x80").Series("system/cpu", "0.5x300").Pause(201, 300).Pause(202, 300).Pause(203, 300).Run();
        var signal = outcome.Signal("stalled-run");
        (signal.Severity, signal.Step, signal.OnsetStep).ShouldBe((Severity.High, 202, 199));
        outcome.Signals.Count(s => s.Id == "stalled-run").ShouldBe(1);
    }

    [Fact]
    public void A_run_that_has_ended_does_not_stand_still() =>
        new Script().Series("train/loss", "2>0.5~0.02x200").Series("system/cpu", "0.5x300").Event(200, "finish").Pause(201, 5000).Run().Raised.ShouldBeEmpty();
}
