using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class DownstreamRegressionTests
{
    private const string Falls = "2.3>0.1~0.02x800";

    [Fact]
    public void A_metric_that_falls_from_its_best_is_a_regression()
    {
        var signal = new Script().Series("train/loss", Falls).Series("val/f1", "0.2 0.5 0.7 0.8~0.003x17 0.78 0.75 0.7 0.68~0.003x17", every: 20).Run().Signal("downstream-regression");
        signal.Severity.ShouldBe(Severity.Warn);
        signal.Series.ShouldBe("val/f1");
    }

    [Fact]
    public void An_error_rate_is_worse_when_it_rises()
    {
        new Script().Series("train/loss", Falls).Series("eval/wer", "0.9 0.5 0.3 0.2~0.003x17 0.25 0.28 0.3~0.003x18", every: 20).Run().Raised.ShouldContain("downstream-regression");
        new Script().Series("train/loss", Falls).Series("eval/wer", "0.9 0.5 0.3 0.2~0.003x17 0.15 0.12 0.1~0.003x18", every: 20).Run().Raised.ShouldNotContain("downstream-regression");
    }

    [Fact]
    public void Noise_is_none() => new Script().Series("train/loss", Falls).Series("val/f1", "0.2 0.5 0.7 0.8~0.05x37", every: 20).Run().Raised.ShouldNotContain("downstream-regression");

    [Fact]
    public void Its_best_again_clears_it() =>
        new Script().Series("train/loss", Falls).Series("val/f1", "0.2 0.5 0.7 0.8~0.003x12 0.75 0.7 0.65~0.003x8 0.8~0.003x15", every: 20).Run().Signal("downstream-regression").Active.ShouldBeFalse();

    [Fact]
    public void It_is_blind_without_a_metric() => new Script().Series("train/loss", Falls).Series("val/whatever", "0.8x20 0.2x20", every: 20).Run().Raised.ShouldNotContain("downstream-regression");
}
