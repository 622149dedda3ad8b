using Shouldly;
using Tracker.Core.Runs;
using Xunit;

namespace Tracker.Core.Tests.Runs;

public sealed class RecordedRunTests
{
    private static RecordedRun Read(params string[] lines) => RecordedRun.Open(new StringReader(string.Join('\n', lines)));

    [Fact]
    public void Id_and_config_come_from_the_first_line()
    {
        var run = Read("""{"run":"r1","config":{"lr":0.1}}""");
        run.Run.ShouldBe("r1");
        run.Config.ShouldBe("""{"lr":0.1}""");
        run.ReadSteps().ShouldBeEmpty();
    }

    [Fact]
    public void A_line_becomes_a_batch_with_scalars_histograms_and_events_of_its_step()
    {
        var step = Read(
            """{"run":"r1","config":{}}""",
            """{"step":7,"t":1.5,"scalars":{"loss":2,"lr":0.1},"histograms":{"weights/fc":{"edges":[0,1,2],"counts":[3,4]}},"events":[{"kind":"note","name":"n","data":{"a":1}}]}""")
            .ReadSteps(startedAt: 1000).ToList().ShouldHaveSingleItem();
        step.Step.ShouldBe(7);
        step.Batch.Scalars.Select(c => c.Name).ShouldBe(["loss", "lr"]);
        step.Batch.Scalars[0].Steps.ShouldBe([7]);
        step.Batch.Scalars[0].Times.ShouldBe([2500]);
        step.Batch.Scalars[0].Values.ShouldBe([2]);
        step.Batch.Histograms.ShouldHaveSingleItem().Counts.ShouldBe([3, 4]);
        step.Batch.Events.ShouldHaveSingleItem().Data.ShouldBe("""{"a":1}""");
        step.Batch.Events[0].Step.ShouldBe(7);
    }

    [Theory]
    [InlineData("\"NaN\"", double.NaN)]
    [InlineData("\"Infinity\"", double.PositiveInfinity)]
    [InlineData("\"-Infinity\"", double.NegativeInfinity)]
    [InlineData("NaN", double.NaN)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    public void Non_finite_values_are_read_as_strings_and_as_the_tokens_of_Python(string token, double value)
    {
        var step = Read("""{"run":"r1"}""", $$$"""{"step":0,"scalars":{"a \"NaN\" name":{{{token}}}}}""").ReadSteps().ToList().ShouldHaveSingleItem();
        step.Batch.Scalars[0].Name.ShouldBe("a \"NaN\" name");
        step.Batch.Scalars[0].Values[0].ShouldBe(value);
    }

    [Theory]
    [InlineData("{\"step\":1,")]
    [InlineData("[1]")]
    [InlineData("{\"step\":1.5,\"scalars\":{}}")]
    [InlineData("{\"step\":1,\"scalars\":{\"a\":\"much\"}}")]
    [InlineData("{\"step\":1,\"scalars\":{\"a\":1e400}}")]
    [InlineData("{\"scalars\":{\"a\":1}}")]
    [InlineData("{\"step\":1,\"scalars\":[]}")]
    public void A_line_that_is_no_step_is_named_by_its_number(string line)
    {
        var run = Read("""{"run":"r1"}""", """{"step":0}""", line);
        Should.Throw<RecordedRunException>(() => run.ReadSteps().ToList()).Line.ShouldBe(3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"step\":1}")]
    [InlineData("plain text")]
    public void A_file_without_a_header_is_refused(string text) =>
        Should.Throw<RecordedRunException>(() => RecordedRun.Open(new StringReader(text))).Line.ShouldBe(1);
}
