using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class SanityProbesTests
{
    [Fact]
    public void One_batch_that_cannot_be_learnt_is_critical()
    {
        var outcome = new Script().Probe(0, "overfit-one-batch", """{"start":2.31,"end":2.28,"steps":500,"samples":32}""").Run();
        outcome.Signal("overfit-one-batch").Severity.ShouldBe(Severity.Crit);
        outcome.Signal("overfit-one-batch").Evidence[0].Value.ShouldBe(2.28);
        outcome.Diagnoses[0].Cause.ShouldBe("disconnected-or-frozen");
    }

    [Theory]
    [InlineData("""{"start":2.31,"end":0.004,"steps":500}""")]
    [InlineData("""{"start":120,"end":3,"steps":500}""")]
    [InlineData("""{"start":2.31,"end":1.9,"steps":20}""")]
    [InlineData("""{"start":2.31,"end":0.5,"steps":500,"passed":true}""")]
    [InlineData("""{"start":2.63,"end":0.0253,"steps":200,"passed":false}""")]
    [InlineData("{}")]
    public void Learnt_or_not_tried_long_enough_it_is_silent(string data) => new Script().Probe(0, "overfit-one-batch", data).Run().Raised.ShouldBeEmpty();

    [Theory]
    [InlineData("""{"start":2.31,"end":0.7,"steps":200,"passed":false}""", Severity.Warn)]
    [InlineData("""{"start":2.31,"end":0.7,"steps":500}""", Severity.Crit)]
    [InlineData("""{"start":2.31,"end":1.9,"steps":200}""", Severity.Crit)]
    public void On_its_way_after_few_steps_it_is_a_warning(string data, Severity severity) =>
        new Script().Probe(0, "overfit-one-batch", data).Run().Signal("overfit-one-batch").Severity.ShouldBe(severity);

    [Fact]
    public void A_passed_probe_speaks_for_the_data_and_against_the_graph()
    {
        var script = new Script().Config("""{"num_classes":10}""").Series("train/loss", "2.3~0.02x700").Series("lr", "0.001x700").Series("grad_norm/total", "1~0.1x700");
        script.Probe(0, "overfit-one-batch", """{"start":2.3,"end":0.001,"steps":500}""");
        var diagnosis = script.Run().Diagnoses.First(d => d.Signals.Any(s => s.Id == "plateau-from-start"));
        diagnosis.Cause.ShouldBe("data-or-label-bug");
        diagnosis.Causes[0].For.ShouldContain("one batch alone can be learnt by heart");
    }

    [Theory]
    [InlineData(2.3, 2.4, "The first step made the loss worse", "lr-too-high")]
    [InlineData(2.3, 2.3, "The first step changed nothing", "disconnected-or-frozen")]
    public void A_first_step_that_does_not_lower_the_loss_is_told(double before, double after, string title, string cause)
    {
        var outcome = new Script().Probe(0, "first-step", FormattableString.Invariant($$"""{"before":{{before}},"after":{{after}}}""")).Run();
        outcome.Signal("first-step-decrease").Title.ShouldBe(title);
        outcome.Diagnoses[0].Cause.ShouldBe(cause);
    }

    [Fact]
    public void A_first_step_within_the_noise_of_dropout_passes() => new Script().Probe(0, "first-step", """{"before":2.3,"after":2.301}""").Run().Raised.ShouldBeEmpty();

    [Fact]
    public void Parameters_without_gradient_are_named()
    {
        var signal = new Script().Probe(1, "grads-reach-all-params", """{"checked":12,"none":["head.bias"],"zero":["fc1.weight"]}""").Run().Signal("grads-reach-all-params");
        (signal.Severity, signal.Title).ShouldBe((Severity.High, "2 of 12 parameters get no gradient"));
        signal.Summary.ShouldContain("no gradient at all: head.bias; a gradient of exactly 0: fc1.weight");
    }

    [Fact]
    public void With_a_gradient_everywhere_it_is_silent() => new Script().Probe(1, "grads-reach-all-params", """{"checked":12,"none":[],"zero":[]}""").Run().Raised.ShouldBeEmpty();
}
