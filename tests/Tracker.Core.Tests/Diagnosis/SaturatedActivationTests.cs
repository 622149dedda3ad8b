using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class SaturatedActivationTests
{
    private static Outcome Saturated(string line) => new Script().Config("""{"total_steps":1000}""").Series("saturated_fraction/fc1", line, every: 20).Run();

    [Fact]
    public void Half_of_the_outputs_at_their_ends_from_the_start_is_bad_scale()
    {
        var outcome = Saturated("0.8~0.01x20");
        outcome.Signal("saturated-activation").Severity.ShouldBe(Severity.Warn);
        outcome.Signal("saturated-activation").OnsetStep.ShouldBe(0);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("bad-init-or-scale");
    }

    [Fact]
    public void Outputs_that_saturate_during_training_were_driven_there()
    {
        var outcome = Saturated("0.02x10 0.9x12");
        outcome.Signal("saturated-activation").OnsetStep.ShouldBe(200);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("lr-too-high");
    }

    [Fact]
    public void Less_than_half_is_nothing() => Saturated("0.42~0.01x30").Raised.ShouldBeEmpty();

    [Fact]
    public void A_short_burst_is_nothing() => Saturated("0.1x10 0.9x3 0.1x10").Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_they_come_back() => Saturated("0.7x12 0.1x10").Signal("saturated-activation").Active.ShouldBeFalse();

    [Fact]
    public void All_layers_are_one_signal_that_names_the_worst()
    {
        var outcome = new Script().Config("""{"total_steps":1000}""").Series("saturated_fraction/a", "0.6x15", every: 20).Series("saturated_fraction/b", "0.9x15", every: 20)
            .Series("saturated_fraction/c", "0.7x15", every: 20).Run();
        var signal = outcome.Signals.ShouldHaveSingleItem();
        signal.Title.ShouldBe("90 % of the outputs of b are saturated");
        signal.Series.ShouldBe("saturated_fraction/a");
        signal.Summary.ShouldEndWith("The same holds of 1 other layer.");
    }

    [Fact]
    public void Histograms_show_it_where_the_fraction_is_not_logged()
    {
        Ends("fc1").Signal("saturated-activation").Severity.ShouldBe(Severity.Warn);
        Ends("softmax").Raised.ShouldBeEmpty();
    }

    private static Outcome Ends(string layer)
    {
        var script = new Script();
        for (var i = 0; i < 4; i++) script.Histogram("activations/" + layer, i * 50, [-1, -0.96, 0, 0.96, 1], [480, 20, 20, 480]);
        return script.Run();
    }
}
