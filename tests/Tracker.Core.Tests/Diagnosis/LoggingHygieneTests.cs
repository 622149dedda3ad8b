using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LoggingHygieneTests
{
    private const string Loss = "2.3>0.5~0.03x400";

    [Fact]
    public void What_is_missing_after_two_hundred_points_is_one_card_of_notes()
    {
        var outcome = new Script().Series("train/loss", Loss).Run();
        var card = outcome.Notes.Single(d => d.Cause == "not-logged");
        card.Signals.Select(s => s.Id).ShouldBe(["missing-lr", "missing-val", "missing-grad-norm", "missing-layer-norms", "missing-param-norm"], ignoreOrder: true);
        card.Severity.ShouldBe(Severity.Info);
        outcome.Events.ShouldAllBe(e => !e.Notify);
    }

    [Fact]
    public void It_names_what_cannot_be_seen_and_the_line_that_would_log_it()
    {
        var signal = new Script().Series("train/loss", Loss).Run().Signal("missing-lr");
        signal.Summary.ShouldContain("lr-decayed-early");
        signal.Summary.ShouldContain("run.log(");
    }

    [Fact]
    public void A_rate_that_the_config_names_is_only_not_logged()
    {
        var raised = new Script().Config("""{"lr":0.1}""").Series("train/loss", Loss).Run().Notes.SelectMany(d => d.Signals).Select(s => s.Id).ToList();
        raised.ShouldContain("lr-not-logged");
        raised.ShouldNotContain("missing-lr");
    }

    [Fact]
    public void A_run_that_logs_it_all_has_no_card() =>
        new Script().Series("lr", "0.1x400").Series("grad_norm", "1~0.1x400").Series("param_norm", "9~0.1x400").Series("grad_norm/fc1", "1~0.1x20", every: 20).Series("val/loss", "2.3>0.6x20", every: 20)
            .Series("train/loss", Loss).Run().Notes.ShouldNotContain(d => d.Cause == "not-logged");

    [Fact]
    public void Before_that_nothing_is_said() => new Script().Series("train/loss", "2.3~0.03x150").Run().Notes.ShouldBeEmpty();

    [Fact]
    public void A_series_that_comes_later_takes_its_note_away() =>
        new Script().Series("train/loss", Loss).Series("lr", "_x300 0.1x100").Run().Signal("missing-lr").Active.ShouldBeFalse();

    [Fact]
    public void Games_need_no_validation() => new Script().Series("train/reward", "1x400").Series("train/loss", Loss).Run().Notes.SelectMany(d => d.Signals).ShouldNotContain(s => s.Id == "missing-val");
}
