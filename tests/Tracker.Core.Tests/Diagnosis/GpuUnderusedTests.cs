using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class GpuUnderusedTests
{
    [Fact]
    public void A_device_that_idles_for_ten_minutes_of_training_is_noted()
    {
        var outcome = new Script().Series("train/loss", "2>0.5~0.02x700").Series("system/gpu_util", "12~2x700").Run();
        outcome.Signal("gpu-underused").Severity.ShouldBe(Severity.Info);
        outcome.Signal("gpu-underused").Evidence[0].Value.ShouldBe(0.125);
        outcome.Diagnoses.First(d => d.Cause == "resource-starved").Severity.ShouldBe(Severity.Info);
    }

    [Fact]
    public void Shares_and_percent_are_told_apart() => new Script().Series("train/loss", "2>0.5~0.02x700").Series("sys/gpu_util", "0.12~0.02x700").Run().Raised.ShouldBe(["gpu-underused"]);

    [Theory]
    [InlineData("85~5x700")]
    [InlineData("40~5x700")]
    public void A_busy_one_is_not(string line) => new Script().Series("train/loss", "2>0.5~0.02x700").Series("system/gpu_util", line).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Five_minutes_are_too_few() => new Script().Series("train/loss", "2>0.5~0.02x300").Series("system/gpu_util", "5x300").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_device_that_waits_while_no_step_is_done_is_no_matter_of_the_loader() => new Script().Series("train/loss", "2x5").Series("system/gpu_util", "0x700").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Where_only_times_are_logged_the_share_of_waiting_tells()
    {
        var outcome = new Script().Series("step_time", "0.5~0.02x150").Series("data_time", "0.4~0.02x150").Run();
        outcome.Signal("gpu-underused").Evidence[0].Statistic.ShouldBe("share of the step spent waiting for data");
        new Script().Series("step_time", "0.5~0.02x150").Series("data_time", "0.1~0.01x150").Run().Raised.ShouldBeEmpty();
    }
}
