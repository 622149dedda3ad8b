using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GradUniformlyLowTests
{
    private static Outcome Layers(string first, string last, string loss, string rate = "0.001x900") => new Script().Config("""{"total_steps":1000}""").Series("lr", rate).Series("train/loss", loss)
        .Series("grad_norm/fc1", first, every: 20).Series("grad_norm/fc2", last, every: 20).Run();

    private const string Lost = "2.3>0.5~0.02x300 2.3~0.02x600";

    [Fact]
    public void All_layers_low_together_with_a_high_loss_are_a_warning()
    {
        var signal = Layers("1~0.1x15 1e-4~1e-5x28", "2~0.1x15 2e-4~1e-5x28", Lost).Signal("grad-uniformly-low");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Summary.ShouldContain("is not the reason");
    }

    [Fact]
    public void Where_the_rate_has_run_out_it_is_a_note() =>
        Layers("1~0.1x15 1e-4~1e-5x28", "2~0.1x15 2e-4~1e-5x28", Lost, "0.001x300 1e-9x600").Signal("grad-uniformly-low").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void One_layer_alone_is_nothing() => Layers("1~0.1x15 1e-4~1e-5x28", "2~0.1x43", Lost).Raised.ShouldNotContain("grad-uniformly-low");

    [Fact]
    public void With_a_low_loss_it_has_converged() => Layers("1~0.1x15 1e-4~1e-5x28", "2~0.1x15 2e-4~1e-5x28", "2.3>0.01~0.0001x900").Raised.ShouldNotContain("grad-uniformly-low");
}
