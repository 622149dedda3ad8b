using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class BatchCheckTests
{
    [Fact]
    public void Nan_in_the_inputs_is_told_with_the_batch()
    {
        var outcome = new Script().Probe(12, "batch-check", """{"batch":"shard3/17","nan_inputs":5,"inf_inputs":1,"nan_targets":0,"max_abs_input":3.5}""").Run();
        outcome.Raised.ShouldBe(["nan-input"]);
        outcome.Signal("nan-input").Title.ShouldBe("NaN or infinity in the inputs of batch shard3/17");
        outcome.Signal("nan-input").Severity.ShouldBe(Severity.Crit);
        outcome.Diagnoses[0].Cause.ShouldBe("bad-batches");
    }

    [Fact]
    public void Nan_in_the_targets_and_extreme_inputs_are_conditions_of_their_own()
    {
        var outcome = new Script().Probe(12, "batch-check", """{"nan_inputs":0,"nan_targets":2,"max_abs_input":1500}""").Run();
        outcome.Raised.ShouldBe(["nan-target", "extreme-input"], ignoreOrder: true);
        outcome.Signal("extreme-input").Severity.ShouldBe(Severity.Warn);
    }

    [Fact]
    public void Inputs_of_99_are_not_extreme() => new Script().Probe(12, "batch-check", """{"nan_inputs":0,"nan_targets":0,"max_abs_input":99}""").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Fields_that_are_missing_say_nothing() => new Script().Probe(12, "batch-check", """{"batch":"a"}""").Probe(13, "batch-check", "{}").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void It_joins_the_nan_that_it_explains()
    {
        var outcome = new Script().Series("train/loss", "2~0.01x60 NaNx5").Probe(60, "batch-check", """{"batch":"b60","nan_inputs":3,"nan_targets":0}""").Run();
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("bad-batches");
    }
}
