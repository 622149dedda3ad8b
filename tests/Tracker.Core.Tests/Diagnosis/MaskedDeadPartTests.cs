using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class MaskedDeadPartTests
{
    private static Script Run(string loss) => new Script().Config("""{"total_steps":1000}""").Series("train/loss", loss)
        .Series("grad_norm/fc1", "1~0.1x10 0x20", every: 20).Series("grad_norm/fc2", "1~0.1x30", every: 20).Series("grad_norm/fc3", "1~0.1x30", every: 20).Series("grad_norm/fc4", "1~0.1x30", every: 20);

    [Fact]
    public void A_falling_loss_hides_a_dead_layer()
    {
        var outcome = Run("2.3>0.5~0.03x600").Run();
        var signal = outcome.Signal("masked-dead-part");
        signal.Severity.ShouldBe(Severity.High);
        signal.Title.ShouldBe("The loss falls, but 25 % of the layers are dead");
        outcome.Diagnoses.Single(d => d.Signals.Any(s => s.Id == "masked-dead-part")).Signals.ShouldContain(s => s.Id == "dead-layer");
    }

    [Fact]
    public void Histograms_of_the_weights_count_the_parameters() =>
        Run("2.3>0.5~0.03x600").Histogram("weights/fc1", 0, [-1, 0, 1], [450, 450]).Histogram("weights/fc2", 0, [-1, 0, 1], [50, 50]).Run()
            .Signal("masked-dead-part").Title.ShouldBe("The loss falls, but 90 % of the parameters are dead");

    [Fact]
    public void A_loss_that_does_not_fall_hides_nothing() => Run("2.3~0.03x600").Run().Raised.ShouldNotContain("masked-dead-part");

    [Fact]
    public void A_model_that_lives_hides_nothing() =>
        new Script().Series("train/loss", "2.3>0.5~0.03x600").Series("grad_norm/fc1", "1~0.1x30", every: 20).Run().Raised.ShouldNotContain("masked-dead-part");

    [Fact]
    public void A_layer_that_comes_alive_clears_it() =>
        new Script().Config("""{"total_steps":1000}""").Series("train/loss", "2.3>0.5~0.03x800").Series("grad_norm/fc1", "1~0.1x10 0x15 1~0.1x15", every: 20).Series("grad_norm/fc2", "1~0.1x40", every: 20)
            .Run().Signal("masked-dead-part").Active.ShouldBeFalse();

    [Fact]
    public void Without_layers_nothing_is_said() => new Script().Series("train/loss", "2.3>0.5~0.03x600").Run().Raised.ShouldNotContain("masked-dead-part");
}
