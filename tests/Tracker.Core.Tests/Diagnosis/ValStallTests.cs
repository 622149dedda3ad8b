using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ValStallTests
{
    private const string Cosine = """{"total_steps":10000,"schedule":"cosine","num_classes":1000}""";

    /// <summary>
    /// Six hours in, at 40 % of a cosine: validation 2.341, 2.340, 2.342 for hours, training still falling slowly, healthy gradients, a learning rate of 3e-5.
    /// </summary>
    private static Outcome TheNightBeforeTheReview()
    {
        var rate = string.Join(' ', Enumerable.Range(0, 4000).Select(i => FormattableString.Invariant($"{4.583e-5 * (1 + Math.Cos(Math.PI * i / 10000)) / 2:0.####e-0}")));
        return new Script().Config(Cosine).Series("lr", rate).Series("grad_norm/total", "1.1~0.05x4000").Series("train/loss", "6.9>2.35~0.02x2000 2.35-0.00005~0.02x2000")
            .Series("val/loss", "6.9>2.345~0.001x10 " + string.Join(' ', Enumerable.Repeat("2.341 2.340 2.342 2.3405 2.3415", 6)), every: 100).Run();
    }

    [Fact]
    public void The_night_before_the_review_five_hypotheses_are_weighed_and_the_word_is_wait()
    {
        var diagnosis = TheNightBeforeTheReview().Diagnoses.First(d => d.Signals.Any(s => s.Id == "val-stall"));
        diagnosis.Severity.ShouldBe(Severity.Info);
        diagnosis.Causes.Select(c => c.Id).ShouldBe(["overfitting", "eval-bug", "converged", "saddle-point", "lr-schedule-exhausted"], ignoreOrder: true);
        diagnosis.Causes[0].Id.ShouldBe("overfitting");
        diagnosis.Prescriptions[0].ShouldStartWith("Wait: the learning rate, ");
        diagnosis.Prescriptions[0].ShouldContain("step 8000");
    }

    [Fact]
    public void Each_hypothesis_names_what_speaks_for_and_against_it()
    {
        var causes = TheNightBeforeTheReview().Diagnoses.First(d => d.Signals.Any(s => s.Id == "val-stall")).Causes.ToDictionary(c => c.Id);
        causes["converged"].Against.ShouldContain(s => s.StartsWith("the training loss still falls", StringComparison.Ordinal));
        causes["saddle-point"].Against.ShouldContain(s => s.StartsWith("the gradient norm is healthy", StringComparison.Ordinal));
        causes["lr-schedule-exhausted"].Against.ShouldContain(s => s.Contains("of its peak at", StringComparison.Ordinal));
        causes["eval-bug"].Against.ShouldContain(s => s.StartsWith("the last evaluations differ", StringComparison.Ordinal));
        causes["overfitting"].For.ShouldContain(s => s.StartsWith("the training loss still falls", StringComparison.Ordinal));
        causes["overfitting"].Against.ShouldContain("validation does not rise");
        causes.Values.ShouldAllBe(c => c.For.Count > 0);
    }

    [Fact]
    public void With_a_rate_that_no_longer_moves_anything_the_word_is_restart()
    {
        var outcome = new Script().Config("""{"total_steps":10000}""").Series("lr", "0.001x1000 0.00005x3000").Series("train/loss", "6.9>2.35~0.02x1000 2.35~0.02x3000")
            .Series("val/loss", "6.9>2.341~0.001x10 2.341~0.001x30", every: 100).Run();
        var diagnosis = outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "val-stall"));
        diagnosis.Prescriptions[0].ShouldStartWith("Restart from the checkpoint");
        diagnosis.Causes[0].Id.ShouldBeOneOf("lr-schedule-exhausted", "converged");
    }

    [Fact]
    public void With_a_vanished_gradient_a_saddle_point_comes_first()
    {
        var outcome = new Script().Series("lr", "0.001x4000").Series("grad_norm/total", "2>0.001x1000 0.001~0.0001x3000").Series("train/loss", "6.9>2.35~0.02x1000 2.35~0.02x3000")
            .Series("val/loss", "6.9>2.341~0.001x10 2.341~0.001x30", every: 100).Run();
        var diagnosis = outcome.Diagnoses.First(d => d.Signals.Any(s => s.Id == "val-stall"));
        diagnosis.Causes.Take(2).Select(c => c.Id).ShouldContain("saddle-point");
        diagnosis.Prescriptions[0].ShouldContain("higher learning rate");
    }

    [Fact]
    public void Validation_that_still_falls_is_no_stall() =>
        new Script().Series("train/loss", "6.9>2.35~0.02x4000").Series("val/loss", "6.9 5 4-0.03~0.001x38", every: 100).Run().Raised.ShouldNotContain("val-stall");

    [Fact]
    public void At_the_end_of_the_run_flat_is_expected() =>
        new Script().Config("""{"total_steps":4000}""").Series("train/loss", "6.9>2.35~0.02x4000").Series("val/loss", "6.9>2.5x33 2.3~0.001x7", every: 100).Run().Raised.ShouldNotContain("val-stall");

    [Fact]
    public void A_new_best_clears_it() =>
        new Script().Series("train/loss", "6.9>2.35~0.02x5000").Series("val/loss", "6.9>2.341~0.001x10 2.341~0.001x20 2-0.1x10", every: 100).Run().Signal("val-stall").Active.ShouldBeFalse();

    [Fact]
    public void It_is_blind_without_validation() => new Script().Series("train/loss", "6.9>2.35~0.02x2000").Run().Raised.ShouldNotContain("val-stall");
}
