using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GradSpikeTests
{
    private static Outcome Norm(string line) => new Script().Series("grad_norm/total", line).Run();

    [Fact]
    public void One_gradient_far_above_the_others_is_a_note_that_clears()
    {
        var outcome = Norm("1~0.1x200 12 1~0.1x200");
        var signal = outcome.Signal("grad-spike");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Step.ShouldBe(200);
        signal.Active.ShouldBeFalse();
    }

    [Fact]
    public void Twice_the_usual_is_nothing() => Norm("1~0.05x200 2 1~0.05x100").Raised.ShouldBeEmpty();

    [Fact]
    public void What_is_usual_for_noisy_gradients_is_nothing() => Norm(string.Join(' ', Enumerable.Repeat("0.5 2 1 4 0.7 1.5", 60))).Raised.ShouldBeEmpty();

    [Fact]
    public void Before_a_hundred_points_nobody_knows_what_is_usual() => Norm("1~0.1x60 12 1~0.1x20").Raised.ShouldBeEmpty();

    [Fact]
    public void A_burst_is_one_spike() => Norm("1~0.1x200 12 1 15 1 11 1~0.1x200").Signals.Count(s => s.Id == "grad-spike").ShouldBe(1);
}
