using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class MemoryGrowthTests
{
    [Fact]
    public void Memory_that_grows_to_its_end_is_told_with_the_hours_left()
    {
        var outcome = new Script().Series("system/gpu_mem", "4000+2~20x2000").Run();
        var signal = outcome.Signal("memory-growth");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Title.ShouldContain("will double in");
        outcome.Diagnoses[0].Cause.ShouldBe("resource-starved");
    }

    [Fact]
    public void A_series_in_percent_has_a_limit() => new Script().Series("system/gpu_0_memory_usage_percentage", "40+0.02~0.1x1500").Run().Signal("memory-growth").Title.ShouldContain("reach 100");

    [Theory]
    [InlineData("4000~20x2000")]
    [InlineData("1000>6000~20x2000")]
    [InlineData("2000+10x300 5000~20x1700")]
    [InlineData("4000+0.05~20x2000")]
    public void Memory_that_is_level_or_levels_off_is_silent(string line) => new Script().Series("system/gpu_mem", line).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Ten_minutes_must_have_passed() => new Script().Series("system/gpu_mem", "4000+20x500").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Sawtooth_of_a_garbage_collector_is_no_growth() =>
        new Script().Series("system/memory", string.Concat(Enumerable.Repeat("1000+10x100 ", 25))).Run().Raised.ShouldBeEmpty();
}
