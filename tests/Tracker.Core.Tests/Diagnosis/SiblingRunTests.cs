using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class SiblingRunTests
{
    private const string Config = """{"model":"resnet","width":64,"optimizer":"sgd","lr":0.1,"batch_size":256,"seed":1,"total_steps":1000}""";

    [Theory]
    [InlineData("""{"model":"resnet","width":64,"optimizer":"sgd","lr":0.1,"batch_size":64,"seed":7,"total_steps":4000}""", true)]
    [InlineData("""{"model":"resnet","width":64,"optimizer":"sgd","lr":0.025,"batch_size":64}""", false)]
    [InlineData("""{"model":"resnet","width":64,"optimizer":"sgd","lr":0.1,"batch_size":200}""", false)]
    [InlineData("""{"model":"resnet","width":64,"optimizer":"adam","lr":0.1,"batch_size":64}""", false)]
    [InlineData("""{"model":"vit","width":128,"depth":12,"optimizer":"sgd","lr":0.1,"batch_size":64}""", false)]
    [InlineData("{}", false)]
    [InlineData(null, false)]
    public void A_sibling_is_the_same_run_with_another_batch_size(string? other, bool sibling) => (SiblingRun.Of(Config, other) is not null).ShouldBe(sibling);

    [Fact]
    public void Adam_has_no_siblings() => SiblingRun.MayHave("""{"optimizer":"adamw","lr":0.1,"batch_size":256}""").ShouldBeFalse();
}
