using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GradVanishingDepthTests
{
    private static Outcome Layers(string first, string last = "0.1~0.01x30") =>
        new Script().Config("""{"total_steps":1000}""").Series("grad_norm/layers.0", first, every: 20).Series("grad_norm/layers.1", "0.01~0.001x30", every: 20)
            .Series("grad_norm/head", last, every: 20).Run();

    [Fact]
    public void A_first_layer_with_a_millionth_of_the_gradient_is_high()
    {
        var outcome = Layers("1e-7x30");
        outcome.Signal("grad-vanishing-depth").Severity.ShouldBe(Severity.High);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("vanishing-architecture");
    }

    [Fact]
    public void A_ten_thousandth_is_a_warning() => Layers("1e-5x30").Signal("grad-vanishing-depth").Severity.ShouldBe(Severity.Warn);

    [Fact]
    public void A_hundredth_is_nothing() => Layers("1e-3x30").Raised.ShouldBeEmpty();

    [Fact]
    public void A_gradient_that_fades_only_later_is_a_note() => Layers("0.1x10 1e-7x20").Signal("grad-vanishing-depth").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void A_first_layer_at_exactly_zero_is_another_condition() => Layers("0x30").Raised.ShouldBe(["dead-layer"]);

    [Fact]
    public void Two_layers_have_no_depth() =>
        new Script().Series("grad_norm/a", "1e-7x300").Series("grad_norm/b", "1x300").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Norms_and_embeddings_are_left_out() =>
        new Script().Series("grad_norm/embedding", "1e-7x300").Series("grad_norm/fc1", "1x300").Series("grad_norm/fc2", "1x300").Series("grad_norm/fc3", "1x300").Run().Raised.ShouldBeEmpty();
}
