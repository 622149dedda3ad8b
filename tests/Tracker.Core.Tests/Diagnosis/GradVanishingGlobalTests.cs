using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GradVanishingGlobalTests
{
    private static Outcome Run(string norm, string loss) => new Script().Config("""{"total_steps":1000}""").Series("train/loss", loss).Series("grad_norm/total", norm).Run();

    [Fact]
    public void A_gradient_that_fades_while_the_loss_has_lost_what_it_gained_is_a_warning()
    {
        var signal = Run("1~0.1x300 1e-4~1e-5x300", "2.3>0.5~0.02x300 2.3~0.02x300").Signal("grad-vanishing-global");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.OnsetStep.ShouldBeInRange(300, 350);
    }

    [Fact]
    public void With_a_low_loss_it_has_converged() => Run("1~0.1x300 1e-4~1e-5x300", "2.3>0.01~0.0001x600").Raised.ShouldNotContain("grad-vanishing-global");

    [Fact]
    public void A_hundredth_is_nothing() => Run("1~0.1x300 0.01~0.001x300", "2.3>0.5~0.02x300 2.3~0.02x300").Raised.ShouldNotContain("grad-vanishing-global");

    [Fact]
    public void Without_a_loss_it_is_blind() => new Script().Series("grad_norm/total", "1~0.1x300 1e-4~1e-5x300").Run().Raised.ShouldBeEmpty();
}
