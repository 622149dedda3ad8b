using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class NoGradMissingTests
{
    private static Script Memory(double atEvaluation) => new Script()
        .Series("system/gpu_mem", string.Concat(Enumerable.Repeat(FormattableString.Invariant($"{atEvaluation} 4000~10x49 "), 8)))
        .Series("val/loss", "2 1.8 1.6 1.5 1.4 1.35 1.3 1.28", every: 50);

    [Fact]
    public void Memory_that_steps_up_at_each_evaluation_is_told()
    {
        var outcome = Memory(9000).Run();
        outcome.Raised.ShouldBe(["no-grad-missing"]);
        outcome.Signal("no-grad-missing").Evidence[0].Value.ShouldBe(2.25, 0.01);
        outcome.Diagnoses[0].Prescriptions[0].ShouldContain("no_grad()");
    }

    [Theory]
    [InlineData(2500)]
    [InlineData(5000)]
    public void Evaluation_that_takes_less_or_little_more_is_silent(double memory) => Memory(memory).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void The_probe_knows_for_sure() => new Script().Probe(50, "mode", """{"during":"eval","training":false,"grad_enabled":true}""").Run().Raised.ShouldBe(["no-grad-missing"]);

    [Fact]
    public void Without_memory_it_is_blind() => new Script().Series("val/loss", "2 1.8 1.6 1.5 1.4 1.35 1.3 1.28", every: 50).Run().Raised.ShouldBeEmpty();
}
