using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ParamNormRunawayTests
{
    private static Outcome Norm(Func<int, double> norm, int steps = 600, string config = """{"total_steps":600}""") =>
        new Script().Config(config).Series("param_norm/total", string.Join(' ', Enumerable.Range(0, steps).Select(i => FormattableString.Invariant($"{norm(i):0.######}")))).Run();

    [Fact]
    public void Growth_by_a_constant_factor_is_a_runaway()
    {
        var outcome = Norm(i => 5 * Math.Exp(i * 0.005), config: """{"total_steps":600,"weight_decay":0}""");
        var signal = outcome.Signal("param-norm-runaway");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Step.ShouldBeInRange(270, 320);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("weight-decay-too-low");
    }

    [Fact]
    public void Growth_that_slows_down_is_how_scale_invariant_nets_grow() => Norm(i => 1 + Math.Sqrt(i)).Raised.ShouldBeEmpty();

    [Fact]
    public void Linear_growth_slows_down_in_proportion() => Norm(i => 1 + 0.05 * i).Raised.ShouldBeEmpty();

    [Fact]
    public void A_fresh_network_that_finds_its_size_is_no_runaway() => Norm(i => 1 + 5 * (1 - Math.Exp(-i / 20.0)) + 0.001 * i).Raised.ShouldBeEmpty();

    [Fact]
    public void A_jump_is_another_condition() => Norm(i => i < 300 ? 5 + 0.003 * i : 60 + 0.01 * i).Raised.ShouldNotContain("param-norm-runaway");

    [Fact]
    public void Threefold_is_not_yet_a_runaway() => Norm(i => 5 * Math.Exp(i * 0.0018)).Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_the_growth_ends() => Norm(i => 5 * Math.Exp(Math.Min(i, 350) * 0.005), 1000).Signal("param-norm-runaway").Active.ShouldBeFalse();
}
