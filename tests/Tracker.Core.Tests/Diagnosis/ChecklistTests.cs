using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ChecklistTests
{
    [Theory]
    [InlineData("output-shape", "output-shape", """{"output":[32,1],"expected":[32]}""", Severity.Warn)]
    [InlineData("train-mode", "mode", """{"during":"train","training":false}""", Severity.Warn)]
    [InlineData("train-mode", "mode", """{"during":"eval","training":true}""", Severity.Warn)]
    [InlineData("scheduler-in-checkpoint", "checkpoint", """{"keys":["model","optimizer"],"missing":["scheduler"]}""", Severity.Warn)]
    [InlineData("scheduler-in-checkpoint", "checkpoint", """{"keys":["model","optimizer"],"scheduler":true}""", Severity.Warn)]
    [InlineData("splits", "splits", """{"train":1000,"val":0}""", Severity.Warn)]
    [InlineData("splits", "splits", """{"train":1000,"val":20}""", Severity.Warn)]
    [InlineData("splits", "splits", """{"train":100,"val":900}""", Severity.Warn)]
    [InlineData("split-leak", "splits", """{"train":1000,"val":200,"overlap":12}""", Severity.High)]
    [InlineData("augmentation", "augmentation", """{"split":"train","differs":false,"expected":true}""", Severity.Warn)]
    [InlineData("aug-on-val", "augmentation", """{"split":"val","differs":true}""", Severity.High)]
    public void What_fails_is_raised(string id, string probe, string data, Severity severity)
    {
        var outcome = new Script().Probe(0, probe, data).Run();
        outcome.Raised.ShouldBe([id]);
        outcome.Signal(id).Severity.ShouldBe(severity);
        outcome.Diagnoses[0].Cause.ShouldNotBe("unknown");
    }

    [Theory]
    [InlineData("output-shape", """{"output":[32,10],"expected":[-1,10]}""")]
    [InlineData("mode", """{"during":"train","training":true}""")]
    [InlineData("mode", """{"during":"eval","training":false,"grad_enabled":false}""")]
    [InlineData("checkpoint", """{"keys":["model","optimizer","lr_scheduler"],"scheduler":true}""")]
    [InlineData("checkpoint", """{"keys":["model","optimizer"]}""")]
    [InlineData("splits", """{"train":1000,"val":200,"overlap":0}""")]
    [InlineData("augmentation", """{"split":"train","differs":true,"expected":true}""")]
    [InlineData("augmentation", """{"split":"val","differs":false}""")]
    [InlineData("augmentation", "{}")]
    [InlineData("splits", "{}")]
    public void What_passes_or_lacks_its_fields_is_silent(string probe, string data) => new Script().Probe(0, probe, data).Run().Raised.ShouldBeEmpty();

    [Fact]
    public void What_is_put_right_clears() =>
        new Script().Probe(0, "mode", """{"during":"eval","training":true}""").Probe(50, "mode", """{"during":"eval","training":false}""").Run().Signal("train-mode").Active.ShouldBeFalse();
}
