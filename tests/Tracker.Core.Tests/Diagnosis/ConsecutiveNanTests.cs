using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ConsecutiveNanTests
{
    [Fact]
    public void Three_in_a_row_poison_the_run()
    {
        var outcome = new Script().Series("train/loss", "2.3-0.01x30 NaNx3").Run();
        outcome.Signal("consecutive-nan").OnsetStep.ShouldBe(30);
        outcome.Signal("consecutive-nan").Step.ShouldBe(32);
        outcome.Diagnoses.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Crit);
    }

    [Fact]
    public void Two_in_a_row_do_not() => new Script().Series("train/loss", "2.3-0.01x30 NaNx2 2x5 NaNx2").Run().Raised.ShouldBe(["nan-after-n"]);

    [Fact]
    public void Nothing_else_is_judged_on_poisoned_parameters() =>
        new Script().Series("train/loss", "2.3~0.1x30 NaNx100").Series("dead_fraction/fc1", "0x30 1x100").Series("grad_norm/total", "1~0.1x30 0x100")
            .Run().Raised.ShouldBe(["nan-after-n", "consecutive-nan"], ignoreOrder: true);

    [Fact]
    public void It_is_blind_without_a_loss() => new Script().Series("metric", "NaNx20").Run().Raised.ShouldBeEmpty();
}
