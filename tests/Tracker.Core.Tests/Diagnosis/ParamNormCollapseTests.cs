using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ParamNormCollapseTests
{
    private const string Config = """{"total_steps":1000,"weight_decay":10}""";

    [Fact]
    public void Weights_that_shrink_to_a_quarter_in_a_tenth_of_the_run_collapse()
    {
        var outcome = new Script().Config(Config).Series("param_norm/total", "15>3~0.01x300").Run();
        var signal = outcome.Signal("param-norm-collapse");
        signal.Severity.ShouldBe(Severity.High);
        var diagnosis = outcome.Diagnoses.ShouldHaveSingleItem();
        diagnosis.Cause.ShouldBe("weight-decay-too-high");
        diagnosis.Prescriptions[0].ShouldBe("Lower weight decay: 10 → try 1.");
    }

    [Fact]
    public void The_slow_way_to_the_equilibrium_is_a_note() =>
        new Script().Config(Config).Series("param_norm/total", "15>3~0.01x1000").Run().Signal("param-norm-collapse").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void Half_is_nothing() => new Script().Config(Config).Series("param_norm/total", "15>7~0.01x1000").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_collapse_late_in_the_run_counts_from_the_greatest_norm() =>
        new Script().Config(Config).Series("param_norm/total", "5+0.02x500 15>2~0.01x200").Run().Signal("param-norm-collapse").OnsetStep.ShouldBeGreaterThan(500);

    [Fact]
    public void One_layer_at_a_tenth_is_a_warning() =>
        new Script().Config(Config).Series("param_norm/fc1", "5 3 1 0.4x10", every: 20).Series("param_norm/fc2", "5~0.1x13", every: 20).Run().Signal("param-norm-collapse").Severity.ShouldBe(Severity.Warn);

    [Fact]
    public void Biases_and_norms_may_come_and_go() =>
        new Script().Config(Config).Series("param_norm/fc1.bias", "5 3 1 0.1x10", every: 20).Series("param_norm/layernorm", "5 3 1 0.1x10", every: 20).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_the_weights_come_back() =>
        new Script().Config(Config).Series("param_norm/total", "15>3~0.01x100 3+0.1x100").Run().Signal("param-norm-collapse").Active.ShouldBeFalse();
}
