using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class VisibilityTests
{
    [Fact]
    public void A_run_that_logs_nothing_shows_nothing()
    {
        var seen = Visibility.Of(null, [], []);
        seen.Recognised.ShouldBeEmpty();
        seen.Blind.Select(b => b.Condition).ShouldBe(Conditions.All.Select(c => c.Id));
        seen.Blind.ShouldAllBe(b => b.Log.Python.Length > 0 && b.Log.Dotnet.Length > 0 && b.Needs.Count > 0);
    }

    [Fact]
    public void The_line_that_would_log_what_is_missing_is_said()
    {
        var blind = Visibility.Of(null, [("loss", false)], []).Blind.Single(b => b.Condition == "overfitting");
        blind.Title.ShouldBe("validation rises while training falls");
        blind.Needs.ShouldBe(["val/loss"]);
        blind.Log.Python.ShouldContain("run.log({\"val/loss\": validate(model)}, step=step)");
        blind.Log.Dotnet.ShouldContain("run.Log(step, (\"val/loss\", Validate(model)))");
    }

    [Fact]
    public void Series_are_recognised_by_the_names_of_others_and_by_hand()
    {
        var seen = Visibility.Of("""{"tracker.roles": {"quality": "val/accuracy", "eval_loss": "none"}}""", [("Train/Loss_step", false), ("eval_loss", false), ("quality", false), ("mine", false)], []);
        seen.Recognised.ShouldBe([new("Train/Loss_step", "train/loss"), new("quality", "val/accuracy")]);
        seen.Unrecognised.ShouldBe(["eval_loss", "mine"]);
        seen.Blind.ShouldContain(b => b.Condition == "overfitting");
    }

    [Fact]
    public void One_of_several_series_is_enough_and_a_histogram_may_be_one()
    {
        Blind("dead-relu", ("dead_fraction/fc1", false)).ShouldBeFalse();
        Blind("dead-relu", ("activations/fc1", true)).ShouldBeFalse();
        Blind("dead-relu", ("activations/fc1", false)).ShouldBeTrue();
        Blind("ddp-divergence", ("train/loss", false)).ShouldBeTrue();
        Blind("ddp-divergence", ("rank1/train/loss", false)).ShouldBeFalse();
        Blind("update-too-small", ("update_ratio/fc1", false)).ShouldBeFalse();
        Blind("gpu-underused", ("system/gpu.0.gpu", false)).ShouldBeFalse();
        Blind("schedule-kick", ("train/loss", false), ("lr-Adam/pg1", false)).ShouldBeFalse();
    }

    [Fact]
    public void The_config_and_events_show_things_too()
    {
        Visibility.Of("""{"model": {"num_classes": 10}}""", [("loss", false)], []).Blind.ShouldNotContain(b => b.Condition == "loss-at-init");
        Visibility.Of(null, [("loss", false)], []).Blind.Single(b => b.Condition == "loss-at-init").Needs.ShouldBe(["config:num_classes"]);
        Visibility.Of(null, [], [("probe", "Overfit_One_Batch")]).Blind.ShouldNotContain(b => b.Condition == "overfit-one-batch");
        Visibility.Of(null, [("loss", false)], [("batch", "")]).Blind.ShouldNotContain(b => b.Condition == "outlier-batch");
    }

    /// <summary>What is not blind is seen: conditions that the tests raise are never called invisible for the series that raised them.</summary>
    [Fact]
    public void A_condition_that_is_raised_was_not_called_invisible()
    {
        var script = new Script().Config("""{"max_grad_norm": 0.05}""").Series("train/loss", "2.3>0.3~0.02x400").Series("grad_norm/total", "1.0~0.05x400");
        script.Run().Raised.ShouldContain("clip-over-80");
        Visibility.Of("""{"max_grad_norm": 0.05}""", [("train/loss", false), ("grad_norm/total", false)], []).Blind.ShouldNotContain(b => b.Condition == "clip-over-80");
        Visibility.Of(null, [("train/loss", false), ("grad_norm/total", false)], []).Blind.ShouldContain(b => b.Condition == "clip-over-80");
    }

    private static bool Blind(string condition, params (string Name, bool IsHistogram)[] series) => Visibility.Of(null, series, []).Blind.Any(b => b.Condition == condition);
}
