using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class Fp16OverflowTests
{
    [Fact]
    public void A_loss_scale_that_fell_before_the_nan_is_noted_and_names_the_cause()
    {
        var outcome = new Script().Series("amp/scale", "65536x80 32768x5 16384x5 8192x20").Series("train/loss", "2~0.01x100 NaNx4").Run();
        outcome.Signal("fp16-overflow").Severity.ShouldBe(Severity.Info);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("numeric-precision");
    }

    [Fact]
    public void Half_precision_without_a_scale_is_noted() => new Script().Config("""{"precision":"fp16"}""").Series("train/loss", "2~0.01x100 NaNx4").Run().Raised.ShouldContain("fp16-overflow");

    [Fact]
    public void A_scale_that_held_speaks_against_it() =>
        new Script().Config("""{"precision":"fp16"}""").Series("amp/scale", "65536x100 32768x10").Series("train/loss", "2~0.01x100 NaNx4").Run().Raised.ShouldNotContain("fp16-overflow");

    [Fact]
    public void Bfloat16_has_the_range_of_float32() => new Script().Config("""{"precision":"bf16-mixed"}""").Series("train/loss", "2~0.01x100 NaNx4").Run().Raised.ShouldNotContain("fp16-overflow");

    [Fact]
    public void Without_a_nan_nothing_is_said() => new Script().Config("""{"precision":"fp16"}""").Series("amp/scale", "65536x80 8192x30").Series("train/loss", "2~0.01x110").Run().Raised.ShouldBeEmpty();
}
