using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GrokkingTests
{
    private const string Config = """{"num_classes":20,"weight_decay":1,"total_steps":4000}""";
    private const string Solved = "3>0.01~0.001x200 0.005~0.0002x3800";

    [Fact]
    public void Training_solved_and_validation_at_chance_is_a_candidate_and_no_overfitting()
    {
        var outcome = new Script().Config(Config).Series("train/loss", Solved).Series("train/accuracy", "0.1 0.7 0.9 1x37", every: 100).Series("val/loss", "3 3.5+0.1x39", every: 100).Series("val/accuracy", "0.05~0.005x40", every: 100).Run();
        outcome.Signal("grokking-candidate").Severity.ShouldBe(Severity.Info);
        outcome.Raised.ShouldNotContain("overfitting");
        outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "grokking-candidate")).Cause.ShouldBe("grokking-candidate");
    }

    [Fact]
    public void Validation_that_follows_late_is_grokking()
    {
        var outcome = new Script().Config(Config).Series("train/loss", Solved).Series("train/accuracy", "0.1 0.7 0.9 1x37", every: 100)
            .Series("val/loss", "3 3.5+0.1x15 5-0.25x19 0.2x5", every: 100).Series("val/accuracy", "0.05~0.005x20 0.2+0.1x8 1x12", every: 100).Run();
        outcome.Raised.ShouldContain("grokking");
        outcome.Signal("grokking-candidate").Active.ShouldBeFalse();
        outcome.Diagnoses.ShouldAllBe(d => d.Severity == Severity.Info);
    }

    [Fact]
    public void A_run_with_few_evaluations_is_seen_to_grok_too() =>
        new Script().Config(Config).Series("train/loss", Solved).Series("train/accuracy", "0.1 1x12", every: 300).Series("val/loss", "3 4 5 4 2 1 0.5 0.3x6", every: 300).Series("val/accuracy", "0.05 0.05 0.06 0.4 0.7 0.9 0.98x7", every: 300).Run().Raised.ShouldContain("grokking");

    [Fact]
    public void A_model_that_generalises_soon_after_has_not_grokked() =>
        new Script().Config(Config).Series("train/loss", Solved).Series("train/accuracy", "0.1 0.7 0.9 1x37", every: 100).Series("val/loss", "3 3 3 3 3 1 0.5 0.3x33", every: 100).Series("val/accuracy", "0.05 0.05 0.05 0.05 0.06 0.8 0.9x34", every: 100).Run().Raised.ShouldNotContain("grokking");

    [Fact]
    public void Validation_well_above_chance_is_none() =>
        new Script().Config(Config).Series("train/loss", Solved).Series("train/accuracy", "0.1 0.7 0.9 1x37", every: 100).Series("val/loss", "3 2 1.5~0.01x38", every: 100).Series("val/accuracy", "0.05 0.3 0.5~0.01x38", every: 100).Run().Raised.ShouldNotContain("grokking-candidate");

    [Fact]
    public void Without_accuracies_the_losses_tell() =>
        new Script().Config(Config).Series("train/loss", Solved).Series("val/loss", "3 3.5~0.01x39", every: 100).Run().Raised.ShouldContain("grokking-candidate");

    [Fact]
    public void A_few_evaluations_say_nothing_and_without_validation_it_is_blind()
    {
        new Script().Config(Config).Series("train/loss", Solved).Series("val/loss", "3 3.5~0.01x3", every: 100).Run().Raised.ShouldNotContain("grokking-candidate");
        new Script().Config(Config).Series("train/loss", Solved).Run().Raised.ShouldNotContain("grokking-candidate");
    }
}
