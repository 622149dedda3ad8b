using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class WeightDistCollapseTests
{
    private static Outcome Weights(string line, string layer = "fc1") => new Script().Histograms("weights/" + layer, line, every: 50).Run();

    [Fact]
    public void A_tenth_of_the_spread_is_a_warning()
    {
        var outcome = Weights("0~0.2x3 0~0.01x3");
        outcome.Signal("weight-dist-collapse").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("weight-decay-too-high");
    }

    [Fact]
    public void A_third_is_nothing() => Weights("0~0.2x3 0~0.07x3").Raised.ShouldBeEmpty();

    [Fact]
    public void One_histogram_is_not_enough() => Weights("0~0.2x3 0~0.01x1 0~0.2x3").Raised.ShouldBeEmpty();

    [Fact]
    public void Norms_are_left_out() => Weights("0~0.2x3 0~0.01x3", "layernorm").Raised.ShouldBeEmpty();
}
