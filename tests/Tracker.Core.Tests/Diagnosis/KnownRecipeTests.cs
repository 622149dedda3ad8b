using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class KnownRecipeTests
{
    private const string Band = """{"run":"resnet50-ref","series":"val/accuracy","steps":[0,1000],"low":[0.1,0.7],"high":[0.3,0.8]}""";

    [Fact]
    public void Below_the_band_for_three_evaluations_is_noted()
    {
        var outcome = new Script().Event(0, "reference", Band).Series("val/accuracy", "0.2 0.25 0.28 0.28 0.28 0.28 0.28", every: 100).Run();
        var signal = outcome.Signal("known-recipe");
        (signal.Severity, signal.OnsetStep, signal.Step).ShouldBe((Severity.Info, 400, 600));
        signal.Summary.ShouldContain("resnet50-ref");
    }

    [Fact]
    public void Within_the_band_nothing_is_said() => new Script().Event(0, "reference", Band).Series("val/accuracy", "0.2 0.25 0.28 0.35 0.4 0.45 0.5", every: 100).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Beyond_the_end_of_the_reference_nothing_is_compared() => new Script().Event(0, "reference", Band).Series("val/accuracy", "_x11 0.1x10", every: 100).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Back_in_the_band_it_clears() =>
        new Script().Event(0, "reference", Band).Series("val/accuracy", "0.05 0.05 0.05 0.3 0.4 0.45 0.5", every: 100).Run().Signal("known-recipe").Active.ShouldBeFalse();

    [Fact]
    public void Without_a_reference_it_is_silent() => new Script().Series("val/accuracy", "0.01x7", every: 100).Run().Raised.ShouldBeEmpty();
}
