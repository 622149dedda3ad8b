using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class WeightDominatesTests
{
    private static Outcome Weights(string layer, double largest, double first = 3)
    {
        var script = new Script();
        for (var i = 0; i < 6; i++) script.Histogram("weights/" + layer, i * 50, [-3, -1, 1, 3, i < 3 ? Math.Max(first, 3.5) : largest], [1000, 8000, 1000, 1]);
        return script.Run();
    }

    [Fact]
    public void One_weight_far_above_the_rest_is_a_note()
    {
        var signal = Weights("fc1", 90).Signal("weight-dominates");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Step.ShouldBe(200);
    }

    [Fact]
    public void Fivefold_is_nothing() => Weights("fc1", 15).Raised.ShouldBeEmpty();

    [Fact]
    public void A_layer_that_was_like_that_from_the_start_is_nothing() => Weights("fc1", 90, 80).Raised.ShouldBeEmpty();

    [Fact]
    public void Embeddings_are_left_out() => Weights("embedding", 90).Raised.ShouldBeEmpty();
}
