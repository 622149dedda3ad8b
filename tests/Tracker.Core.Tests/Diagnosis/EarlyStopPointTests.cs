using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class EarlyStopPointTests
{
    private const string Falls = "2.3>0.01~0.01x800";

    [Fact]
    public void Five_evaluations_without_improvement_name_the_best_step()
    {
        var signal = new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.0 0.9 0.95~0.01x6", every: 20).Run().Signal("early-stop-point");
        signal.OnsetStep.ShouldBe(100);
        signal.Step.ShouldBe(200);
        signal.Severity.ShouldBe(Severity.Info);
    }

    [Fact]
    public void An_improvement_within_the_patience_is_none() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.0 0.9 0.95x4 0.8 0.85x4 0.7", every: 20).Run().Raised.ShouldNotContain("early-stop-point");

    [Fact]
    public void A_later_improvement_clears_it() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.0 0.9 0.95~0.01x6 0.8", every: 20).Run().Signal("early-stop-point").Active.ShouldBeFalse();

    [Fact]
    public void An_improvement_next_to_nothing_does_not_count() =>
        new Script().Series("train/loss", Falls).Series("val/loss", "2.3 1.8 1.4 1.1 1.0 0.9 0.8999-0.0001x8", every: 20).Run().Signal("early-stop-point").OnsetStep.ShouldBe(100);

    [Fact]
    public void It_is_blind_without_training_and_where_two_players_play()
    {
        new Script().Series("val/loss", "1 0.9 0.95~0.01x10", every: 20).Run().Raised.ShouldBeEmpty();
        new Script().Config("""{"task":"gan"}""").Series("train/loss", Falls).Series("val/loss", "2.3 1.8 0.9 0.95~0.01x8", every: 20).Run().Raised.ShouldNotContain("early-stop-point");
    }
}
