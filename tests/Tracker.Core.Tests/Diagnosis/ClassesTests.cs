using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ClassesTests
{
    private static Script Run(string last, string others = "0 0.3 0.6 0.85~0.01x37") =>
        new Script().Config("""{"num_classes":4,"total_steps":800}""").Series("train/loss", "1.4>0.1~0.02x800")
            .Series("val/acc_class_0", others, every: 20).Series("val/acc_class_1", others, every: 20).Series("val/acc_class_2", others, every: 20).Series("val/acc_class_3", last, every: 20);

    [Fact]
    public void A_class_that_is_never_right_while_the_others_are_has_collapsed()
    {
        var outcome = Run("0x40").Run();
        var signal = outcome.Signal("class-collapse");
        signal.Series.ShouldBe("val/acc_class_3");
        signal.Step.ShouldBeInRange(240, 320);
        outcome.Diagnoses.First(d => d.Signals.Contains(signal)).Cause.ShouldBe("class-imbalance");
    }

    [Fact]
    public void A_class_that_comes_later_than_the_others_is_none() => Run("0x10 0.3 0.5 0.7~0.02x28").Run().Raised.ShouldNotContain("class-collapse");

    [Fact]
    public void Where_nothing_is_learnt_no_class_has_collapsed() => Run("0x40", "0.2~0.02x40").Run().Raised.ShouldNotContain("class-collapse");

    [Fact]
    public void A_class_that_gets_worse_while_the_others_hold_has_regressed()
    {
        var signal = Run("0 0.3 0.6 0.85~0.01x17 0.8 0.75 0.7 0.6~0.01x17").Run().Signal("class-regression");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Series.ShouldBe("val/acc_class_3");
    }

    [Fact]
    public void When_all_classes_get_worse_no_class_has_regressed()
    {
        const string Worse = "0 0.3 0.6 0.85~0.01x17 0.8 0.75 0.7 0.6~0.01x17";
        Run(Worse, Worse).Run().Raised.ShouldNotContain("class-regression");
    }

    [Fact]
    public void A_class_that_was_guessed_for_everything_has_lost_nothing_when_the_others_are_learnt() =>
        Run("0.9x6 0.7~0.01x34", "0 0 0 0 0 0.2 0.4 0.6 0.85~0.01x32").Run().Raised.ShouldNotContain("class-regression");

    [Fact]
    public void The_wobble_of_a_small_class_is_none() => Run("0 0.3 0.6 0.8~0.08x37").Run().Raised.ShouldNotContain("class-regression");

    [Fact]
    public void It_is_blind_with_fewer_than_three_classes() =>
        new Script().Series("train/loss", "1.4>0.1~0.02x800").Series("val/acc_class_0", "0.9x40", every: 20).Series("val/acc_class_1", "0x40", every: 20).Run().Raised.ShouldNotContain("class-collapse");
}
