using Shouldly;
using Tracker.Core.Diagnosis;
using Tracker.Core.Diagnosis.Engine;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis.Engine;

/// <summary>The guards as a detector finds them at the last point of the loss.</summary>
public sealed class GuardsTests
{
    [Fact]
    public void A_jump_of_the_rate_has_a_direction_and_a_grace_window()
    {
        Guards(new Script().Series("lr", "0.1x100 0.01x5").Series("train/loss", "1x105"), run =>
        {
            run.Rate.JustFell.ShouldBeTrue();
            run.Rate.JustRose.ShouldBeFalse();
            run.Rate.JumpRatio.ShouldBe(0.1, 1e-9);
            run.Rate.JumpStep.ShouldBe(100);
        });
        Guards(new Script().Series("lr", "0.1x100 0.01x60").Series("train/loss", "1x160"), run => (run.RateJustJumped, run.IsInRateGrace(run.Loss!)).ShouldBe((false, true)));
        Guards(new Script().Series("lr", "0.1x100 0.01x90").Series("train/loss", "1x190"), run => run.IsInRateGrace(run.Loss!).ShouldBeFalse());
    }

    [Fact]
    public void A_rate_that_ramps_by_half_in_ten_points_jumps_too() =>
        Guards(new Script().Series("lr", "0.1x100 0.1+0.01x9").Series("train/loss", "1x109"), run => (run.Rate.JustRose, run.Rate.Jumps).ShouldBe((true, 0)));

    [Theory]
    [InlineData("0.1x200", 0, 0, false)]
    [InlineData("0.1-0.0004x240", -1, 0, false)]
    [InlineData("0.001+0.001x100 0.1-0.0009x100", -1, 1, false)]
    [InlineData("0.1-0.0009x100 0.01+0.0009x60", 1, 1, true)]
    [InlineData("0.01+0.001x90 0.1-0.001x90 0.01+0.001x90 0.1-0.001x40", -1, 3, true)]
    public void The_course_of_the_rate_is_told_by_its_turns(string line, int direction, int turns, bool cyclic) =>
        Guards(new Script().Series("lr", line).Series("train/loss", "1x400"), run => (run.Rate.Direction, run.Rate.Turns, run.Rate.IsCyclic).ShouldBe((direction, turns, cyclic)));

    [Fact]
    public void Epochs_come_from_their_series_or_from_the_config()
    {
        Guards(new Script().Series("train/epoch", "0+0.02x151").Series("train/loss", "1x151"), run =>
        {
            run.EpochJustChanged.ShouldBeTrue();
            run.Phase(175)!.Value.ShouldBe(0.5, 1e-6);
            run.Epoch.Length(run.Hints)!.Value.ShouldBe(50, 1e-6);
        });
        Guards(new Script().Config("""{"steps_per_epoch":60}""").Series("train/loss", "1x121"), run =>
        {
            run.EpochJustChanged.ShouldBeTrue();
            run.Phase(150).ShouldBe(0.5);
        });
        Guards(new Script().Series("train/loss", "1x121"), run => (run.EpochJustChanged, run.Phase(5)).ShouldBe((false, null)));
    }

    [Fact]
    public void The_length_of_the_run_follows_from_epochs()
    {
        Guards(new Script().Config("""{"epochs":4}""").Series("epoch", "0x50 1x50 2x50 3x50").Series("train/loss", "1x200"), run => (run.TotalSteps, run.IsNearEnd).ShouldBe((200, true)));
        // Keras: every step is an epoch.
        Guards(new Script().Config("""{"epochs":40,"steps_per_epoch":100}""").Series("epoch", "0+1x20").Series("loss", "1x20"), run => (run.TotalSteps, run.Progress).ShouldBe((40, 0.5)));
        Guards(new Script().Series("loss", "1x20"), run => (run.TotalSteps, run.IsNearEnd).ShouldBe((null, false)));
    }

    [Fact]
    public void A_run_that_goes_beyond_its_announced_end_has_no_known_length() =>
        Guards(new Script().Config("""{"total_steps":20}""").Series("loss", "1x20", every: 5), run => (run.TotalSteps, run.Progress).ShouldBe((null, null)));

