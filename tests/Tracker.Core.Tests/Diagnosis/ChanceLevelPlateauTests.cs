using Shouldly;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ChanceLevelPlateauTests
{
    private const string Ten = """{"num_classes":10}""";

    [Fact]
    public void A_loss_that_falls_to_guessing_and_stays_is_at_chance()
    {
        var outcome = new Script().Config(Ten).Series("train/loss", "3~0.02x10 2.3026~0.02x500").Run();
        outcome.Raised.ShouldContain("chance-level-plateau");
        outcome.Signal("chance-level-plateau").Title.ShouldBe("The loss sits at chance level, log(10) = 2.303");
    }

    [Fact]
    public void A_loss_well_below_guessing_is_not() => new Script().Config(Ten).Series("train/loss", "2.3>1.9~0.02x500").Run().Raised.ShouldNotContain("chance-level-plateau");

    [Fact]
    public void Accuracy_above_chance_proves_learning() =>
        new Script().Config(Ten).Series("val/accuracy", "0.1 0.2 0.35x20", every: 20).Series("train/loss", "3~0.02x10 2.3026~0.02x500").Run().Raised.ShouldNotContain("chance-level-plateau");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"num_classes":10,"loss":"mse"}""")]
    public void It_is_blind_without_classes_or_a_cross_entropy(string config) =>
        new Script().Config(config).Series("train/loss", "3~0.02x10 2.3026~0.02x500").Run().Raised.ShouldNotContain("chance-level-plateau");

    [Fact]
    public void Normal_updates_and_gradients_point_to_the_data() =>
        new Script().Config(Ten).Series("update_ratio/fc", "0.001x600").Series("grad_norm/total", "1~0.1x600").Series("dead_fraction/fc", "0x600")
            .Series("train/loss", "3~0.02x10 2.3026~0.02x500").Run().Diagnoses[0].Cause.ShouldBe("data-or-label-bug");
}
