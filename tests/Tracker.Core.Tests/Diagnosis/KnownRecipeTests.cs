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
    public void A_band_of_the_same_role_under_another_name_counts() =>
        new Script().Event(0, "reference", Band.Replace("\"series\":\"val/accuracy\"", "\"series\":\"val_acc\",\"role\":\"val/accuracy\"", StringComparison.Ordinal))
            .Series("eval/accuracy", "0.2 0.25 0.28 0.28 0.28 0.28 0.28", every: 100).Run().Signal("known-recipe").Series.ShouldBe("eval/accuracy");

    [Fact]
    public void Another_reference_withdraws_what_was_said_against_the_old_one() =>
        new Script().Event(0, "reference", Band).Series("val/accuracy", "0.2 0.25 0.28 0.28 0.28 0.28 0.28 0.28", every: 100).Event(700, "reference", """{"replaces":true}""").Run().Signal("known-recipe").Active.ShouldBeFalse();

    [Fact]
    public void The_band_of_a_recorded_curve_holds_a_rerun_of_it_and_not_a_worse_one()
    {
        var random = new Random(1);
        double Loss(int step, double rate) => 2 * Math.Exp(-rate * step) + 0.3 + 0.05 * (random.NextDouble() - 0.5);
        var band = ReferenceBand.Of([.. Enumerable.Range(0, 2000).Select(i => (long)i)], [.. Enumerable.Range(0, 2000).Select(i => Loss(i, 0.004))]).ShouldNotBeNull();
        band.Steps.Count.ShouldBe(ReferenceBand.MostPoints);
        for (var i = 0; i < band.Steps.Count; i++)
        {
            var (same, worse) = (Loss((int)band.Steps[i], 0.004), Loss((int)band.Steps[i], 0.001));
            same.ShouldBeInRange(band.Low[i], band.High[i]);
            if (band.Steps[i] is > 200 and < 800) worse.ShouldBeGreaterThan(band.High[i]);
        }
    }

    [Fact]
    public void A_single_point_gives_no_band() => ReferenceBand.Of([1, 2], [0.5, double.NaN]).ShouldBeNull();

    [Fact]
    public void Without_a_reference_it_is_silent() => new Script().Series("val/accuracy", "0.01x7", every: 100).Run().Raised.ShouldBeEmpty();
}