    [Theory]
    [InlineData("""{"task":"rl"}""", "train/loss", false, true)]
    [InlineData("{}", "train/loss_d train/loss_g", false, true)]
    [InlineData("{}", "loss_G_A loss_D_A", false, true)]
    [InlineData("{}", "train/policy_loss train/value_loss", false, true)]
    [InlineData("{}", "rollout/ep_rew_mean", false, true)]
    [InlineData("{}", "train/reconstruction train/kl", false, false)]
    [InlineData("{}", "train/loss", true, true)]
    public void Adversarial_and_reward_tasks_are_recognised(string config, string series, bool signChanges, bool adversarial)
    {
        var script = new Script().Config(config).Series("train/loss", signChanges ? "1x10 -1x10" : "1x20");
        foreach (var name in series.Split(' ').Where(n => n != "train/loss")) script.Series(name, "1x20");
        Guards(script, run => run.IsAdversarial.ShouldBe(adversarial));
    }

    [Theory]
    [InlineData("""{"model_name_or_path":"bert-base"}""", true)]
    [InlineData("""{"pretrained":true}""", true)]
    [InlineData("""{"pretrained":false}""", false)]
    [InlineData("{}", false)]
    public void Fine_tuning_is_told_by_the_config(string config, bool fineTune) => Guards(new Script().Config(config).Series("train/loss", "1x20"), run => run.IsFineTune.ShouldBe(fineTune));

    [Fact]
    public void Fine_tuning_is_told_by_a_start_that_is_good_already() =>
        Guards(new Script().Config("""{"num_classes":10}""").Series("train/loss", "0.5x30"), run => run.IsFineTune.ShouldBeTrue());

    [Fact]
    public void A_role_set_by_hand_counts_more_than_the_name()
    {
        Guards(new Script().Config("""{"tracker":{"roles":{"my/score":"train/loss","loss":"none"}}}""").Series("loss", "1x10").Series("my/score", "2x10"),
            run => run.Loss!.Name.ShouldBe("my/score"));
        Guards(new Script().Config("""{"tracker.roles":{"my/score":"val_f1"}}""").Series("train/loss", "1x10").Series("my/score", "2x10"),
            run => run.First(RoleKind.Metric)!.Role!.HigherIsBetter.ShouldBeTrue());
    }

    [Fact]
    public void A_role_set_while_the_run_goes_on_starts_the_series_anew()
    {
        var script = new Script().Series("loss", "2.3x30 NaNx10 2.3x10").Event(45, "config", """{"tracker.roles":{"loss":"none"}}""");
        var outcome = script.Run();
        outcome.Signal("nan-after-n").Active.ShouldBeFalse();
        outcome.Diagnoses.ShouldAllBe(d => d.State == DiagnosisState.Resolved);
        // The state holds the roles, so what was saved is loaded.
        RunAnalyzer.Load("run", outcome.Analyzer.Save())!.Save().ShouldBe(outcome.Analyzer.Save());
    }

    [Fact]
    public void After_the_end_a_resume_opens_the_run_again()
    {
        Guards(new Script().Event(10, "finish").Series("train/loss", "1x20"), run => run.HasEnded.ShouldBeTrue());
        Guards(new Script().Event(10, "finish").Event(12, "resume").Series("train/loss", "1x20"), run => (run.HasEnded, run.JustResumed).ShouldBe((false, true)));
    }

    private static void Guards(Script script, Action<RunContext> check)
    {
        var last = new LastContext();
        var analyzer = new RunAnalyzer("r", null, [new(nameof(LastContext), [], [RoleKind.TrainLoss], true, _ => last)]);
        foreach (var batch in script.Batches()) analyzer.Fold(batch);
        check(last.Run.ShouldNotBeNull());
    }

    private sealed class LastContext : Detector
    {
        public RunContext? Run { get; private set; }

        public override void Look(RunContext run, SeriesState series, in Point point) => Run = run;
    }
}
