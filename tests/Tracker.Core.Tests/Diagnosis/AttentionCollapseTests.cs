using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class AttentionCollapseTests
{
    private const string Long = """{"total_steps":1000,"seq_len":64}""";

    private static Outcome Entropy(string line, string config = Long) => new Script().Config(config).Series("attention_entropy/block0", line, every: 20).Run();

    [Fact]
    public void A_fall_to_a_quarter_of_uniform_attention_is_a_collapse()
    {
        var outcome = Entropy("3.2~0.02x10 0.5~0.02x10");
        var signal = outcome.Signal("attention-collapse");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.OnsetStep.ShouldBe(200);
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("attention-logits-too-large");
    }

    [Fact]
    public void It_may_start_collapsed() => Entropy("0.4~0.02x20").Signal("attention-collapse").OnsetStep.ShouldBe(0);

    [Fact]
    public void Without_the_length_of_the_sequence_the_first_entropy_is_the_measure()
    {
        const string config = """{"total_steps":1000}""";
        Entropy("2.1~0.02x10 0.4~0.02x10", config).Raised.ShouldBe(["attention-collapse"]);
        Entropy("0.2~0.01x20", config).Raised.ShouldBe(["attention-collapse"]);
        Entropy("2.1~0.02x10 0.7~0.02x10", config).Raised.ShouldBeEmpty();
    }

    [Fact]
    public void Attention_that_gets_sharper_as_it_learns_is_nothing() => Entropy("3.2>1.4~0.02x40").Raised.ShouldBeEmpty();

    [Fact]
    public void Two_points_are_not_enough() => Entropy("3.2x10 0.3x2 3x10").Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_attention_spreads_again() => Entropy("0.3x10 2x10").Signal("attention-collapse").Active.ShouldBeFalse();

    [Fact]
    public void One_sharp_head_of_four_is_a_note_and_three_are_a_collapse()
    {
        Heads("0.1x20", "2.5x20", "2.6x20", "2.4x20").Signal("attention-collapse").Severity.ShouldBe(Severity.Info);
        Heads("0.1x20", "0.2x20", "0.1x20", "2.4x20").Signal("attention-collapse").Severity.ShouldBe(Severity.Warn);
    }

    private static Outcome Heads(params string[] lines)
    {
        var script = new Script().Config(Long);
        for (var i = 0; i < lines.Length; i++) script.Series($"attention_entropy/block0/head{i}", lines[i], every: 20);
        return script.Run();
    }
}
