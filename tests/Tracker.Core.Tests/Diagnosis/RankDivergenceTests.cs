using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class RankDivergenceTests
{
    [Fact]
    public void Ranks_with_the_same_loss_are_told()
    {
        // The noise of a series comes from its name: here both lines are without noise, and move.
        var outcome = new Script().Series("train/loss", "2-0.001x80").Series("rank1/train/loss", "2-0.001x80").Run();
        var signal = outcome.Signal("ddp-divergence");
        (signal.Severity, signal.Series, signal.Step).ShouldBe((Severity.Warn, "rank1/train/loss", 49));
        outcome.Diagnoses[0].Cause.ShouldBe("ordering-or-shuffle");
    }

    [Fact]
    public void Ranks_with_losses_of_their_own_are_well() => new Script().Series("train/loss", "2-0.001~0.01x200").Series("rank1/train/loss", "2-0.001~0.01x200").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Forty_points_are_too_few() => new Script().Series("train/loss", "2-0.001x40").Series("rank1/train/loss", "2-0.001x40").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_loss_that_stands_still_is_the_same_everywhere() => new Script().Series("train/loss", "2x15 1~0.01x30").Series("rank1/train/loss", "2x15 1~0.01x30").Run().Raised.ShouldNotContain("ddp-divergence");

    [Fact]
    public void Batches_of_a_rank_that_come_later_are_compared_too()
    {
        var analyzer = new RunAnalyzer("r");
        for (var rank = 1; rank >= 0; rank--)
        {
            var steps = Enumerable.Range(0, 80).Select(i => (long)i).ToArray();
            var column = new Core.Series.ScalarColumn(rank == 0 ? "train/loss" : "rank1/train/loss", steps, new long[80], [.. steps.Select(s => 2 - 0.001 * s)]);
            analyzer.Fold(new Core.Series.StoredBatch(2 - rank, rank, new Core.Series.LogBatch { Scalars = [column] }));
        }
        analyzer.Diagnoses.ShouldHaveSingleItem().Signals[0].Id.ShouldBe("ddp-divergence");
    }

    [Fact]
    public void Parameters_that_drift_apart_are_told() =>
        new Script().Series("param_norm/total", "10+0.001x100").Series("rank1/param_norm/total", "10+0.003x100").Run().Signal("ddp-divergence").Severity.ShouldBe(Severity.High);

    [Fact]
    public void Sharded_parameters_have_norms_of_their_own() => new Script().Series("param_norm/total", "10+0.001x100").Series("rank1/param_norm/total", "12+0.003x100").Run().Raised.ShouldBeEmpty();

    [Theory]
    [InlineData("a", "a", "p", "p", "read the same data")]
    [InlineData("a", "b", "p", "q", "hold different parameters")]
    [InlineData("a", "b", "p", "p", null)]
    public void Hashes_decide(string data0, string data1, string params0, string params1, string? told)
    {
        var script = new Script();
        for (var step = 0; step < 4; step++)
        {
            script.Probe(step, "rank-hash", $$"""{"rank":0,"data":"{{data0}}{{step}}","params":"{{params0}}"}""");
            script.Probe(step, "rank-hash", $$"""{"rank":1,"data":"{{data1}}{{step}}","params":"{{params1}}"}""");
        }
        var signals = script.Run().Signals.ToList();
        signals.Count.ShouldBe(told is null ? 0 : 1);
        if (told is not null) signals[0].Title.ShouldContain(told);
    }
}
