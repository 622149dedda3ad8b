using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ClipInactiveTests
{
    private static Outcome Run(string norm, string loss, string config = """{"total_steps":1000,"max_grad_norm":1}""") =>
        new Script().Config(config).Series("train/loss", loss).Series("grad_norm/total", norm).Series("update_ratio/fc", "1e-7~1e-8x40", every: 20).Run();

    [Fact]
    public void A_threshold_that_is_never_reached_in_a_stuck_run_is_a_note()
    {
        var signal = Run("0.01~0.001x800", "2.3~0.05x800").Signal("clip-inactive");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Title.ShouldBe("Clipping at 1 never acts");
    }

    [Fact]
    public void A_run_that_is_not_stuck_needs_no_advice() =>
        new Script().Config("""{"max_grad_norm":1}""").Series("train/loss", "2.3>0.1~0.02x600").Series("grad_norm/total", "0.01~0.001x600").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_threshold_that_is_near_is_none() => Run("0.3~0.01x800", "2.3~0.05x800").Raised.ShouldNotContain("clip-inactive");

    [Fact]
    public void Without_a_threshold_it_is_blind() => Run("0.01~0.001x800", "2.3~0.05x800", """{"total_steps":1000}""").Raised.ShouldNotContain("clip-inactive");
}
