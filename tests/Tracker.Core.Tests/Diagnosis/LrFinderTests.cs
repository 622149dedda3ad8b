using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LrFinderTests
{
    /// <summary>A hundred rates from 1e-7 to 10: the loss falls around 0.01 and diverges from 1 on.</summary>
    private static string Sweep(string more = "")
    {
        var rates = Enumerable.Range(0, 100).Select(i => Math.Pow(10, -7 + i * 8 / 99.0)).ToArray();
        var losses = rates.Select(r => 2.3 - 1.5 / (1 + Math.Exp(-3 * Math.Log10(r / 0.01))) + (r > 1 ? 30 * (r - 1) : 0));
        return FormattableString.Invariant($"{{\"rates\":[{string.Join(',', rates.Select(r => r.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}],\"losses\":[{string.Join(',', losses.Select(l => l.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}]{more}}}");
    }

    [Fact]
    public void The_steepest_slope_is_suggested()
    {
        var signal = new Script().Config("""{"lr":0.01}""").Probe(0, "lr-finder", Sweep()).Run().Signal("lr-finder");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Evidence[0].Value.ShouldBeInRange(0.005, 0.2);
        signal.Summary.ShouldContain("diverges at");
    }

    [Fact]
    public void A_rate_near_that_of_divergence_is_a_warning()
    {
        var outcome = new Script().Config("""{"lr":0.8}""").Probe(0, "lr-finder", Sweep()).Run();
        outcome.Signal("lr-finder").Severity.ShouldBe(Severity.Warn);
        outcome.Diagnoses[0].Cause.ShouldBe("lr-too-high");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"rates":[0.1,0.2],"losses":[1,2]}""")]
    [InlineData("""{"rates":[1,2,3,4,5,6,7,8,9,10,11,12],"losses":[1,1,1,1,1,1,1,1,1,1,1,1]}""")]
    public void Too_short_or_flat_a_sweep_says_nothing(string data) => new Script().Probe(0, "lr-finder", data).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_sweep_over_one_class_is_biased() => new Script().Probe(0, "lr-finder", Sweep(",\"classes\":[900,20,20,20,40]")).Run().Raised.ShouldBe(["lr-finder", "lr-finder-biased"], ignoreOrder: true);

    [Fact]
    public void Even_classes_are_not() => new Script().Probe(0, "lr-finder", Sweep(",\"classes\":[220,180,200,190,210]")).Run().Raised.ShouldBe(["lr-finder"]);
}
