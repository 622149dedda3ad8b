using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GradOscillationTests
{
    private static Outcome Norm(string small, string large) =>
        new Script().Config("""{"total_steps":1200}""").Series("grad_norm/total", string.Join(' ', Enumerable.Repeat(small + " " + large, 12))).Run();

    [Fact]
    public void Tenfold_swings_again_and_again_are_a_note()
    {
        var signal = Norm("0.1~0.01x50", "3~0.1x50").Signal("grad-oscillation");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Step.ShouldBeLessThan(500);
    }

    [Fact]
    public void Fivefold_swings_are_nothing() => Norm("0.5~0.01x50", "2.5~0.1x50").Raised.ShouldNotContain("grad-oscillation");

    [Fact]
    public void A_fall_is_no_swing() => new Script().Series("grad_norm/total", "100>0.01x1000").Run().Raised.ShouldNotContain("grad-oscillation");

    [Fact]
    public void Noise_within_a_bucket_is_no_swing() => new Script().Series("grad_norm/total", string.Join(' ', Enumerable.Repeat("0.1 3 0.2 2", 200))).Run().Raised.ShouldNotContain("grad-oscillation");
}
