using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ActivationCollapseTests
{
    [Fact]
    public void A_layer_without_spread_is_high() =>
        new Script().Config("""{"total_steps":1000}""").Series("act_std/fc1", "1~0.05x10 1e-4x10", every: 20).Run().Signal("activation-collapse").Severity.ShouldBe(Severity.High);

    [Fact]
    public void Histograms_show_it_too() =>
        new Script().Histograms("activations/fc1", "0~1x3 0~0.0005x3", every: 50).Run().Raised.ShouldContain("activation-collapse");

    [Fact]
    public void A_hundredth_is_nothing() =>
        new Script().Config("""{"total_steps":1000}""").Series("act_std/fc1", "1~0.05x10 0.02x4", every: 20).Run().Raised.ShouldNotContain("activation-collapse");

    [Fact]
    public void Where_dead_units_say_why_it_is_a_note() =>
        new Script().Config("""{"total_steps":1000}""").Series("dead_fraction/fc1", "0.05x10 1x20", every: 20).Series("act_std/fc1", "1~0.05x18 1e-5x12", every: 20).Run()
            .Signal("activation-collapse").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void It_clears_when_the_layer_comes_back() =>
        new Script().Config("""{"total_steps":1000}""").Series("act_std/fc1", "1~0.05x10 1e-4x10 1~0.05x6", every: 20).Run().Signal("activation-collapse").Active.ShouldBeFalse();

    [Fact]
    public void Units_that_are_dead_say_why_before_their_own_alarm_does() =>
        new Script().Series("train/loss", "2~0.02x100").Series("dead_fraction/fc1", "0.1 1", every: 20).Histograms("activations/fc1", "0~1x1 0~0.0001x4", every: 20).Run()
            .Signal("activation-collapse").Severity.ShouldBe(Severity.Info);
}
