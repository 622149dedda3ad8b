using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GradExplosionTests
{
    private static Outcome Norm(string line, string config = """{"total_steps":1000}""") => new Script().Config(config).Series("grad_norm/total", line).Run();

    [Fact]
    public void Three_steps_above_ten_times_every_level_so_far_are_an_explosion()
    {
        var outcome = Norm("1~0.1x200 20 40 90");
        var signal = outcome.Signal("grad-explosion");
        signal.Severity.ShouldBe(Severity.High);
        (signal.Step, signal.OnsetStep).ShouldBe((202, 200));
        outcome.Diagnoses.ShouldContain(d => d.Cause == "lr-too-high");
    }

    [Fact]
    public void Growth_that_no_step_shows_is_one_too() => Norm("1~0.05x300 1+0.3x300").Raised.ShouldContain("grad-explosion");

    [Fact]
    public void One_large_gradient_is_a_spike() => Norm("1~0.1x200 500 1~0.1x100").Raised.ShouldBe(["grad-spike"]);

    [Fact]
    public void Five_times_the_level_is_not_enough() => Norm("1~0.1x200 5~0.2x100").Raised.ShouldNotContain("grad-explosion");

    [Fact]
    public void Back_at_an_early_level_is_no_explosion() => Norm("5~0.3x200 0.01~0.001x300 4~0.3x50").Raised.ShouldNotContain("grad-explosion");

    [Fact]
    public void The_size_alone_means_nothing() => Norm("5000~300x400").Raised.ShouldBeEmpty();

    [Fact]
    public void A_fresh_network_finds_the_size_of_its_gradient() => Norm("0.1x20 3~0.2x300").Raised.ShouldBeEmpty();

    [Fact]
    public void Out_of_proportion_to_loss_and_weights_it_is_huge_from_the_first_step()
    {
        var outcome = new Script().Config("""{"total_steps":1000,"num_classes":10,"loss":"cross_entropy"}""")
            .Series("train/loss", "140>30~3x200").Series("grad_norm/total", "1500~100x200").Series("param_norm/total", "60x200").Run();
        outcome.Signal("grad-explosion").OnsetStep.ShouldBe(0);
        outcome.Signal("grad-explosion").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses[0].Cause.ShouldBe("bad-init-or-scale");
    }

    [Fact]
    public void It_clears_when_the_norm_is_back() => Norm("1~0.1x200 50x5 1~0.1x200").Signal("grad-explosion").Active.ShouldBeFalse();
}
