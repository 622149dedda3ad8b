using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class InputScaleTests
{
    [Theory]
    [InlineData(0.0, 1.0, null)]
    [InlineData(0.15, 0.6, null)]
    [InlineData(0.13, 0.31, "info")]
    [InlineData(0.45, 0.9, "info")]
    [InlineData(4.9, 6, "warn")]
    [InlineData(33, 78, "warn")]
    [InlineData(0, 0.01, "warn")]
    public void The_probe_is_judged_by_how_far_off_it_is(double mean, double deviation, string? severity)
    {
        var outcome = new Script().Probe(0, "input-stats", FormattableString.Invariant($$"""{"mean":{{mean}},"std":{{deviation}}}""")).Run();
        outcome.Signals.Select(s => s.Severity.ToString().ToLowerInvariant()).ShouldBe(severity is null ? [] : [severity]);
    }

    [Fact]
    public void Series_are_judged_by_their_medians()
    {
        var outcome = new Script().Series("input/mean", "33~1x20").Series("input/std", "78~1x20").Run();
        outcome.Raised.ShouldBe(["inputs-not-normalised"]);
        outcome.Diagnoses[0].Cause.ShouldBe("bad-init-or-scale");
        outcome.Signal("inputs-not-normalised").Evidence.Select(e => e.Series).ShouldBe(["input/mean", "input/std"]);
    }

    [Fact]
    public void One_odd_batch_is_no_matter() => new Script().Series("input/mean", "0x6 50 0x10").Series("input/std", "1x6 80 1x10").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void With_the_mean_alone_it_is_blind() => new Script().Series("input/mean", "33x20").Run().Raised.ShouldBeEmpty();
}
