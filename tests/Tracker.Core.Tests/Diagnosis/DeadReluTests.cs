using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class DeadReluTests
{
    private static Outcome Dead(string line) => new Script().Config("""{"total_steps":1000}""").Series("dead_fraction/fc1", line, every: 20).Run();

    [Fact]
    public void Half_of_the_units_dead_is_a_warning() => Dead("0.6x20").Signal("dead-relu").Severity.ShouldBe(Severity.Warn);

    [Fact]
    public void Nearly_all_of_them_is_high() => Dead("0.95x20").Signal("dead-relu").Severity.ShouldBe(Severity.High);

    [Fact]
    public void Units_that_died_during_training_are_high_and_have_their_onset()
    {
        var signal = Dead("0.05x10 0.6x20").Signal("dead-relu");
        signal.Severity.ShouldBe(Severity.High);
        signal.OnsetStep.ShouldBe(200);
    }

    [Fact]
    public void Less_than_half_is_nothing() => Dead("0.45x30").Raised.ShouldBeEmpty();

    [Fact]
    public void A_short_burst_is_nothing() => Dead("0.1x10 0.9x3 0.1x10").Raised.ShouldBeEmpty();

    [Fact]
    public void Units_that_come_back_clear_it() => Dead("0.6x20 0.1x10").Signal("dead-relu").Active.ShouldBeFalse();

    [Fact]
    public void A_third_that_grows_is_a_note_before_it_is_an_alarm()
    {
        Dead("0.05x4 0.05+0.02x19").Signal("dead-relu").Severity.ShouldBe(Severity.Info);
        Dead("0.05x4 0.05+0.02x36").Signal("dead-relu").Severity.ShouldBe(Severity.High);
    }

    [Fact]
    public void Without_the_fraction_only_a_layer_that_is_almost_all_zero_can_be_told()
    {
        Zeros(995).Signal("dead-relu").Severity.ShouldBe(Severity.Warn);
        Zeros(900).Raised.ShouldBeEmpty();
    }

    private static Outcome Zeros(double zeros)
    {
        var script = new Script();
        for (var i = 0; i < 4; i++) script.Histogram("activations/fc1", i * 50, [0, 0.1, 1, 2], [zeros, (1000 - zeros) / 2, (1000 - zeros) / 2]);
        return script.Run();
    }
}
