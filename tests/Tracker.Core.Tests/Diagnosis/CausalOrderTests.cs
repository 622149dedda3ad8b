using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>What came first and explains the rest is the root; what follows from it joins its diagnosis.</summary>
public sealed class CausalOrderTests
{
    private static string Growing(int steps) => string.Join(' ', Enumerable.Range(0, steps).Select(i => FormattableString.Invariant($"{5 * Math.Exp(i * 0.005):0.######}")));

    [Fact]
    public void Weights_that_ran_away_before_the_loss_diverged_are_the_root_of_both()
    {
        var diagnosis = new Script().Config("""{"total_steps":600,"weight_decay":0}""").Series("param_norm/total", Growing(600)).Series("lr", "0.1x600")
            .Series("train/loss", "2>0.5~0.03x400 0.6+0.03x200").Run().Diagnoses.Where(d => d.Severity >= Severity.Warn).ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("weight-decay-too-low");
        diagnosis.Signals.Select(s => s.Id).ShouldContain("loss-divergence");
        diagnosis.Causes[0].For.ShouldContain(reason => reason.StartsWith("it came first", StringComparison.Ordinal));
    }

    [Fact]
    public void A_divergence_without_them_is_the_rates_doing() =>
        new Script().Config("""{"total_steps":600,"weight_decay":0}""").Series("param_norm/total", "5+0.01x600").Series("lr", "0.1x600")
            .Series("train/loss", "2>0.5~0.03x400 0.6+0.03x200").Run().Diagnoses.First(d => d.Severity >= Severity.Warn).Causes.ShouldNotContain(c => c.Id == "weight-decay-too-low");

    [Fact]
    public void A_class_that_is_missing_explains_why_validation_rises()
    {
        const string Learnt = "0 0.3 0.6 0.85~0.01x37";
        var diagnosis = new Script().Config("""{"num_classes":4,"total_steps":800}""").Series("train/loss", "1.4>0.1~0.02x800")
            .Series("val/acc_class_0", Learnt, every: 20).Series("val/acc_class_1", Learnt, every: 20).Series("val/acc_class_2", Learnt, every: 20).Series("val/acc_class_3", "0x40", every: 20)
            .Series("val/loss", "1.4 1.2 1.05 1 1.03+0.03x36", every: 20).Run().Diagnoses.Where(d => d.Severity >= Severity.Warn).ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("class-imbalance");
        diagnosis.Causes.ShouldContain(c => c.Id == "overfitting");
        diagnosis.Signals.ShouldContain(s => s.Id == "overfitting");
    }

    [Fact]
    public void A_loss_that_follows_the_epoch_does_not_oscillate_by_itself()
    {
        var loss = string.Join(' ', Enumerable.Repeat("1.6~0.03x15 1~0.03x15", 20));
        var diagnoses = new Script().Config("""{"total_steps":600,"steps_per_epoch":30}""").Series("train/loss", loss).Run().Diagnoses;
        diagnoses.First(d => d.Signals.Any(s => s.Id == "epoch-boundary-jump")).Cause.ShouldBe("ordering-or-shuffle");
        diagnoses.ShouldNotContain(d => d.Cause == "lr-too-high");
    }

    [Fact]
    public void Two_diagnoses_become_one_when_one_cause_accounts_for_both_and_the_older_lives_on()
    {
        // Validation that rises is overfitting, until it shows that the weights had been growing all the time.
        var outcome = new Script().Config("""{"total_steps":900,"weight_decay":0}""").Series("train/loss", "2>0.1~0.02x900").Series("val/loss", "2 1.5 1.2 1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 1.9 2+0.05x33", every: 20)
            .Series("param_norm/total", string.Join(' ', Enumerable.Range(0, 900).Select(i => FormattableString.Invariant($"{5 * Math.Exp(i * 0.003):0.######}")))).Run();
        var open = outcome.Diagnoses.Where(d => d.State == DiagnosisState.Open && d.Severity >= Severity.Warn).ShouldHaveSingleItem();
        open.Signals.Select(s => s.Id).ShouldContain("overfitting");
        open.Signals.Select(s => s.Id).ShouldContain("param-norm-runaway");
        open.Cause.ShouldBe("weight-decay-too-low");
        outcome.Events.First(e => e.Diagnosis.Severity >= Severity.Warn).Diagnosis.Id.ShouldBe(open.Id);
        outcome.Diagnoses.Where(d => d != open && d.Signals.Any(s => open.Signals.Contains(s))).ShouldAllBe(d => d.Resolution!.StartsWith("Joined with", StringComparison.Ordinal));
    }

    [Fact]
    public void What_would_tell_two_causes_apart_is_named_with_the_line_that_logs_it()
    {
        var diagnosis = new Script().Config("""{"num_classes":10,"total_steps":1000}""").Series("train/loss", "2.303~0.02x600").Run().Diagnoses.First(d => d.Severity >= Severity.Warn);
        diagnosis.Causes.Count.ShouldBeGreaterThan(1);
        diagnosis.Next.ShouldContain("run.log({\"");
        diagnosis.Next.ShouldContain(diagnosis.Causes[0].Title);
    }

    [Fact]
    public void Where_one_cause_is_clear_nothing_more_is_asked_for()
    {
        var diagnosis = new Script().Series("grad_norm/total", "1~0.05x100 2 5 20 90 800 NaNx5").Series("train/loss", "2>0.5~0.05x100 1 2 4 9 20 NaNx5").Run().Diagnoses.ShouldHaveSingleItem();
        diagnosis.Causes[0].Strength.ShouldBe("strong");
        diagnosis.Next.ShouldBeEmpty();
    }
}
