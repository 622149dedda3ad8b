using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class CatastrophicForgettingTests
{
    private const string Loss = "2.3>0.1~0.02x400 2.3>0.1~0.02x400";

    [Fact]
    public void One_task_for_another_is_forgetting()
    {
        var outcome = new Script().Series("train/loss", Loss).Series("val/loss_task_a", "2.3>0.1~0.005x20 3 4 5+0.1x18", every: 20).Series("val/loss_task_b", "2.4 6+0.1x19 1 0.5 0.2~0.005x18", every: 20).Run();
        var signal = outcome.Signal("catastrophic-forgetting");
        signal.Severity.ShouldBe(Severity.High);
        signal.Series.ShouldBe("val/loss_task_a");
        signal.Step.ShouldBeLessThan(520);
        outcome.Diagnoses.First(d => d.Signals.Contains(signal)).Cause.ShouldBe("catastrophic-forgetting");
    }

    [Fact]
    public void Accuracies_of_tasks_tell_it_where_no_losses_are_logged() =>
        new Script().Series("train/loss", Loss).Series("val/accuracy_task_a", "0.1 0.5 0.9~0.005x18 0.4 0.2 0.1 0~0.001x17", every: 20).Series("val/accuracy_task_b", "0~0.001x20 0.5 0.7 0.8 0.9~0.005x17", every: 20).Run().Raised.ShouldContain("catastrophic-forgetting");

    [Fact]
    public void When_all_tasks_get_worse_it_is_something_else() =>
        new Script().Series("train/loss", Loss).Series("val/loss_task_a", "2.3>0.1~0.005x20 3 4 5+0.1x18", every: 20).Series("val/loss_task_b", "2.3>0.2~0.005x20 3 4 5+0.1x18", every: 20).Run().Raised.ShouldNotContain("catastrophic-forgetting");

    [Fact]
    public void A_task_that_rises_a_little_while_another_is_learnt_is_none() =>
        new Script().Series("train/loss", Loss).Series("val/loss_task_a", "2.3>0.1~0.005x20 0.3~0.005x20", every: 20).Series("val/loss_task_b", "2.4x20 1 0.5 0.2~0.005x18", every: 20).Run().Raised.ShouldNotContain("catastrophic-forgetting");

    [Fact]
    public void It_is_blind_with_one_task() =>
        new Script().Series("train/loss", Loss).Series("val/loss_task_a", "2.3>0.1~0.005x20 3 4 5+0.1x18", every: 20).Run().Raised.ShouldNotContain("catastrophic-forgetting");
}
