using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ScalingMismatchTests
{
    private const string Config = """{"optimizer":"sgd","lr":0.1,"batch_size":256}""";

    private static Script Run(string config, string sibling) => new Script().Config(config).Series("train/loss", "2.3>0.5~0.03x100").Event(0, "sibling", sibling);

    [Fact]
    public void Four_times_the_batch_at_the_same_rate_is_a_note()
    {
        var signal = Run(Config, """{"run":"base","batch_size":64,"lr":0.1}""").Run().Signal("scaling-mismatch");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Summary.ShouldContain("0.1 → try 0.4");
    }

    [Fact]
    public void A_rate_that_went_with_it_is_fine() => Run(Config, """{"run":"base","batch_size":64,"lr":0.025}""").Run().Raised.ShouldNotContain("scaling-mismatch");

    [Fact]
    public void Half_as_much_again_is_no_other_size() => Run(Config, """{"run":"base","batch_size":192,"lr":0.1}""").Run().Raised.ShouldNotContain("scaling-mismatch");

    [Fact]
    public void Adam_scales_by_itself() => Run("""{"optimizer":"adamw","lr":0.1,"batch_size":256}""", """{"run":"base","batch_size":64,"lr":0.1}""").Run().Raised.ShouldNotContain("scaling-mismatch");

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"batch_size":0,"lr":"NaN"}""")]
    [InlineData("[]")]
    public void A_sibling_that_says_nothing_is_nothing(string sibling) => Run(Config, sibling).Run().Raised.ShouldNotContain("scaling-mismatch");
}
