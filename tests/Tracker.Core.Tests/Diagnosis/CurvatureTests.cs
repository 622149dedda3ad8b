using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class CurvatureTests
{
    [Fact]
    public void A_sharp_minimum_is_a_note()
    {
        var signal = new Script().Probe(500, "sharpness", """{"base":0.5,"perturbed":0.65,"epsilon":0.05,"samples":20}""").Run().Signal("sharpness");
        (signal.Severity, signal.Evidence[0].Value).ShouldBe((Severity.Info, 0.3));
    }

    [Theory]
    [InlineData("""{"ratio":0.05}""")]
    [InlineData("""{"base":0.5}""")]
    [InlineData("""{"ratio":"NaN"}""")]
    public void A_flat_one_or_half_a_result_says_nothing(string data) => new Script().Probe(500, "sharpness", data).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Rate_times_eigenvalue_above_two_is_the_edge_of_stability()
    {
        var outcome = new Script().Series("lr", "0.1x50").Probe(40, "hessian-top-eig", """{"eigenvalue":25,"iterations":20}""").Run();
        outcome.Signal("hessian-top-eig").Evidence[0].Value.ShouldBe(2.5);
        outcome.Diagnoses.ShouldHaveSingleItem().Severity.ShouldBe(Severity.Info);
    }

    [Fact]
    public void Below_two_it_is_silent() => new Script().Series("lr", "0.1x50").Probe(40, "hessian-top-eig", """{"eigenvalue":15}""").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Without_a_rate_it_is_blind() => new Script().Probe(40, "hessian-top-eig", """{"eigenvalue":15000}""").Run().Raised.ShouldBeEmpty();
}
