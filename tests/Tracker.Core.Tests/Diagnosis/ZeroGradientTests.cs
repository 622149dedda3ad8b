using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ZeroGradientTests
{
    [Fact]
    public void Twenty_exact_zeros_raise_it()
    {
        new Script().Series("grad_norm/total", "1~0.1x10 0x19").Run().Raised.ShouldBeEmpty();
        var signal = new Script().Series("grad_norm/total", "1~0.1x10 0x20").Run().Signal("zero-gradient");
        (signal.Severity, signal.OnsetStep, signal.Step).ShouldBe((Severity.Crit, 10, 29));
    }

    [Fact]
    public void Tiny_is_not_zero() => new Script().Series("grad_norm/total", "1e-12x100").Run().Raised.ShouldNotContain("zero-gradient");

    [Fact]
    public void Gradients_that_come_back_clear_it() => new Script().Series("grad_norm/total", "0x20 1x5").Run().Signal("zero-gradient").Active.ShouldBeFalse();

    [Fact]
    public void It_is_blind_without_the_norm() => new Script().Series("train/loss", "1~0.1x100").Run().Raised.ShouldBeEmpty();
}
