using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LogitBlowupTests
{
    private static Outcome Logits(string line) => new Script().Series("logit_max", line).Run();

    [Fact]
    public void A_steady_rise_beyond_fifty_is_a_warning() => Logits("5+0.2~0.5x500").Signal("logit-blowup").Severity.ShouldBe(Severity.Warn);

    [Fact]
    public void Ten_thousand_is_high_at_once() => Logits("20000~100x100").Signal("logit-blowup").Severity.ShouldBe(Severity.High);

    [Fact]
    public void Large_but_level_is_nothing() => Logits("80~2x500").Raised.ShouldBeEmpty();

    [Fact]
    public void A_rise_that_ends_at_thirty_is_nothing() => Logits("5+0.05~0.2x500").Raised.ShouldBeEmpty();

    [Fact]
    public void It_clears_below_half() => Logits("5+0.2~0.5x500 10~0.2x200").Signal("logit-blowup").Active.ShouldBeFalse();
}
