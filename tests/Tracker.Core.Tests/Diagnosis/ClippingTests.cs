using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ClippingTests
{
    private const string Clip1 = """{"max_grad_norm":1}""";

    [Fact]
    public void Norms_above_the_threshold_in_most_steps_raise_both()
    {
        var outcome = new Script().Config(Clip1).Series("grad_norm/total", "5~0.1x200").Run();
        outcome.Raised.ShouldBe(["clip-over-50", "clip-over-80"]);
        outcome.Signal("clip-over-50").Severity.ShouldBe(Severity.Warn);
        outcome.Signal("clip-over-80").Severity.ShouldBe(Severity.High);
        var diagnosis = outcome.Diagnoses.ShouldHaveSingleItem();
        diagnosis.Title.ShouldBe("Gradients are clipped in 100 % of the steps");
        diagnosis.Cause.ShouldBe("clip-threshold-too-low");
        diagnosis.Prescriptions[0].ShouldContain("1 → try 5.");
    }

    [Fact]
    public void Two_steps_in_three_are_more_than_half_and_no_more() =>
        new Script().Config(Clip1).Series("grad_norm/total", Repeat("5 5 0.5", 100)).Run().Raised.ShouldBe(["clip-over-50"]);

    [Fact]
    public void Two_steps_in_five_are_not_half() => new Script().Config(Clip1).Series("grad_norm/total", Repeat("5 5 0.5 0.5 0.5", 60)).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_the_gradient_calms_down()
    {
        var outcome = new Script().Config(Clip1).Series("grad_norm/total", "5~0.1x200 0.5~0.01x200").Run();
        outcome.Signal("clip-over-80").Active.ShouldBeFalse();
        outcome.Signal("clip-over-50").Active.ShouldBeFalse();
        outcome.Diagnoses.ShouldHaveSingleItem().State.ShouldBe(DiagnosisState.Resolved);
    }

    [Fact]
    public void Clipping_during_the_warm_up_is_what_clipping_is_for()
    {
        new Script().Config(Clip1).Series("grad_norm/total", "5x100 0.5x200").Run().Raised.ShouldBeEmpty();
        new Script().Config("""{"max_grad_norm":1,"total_steps":2000}""").Series("lr", "0.0001+0.0001x400 0.04x200")
            .Series("grad_norm/total", "5x400 0.5x200").Run().Raised.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"clip_norm":1}""")]
    [InlineData("""{"optim":{"max_norm":1}}""")]
    [InlineData("""{"trainer.gradient_clip_val":1}""")]
    [InlineData("""{"Max-Grad-Norm":"1.0"}""")]
    public void The_threshold_is_found_under_its_usual_keys(string config) =>
        new Script().Config(config).Series("train/grad_norm", "5x200").Run().Raised.ShouldContain("clip-over-80");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"max_grad_norm":null}""")]
    [InlineData("""{"max_grad_norm":0}""")]
    [InlineData("not json")]
    public void It_is_blind_without_a_threshold(string config) => new Script().Config(config).Series("grad_norm/total", "5x300").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_logged_threshold_wins_over_the_config() =>
        new Script().Config(Clip1).Series("clip/threshold", "10x300").Series("grad_norm/total", "5~0.1x300").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_logged_flag_wins_over_both() =>
        new Script().Config("""{"max_grad_norm":10}""").Series("clip/active", "1x300").Series("grad_norm/total", "5~0.1x300").Run().Raised.ShouldBe(["clip-over-50", "clip-over-80"]);

    [Fact]
    public void Options_move_the_limits() =>
        new Script().Config(Clip1).Series("grad_norm/total", Repeat("5 0.5 0.5", 100))
            .Run(new AnalyzerOptions { Clipping = new() { Often = 0.3 } }).Raised.ShouldBe(["clip-over-50"]);

    private static string Repeat(string part, int times) => string.Join(' ', Enumerable.Repeat(part, times));
}
