using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class DeadLayerTests
{
    private const string Config = """{"total_steps":1000}""";

    [Fact]
    public void A_layer_without_gradient_from_the_start_is_a_warning()
    {
        var outcome = new Script().Config(Config).Series("grad_norm/fc1", "0x20", every: 20).Series("grad_norm/head", "1~0.1x20", every: 20).Run();
        outcome.Signal("dead-layer").Severity.ShouldBe(Severity.Warn);
        outcome.Signal("dead-layer").Title.ShouldBe("Layer fc1 never gets a gradient");
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("disconnected-or-frozen");
    }

    [Fact]
    public void A_layer_that_lost_its_gradient_is_high()
    {
        var signal = new Script().Config(Config).Series("grad_norm/fc1", "1~0.1x5 0x20", every: 20).Series("grad_norm/head", "1~0.1x25", every: 20).Run().Signal("dead-layer");
        signal.Severity.ShouldBe(Severity.High);
        signal.OnsetStep.ShouldBe(100);
    }

    [Fact]
    public void A_few_zeros_are_not_enough() =>
        new Script().Config(Config).Series("grad_norm/fc1", "1x5 0x7 1x5", every: 20).Series("grad_norm/head", "1~0.1x17", every: 20).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void When_all_layers_are_zero_it_is_another_condition() =>
        new Script().Config(Config).Series("grad_norm/fc1", "0x20", every: 20).Series("grad_norm/head", "0x20", every: 20).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_the_layer_moves_again() =>
        new Script().Config(Config).Series("grad_norm/fc1", "0x20 1x3", every: 20).Series("grad_norm/head", "1~0.1x23", every: 20).Run().Signal("dead-layer").Active.ShouldBeFalse();

    [Fact]
    public void Histograms_of_gradients_show_it_where_the_norm_is_not_logged()
    {
        var script = new Script();
        for (var i = 0; i < 4; i++) script.Histogram("grads/fc1", i * 50, [-0.5, -0.1, 0.1, 0.5], [0, 1000, 0]).Histogram("grads/fc2", i * 50, [-0.5, -0.1, 0.1, 0.5], [100, 800, 100]);
        script.Run().Signal("dead-layer").Title.ShouldBe("Layer fc1 never gets a gradient");
    }

    [Fact]
    public void Several_layers_are_one_signal() =>
        new Script().Config(Config).Series("grad_norm/fc1", "0x20", every: 20).Series("grad_norm/fc2", "0x20", every: 20).Series("grad_norm/head", "1~0.1x20", every: 20).Run()
            .Signals.ShouldHaveSingleItem().Summary.ShouldEndWith("The same holds of 1 other layer.");
}
