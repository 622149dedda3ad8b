using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class StepTimeRegressionTests
{
    [Fact]
    public void Steps_that_have_become_slower_are_noted()
    {
        var outcome = new Script().Series("step_time", "0.2~0.01x600 0.4~0.01x200").Run();
        outcome.Signal("step-time-regression").Severity.ShouldBe(Severity.Info);
        outcome.Signal("step-time-regression").Title.ShouldStartWith("Steps take ");
    }

    [Theory]
    [InlineData("0.2~0.01x800")]
    [InlineData("5x10 0.2~0.01x600")]
    [InlineData("0.2~0.01x600 0.26~0.01x200")]
    [InlineData("0.2~0.01x600 3x5 0.2~0.01x200")]
    [InlineData("0.4~0.01x400 0.2~0.01x400")]
    public void Level_little_slower_briefly_slower_or_faster_is_silent(string line) => new Script().Series("step_time", line).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_when_steps_are_as_fast_again() => new Script().Series("step_time", "0.2~0.01x600 0.4~0.01x200 0.2~0.01x200").Run().Signal("step-time-regression").Active.ShouldBeFalse();

    [Fact]
    public void Too_few_points_say_nothing() => new Script().Series("step_time", "0.2x50 0.4x100").Run().Raised.ShouldBeEmpty();
}
