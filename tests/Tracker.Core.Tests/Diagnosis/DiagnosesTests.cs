using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>How signals become diagnoses: joined, ranked, told, resolved.</summary>
public sealed class DiagnosesTests
{
    [Fact]
    public void An_early_explosion_that_kills_the_units_is_one_diagnosis_and_the_rate_is_to_blame()
    {
        var outcome = new Script().Config("""{"lr":0.25,"num_classes":10,"total_steps":1000}""").Series("lr", "0.25x600")
            .Series("train/loss", "2.3 9 40x12 2.303~0.02x500").Series("grad_norm/total", "1 50 400x12 0x500")
            .Series("dead_fraction/fc1", "0.1 1x25", every: 20).Run();
        var diagnosis = outcome.Diagnoses.ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("lr-too-high");
        diagnosis.Causes[0].Strength.ShouldBe("strong");
        diagnosis.Prescriptions[0].ShouldBe("Lower the learning rate: 0.25 → try 0.025.");
        diagnosis.Signals.Select(s => s.Id).ShouldContain("zero-gradient");
    }

    [Fact]
    public void NaN_out_of_calm_in_half_precision_is_a_matter_of_precision()
    {
        var diagnosis = new Script().Config("""{"precision":"fp16"}""").Series("grad_norm/total", "1~0.1x100 NaNx5").Series("train/loss", "2>0.5~0.05x100 NaNx5").Run().Diagnoses.ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("numeric-precision");
        diagnosis.Causes[0].For.ShouldContain("the config says precision fp16, whose largest number is 65504");
        diagnosis.Prescriptions.ShouldContain("Use bf16 instead of fp16, or dynamic loss scaling.");
    }

    [Fact]
    public void NaN_after_a_rising_gradient_is_a_matter_of_the_rate()
    {
        var diagnosis = new Script().Series("grad_norm/total", "1~0.05x100 2 5 20 90 800 NaNx5").Series("train/loss", "2>0.5~0.05x100 1 2 4 9 20 NaNx5").Run().Diagnoses.ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("lr-too-high");
        diagnosis.Causes[0].For.ShouldContain(s => s.StartsWith("the gradient norm rose from", StringComparison.Ordinal));
    }

    [Fact]
    public void NaN_out_of_certainty_is_a_matter_of_the_logarithm()
    {
        var diagnosis = new Script().Config("""{"num_classes":10,"loss":"cross_entropy","precision":"fp32"}""").Series("grad_norm/total", "0.05~0.01x300 NaNx5")
            .Series("train/loss", "2.3>0.003~0.0005x300 NaNx5").Run().Diagnoses.ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("numeric-precision");
        diagnosis.Prescriptions[0].ShouldContain("log");
    }

    [Fact]
    public void NaN_out_of_calm_is_a_matter_of_the_batch() =>
        new Script().Series("grad_norm/total", "1~0.1x300 NaNx5").Series("train/loss", "2.3>0.5~0.05x300 NaNx5").Run().Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("bad-batches");

    [Fact]
    public void NaN_at_the_very_first_loss_is_not_the_rates_doing()
    {
        var diagnosis = new Script().Series("train/loss", "NaNx5").Run().Diagnoses.ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("numeric-precision");
        diagnosis.Causes.ShouldNotContain(c => c.Id == "lr-too-high");
    }

    [Fact]
    public void Unrelated_faults_are_two_diagnoses()
    {
        var outcome = new Script().Config("""{"max_grad_norm":1}""").Series("grad_norm/total", "5~0.2x300").Series("train/loss", "2>0.5~0.05x300")
            .Series("val/loss", "2.3 1.8 1.4 1.1 1.05 1 1.05+0.03x9", every: 20).Run();
        outcome.Diagnoses.Select(d => d.Cause).ShouldBe(["clip-threshold-too-low", "overfitting"], ignoreOrder: true);
    }

    [Fact]
    public void People_are_told_when_it_is_raised_and_when_it_gets_worse_and_not_again()
    {
        var events = new Script().Series("train/loss", "2>0.5~0.05x100 NaNx60").Series("grad_norm/total", "1~0.1x100 NaNx60").Series("param_norm/total", "5x100 NaNx60").Run().Events;
        events.Count.ShouldBeGreaterThan(2);
        events.Count(e => e.Notify).ShouldBe(1);
        events[0].Kind.ShouldBe(DiagnosisEventKind.Raised);
        events.Skip(1).ShouldAllBe(e => e.Kind == DiagnosisEventKind.Updated);
    }

    [Fact]
    public void A_rise_in_severity_is_told()
    {
        // Clipped in two of three steps (warn), later in all (high).
        var events = new Script().Config("""{"max_grad_norm":1}""").Series("grad_norm/total", string.Join(' ', Enumerable.Repeat("5 5 0.5", 80)) + " 5x800").Run().Events;
        events.Where(e => e.Notify).Select(e => e.Diagnosis.Severity).ShouldBe([Severity.Warn, Severity.High]);
    }

    [Fact]
    public void A_fault_that_comes_back_soon_is_the_same_diagnosis_and_later_it_is_another()
    {
        var soon = new Script().Config("""{"max_grad_norm":1}""").Series("grad_norm/total", "2x800 0.8~0.01x130 2x300").Run();
        soon.Events.Count(e => e.Kind == DiagnosisEventKind.Raised).ShouldBe(2);
        soon.Diagnoses.ShouldHaveSingleItem().State.ShouldBe(DiagnosisState.Open);
        soon.Events.Count(e => e.Notify).ShouldBe(soon.Events.TakeWhile(e => e.Kind != DiagnosisEventKind.Resolved).Count(e => e.Notify));
        var late = new Script().Config("""{"max_grad_norm":1}""").Series("grad_norm/total", "2x800 0.8~0.01x600 2x600").Run();
        late.Diagnoses.Select(d => d.State).ShouldBe([DiagnosisState.Resolved, DiagnosisState.Open]);
    }

    [Fact]
    public void A_resolution_says_which_change_of_the_rate_came_before()
    {
        var outcome = new Script().Series("lr", "0.1x405 0.001x120").Series("train/loss", "2>0.5~0.03x300 2~0.03x106 0.5~0.01x200").Run();
        outcome.Diagnoses[0].State.ShouldBe(DiagnosisState.Resolved);
        outcome.Diagnoses[0].Resolution.ShouldNotBeNull().ShouldStartWith("All its alarms have cleared by step");
    }

    [Fact]
    public void Numbers_in_sentences_are_short_and_in_evidence_exact()
    {
        var signal = new Script().Config("""{"max_grad_norm":0.123456789}""").Series("grad_norm/total", "0.987654321x200").Run().Signal("clip-over-80");
        signal.Summary.ShouldContain("threshold 0.1235 in");
        signal.Evidence[0].Statistic.ShouldBe("share of steps clipped");
        signal.Evidence[0].Threshold.ShouldBe(0.8);
    }
}
