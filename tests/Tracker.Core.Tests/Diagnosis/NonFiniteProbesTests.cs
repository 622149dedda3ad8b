using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class NonFiniteProbesTests
{
    [Fact]
    public void Parameters_that_are_not_finite_are_named()
    {
        var outcome = new Script().Series("train/loss", "2~0.01x60").Probe(50, "nonfinite-params", """{"tensors":["fc1.weight","fc2.bias"],"buffers":["bn.running_var"],"checked":40}""").Run();
        var signal = outcome.Signal("params-nonfinite");
        (signal.Severity, signal.Step).ShouldBe((Severity.Crit, 50));
        signal.Summary.ShouldContain("fc1.weight, fc2.bias, bn.running_var");
        outcome.Diagnoses[0].Prescriptions[0].ShouldContain("checkpoint");
    }

    [Fact]
    public void Clean_parameters_under_a_nan_point_to_the_batch()
    {
        var outcome = new Script().Series("train/loss", "2~0.01x60 NaN 2~0.01x20").Probe(60, "nonfinite-params", """{"tensors":[],"checked":40}""").Run();
        outcome.Raised.ShouldBe(["nan-after-n"]);
        outcome.Diagnoses[0].Cause.ShouldBe("bad-batches");
        outcome.Diagnoses[0].Causes[0].For.ShouldContain(reason => reason.Contains("still finite at step 60"));
    }

    [Fact]
    public void The_operation_that_made_it_is_named_with_its_remedy()
    {
        var outcome = new Script().Probe(7, "numeric-op", """{"op":"log","module":"head.loss","input_min":0,"input_max":1}""").Run();
        outcome.Signal("numeric-op").Summary.ShouldBe("At step 7 log in head.loss gave NaN or infinity, given values from 0 to 1. The logarithm of 0 is infinite: clamp its argument to at least 1e-8, or compute the loss from logits.");
        outcome.Diagnoses[0].Cause.ShouldBe("numeric-precision");
    }

    [Theory]
    [InlineData("div", "epsilon")]
    [InlineData("sqrt", "sqrt(x + 1e-8)")]
    [InlineData("exp", "overflows")]
    [InlineData("in-place", "in place")]
    [InlineData("erfinv", "float32")]
    public void Each_operation_has_its_remedy(string op, string remedy) =>
        new Script().Probe(7, "numeric-op", $$"""{"op":"{{op}}"}""").Run().Signal("numeric-op").Summary.ShouldContain(remedy);

    [Theory]
    [InlineData("true", "look at the batch")]
    [InlineData("false", "the module itself")]
    public void The_first_module_says_whether_its_inputs_were_bad_already(string bad, string told) =>
        new Script().Probe(9, "nan-first-module", $$"""{"module":"encoder.3","inputs_nonfinite":{{bad}}}""").Run().Signal("nan-first-module").Summary.ShouldContain(told);

    [Fact]
    public void A_clean_result_and_one_without_fields_say_nothing() =>
        new Script().Probe(1, "nonfinite-params", """{"tensors":[],"checked":12}""").Probe(2, "nonfinite-params", "{}").Probe(3, "numeric-op", "{}").Probe(4, "something-else", """{"op":"log"}""").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_later_clean_result_clears_it() =>
        new Script().Probe(1, "nonfinite_params", """{"tensors":["a"]}""").Probe(5, "nonfinite_params", """{"tensors":[],"checked":12}""").Run().Signal("params-nonfinite").Active.ShouldBeFalse();
}
