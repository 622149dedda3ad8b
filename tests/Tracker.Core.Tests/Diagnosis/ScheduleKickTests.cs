using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ScheduleKickTests
{
    private const string Rate = "0.1x300 0.01x300";

    [Fact]
    public void A_fall_where_the_rate_was_cut_is_explained()
    {
        var outcome = new Script().Series("lr", Rate).Series("train/loss", "2.3>0.8~0.05x300 0.6~0.03x300").Run();
        var signal = outcome.Signal("schedule-kick");
        (signal.Severity, signal.OnsetStep).ShouldBe((Severity.Info, 300));
        signal.Step.ShouldBeLessThan(330);
        outcome.Raised.ShouldBe(["schedule-kick"]);
    }

    [Fact]
    public void It_passes() => new Script().Series("lr", Rate).Series("train/loss", "2.3>0.8~0.05x300 0.6~0.03x300").Run().Signal("schedule-kick").Active.ShouldBeFalse();

    [Fact]
    public void A_small_fall_in_much_noise_is_seen_later() =>
        new Script().Series("lr", "0.1x500 0.01x300").Series("train/loss", "2.3>0.8~0.05x300 0.8~0.05x200 0.77~0.05x300").Run().Signal("schedule-kick").Step.ShouldBeInRange(549, 610);

    [Fact]
    public void A_cut_without_a_fall_is_none() => new Script().Series("lr", Rate).Series("train/loss", "2.3>0.8~0.05x300 0.8~0.05x300").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_descent_that_only_goes_on_is_none() => new Script().Series("lr", Rate).Series("train/loss", "4-0.005~0.02x600").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void A_rate_that_glides_kicks_nothing() => new Script().Series("lr", "0.1-0.0003x300 0.01x300").Series("train/loss", "2.3>0.8~0.05x270 0.6~0.03x300").Run().Raised.ShouldNotContain("schedule-kick");

    [Fact]
    public void Without_a_rate_nothing_is_said() => new Script().Series("train/loss", "2.3>0.8~0.05x300 0.6~0.03x300").Run().Raised.ShouldBeEmpty();
}
