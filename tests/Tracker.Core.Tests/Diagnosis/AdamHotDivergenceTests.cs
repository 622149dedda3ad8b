using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class AdamHotDivergenceTests
{
    private const string Diverges = "2.3>0.5~0.02x400 0.5+0.02~0.02x300";
    private const string Rate = "0.00001+0.00001x100 0.001x600";

    private static IReadOnlyList<string> Raised(string config, string loss = Diverges) => new Script().Config(config).Series("lr", Rate).Series("train/loss", loss).Run().Raised;

    [Fact]
    public void Adam_in_half_precision_that_diverges_after_its_warm_up_is_critical()
    {
        var outcome = new Script().Config("""{"optimizer":"AdamW","precision":"fp16"}""").Series("lr", Rate).Series("train/loss", Diverges).Run();
        outcome.Signal("adam-hot-divergence").Severity.ShouldBe(Severity.Crit);
        outcome.Diagnoses.Single(d => d.Signals.Any(s => s.Id == "adam-hot-divergence")).Signals.ShouldContain(s => s.Id == "loss-divergence");
    }

    [Fact]
    public void In_bf16_it_is_a_plain_divergence() => Raised("""{"optimizer":"AdamW","precision":"bf16"}""").ShouldNotContain("adam-hot-divergence");

    [Fact]
    public void Under_SGD_too() => Raised("""{"optimizer":"sgd","precision":"fp16"}""").ShouldNotContain("adam-hot-divergence");

    [Fact]
    public void A_loss_that_does_not_diverge_is_fine() => Raised("""{"optimizer":"AdamW","precision":"fp16"}""", "2.3>0.5~0.02x700").ShouldNotContain("adam-hot-divergence");

    [Fact]
    public void During_the_warm_up_it_is_the_warm_up() =>
        new Script().Config("""{"optimizer":"AdamW","precision":"fp16"}""").Series("lr", "0.00001+0.00001x700").Series("train/loss", Diverges).Run().Raised.ShouldNotContain("adam-hot-divergence");

    [Fact]
    public void Without_a_config_nothing_is_said() => Raised("{}").ShouldNotContain("adam-hot-divergence");
}
