using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class LowLrPlateauTests
{
    private const string Config = """{"total_steps":3000}""";
    private const string Creeps = "2.3-0.0015~0.005x600 1.4-0.00003~0.005x2000";

    [Fact]
    public void A_low_constant_rate_that_only_creeps_now_is_a_note()
    {
        var outcome = new Script().Config(Config).Series("lr", "0.000001x2600").Series("update_ratio/fc1", "0.00005~0.000001x130", every: 20).Series("train/loss", Creeps).Run();
        outcome.Signal("low-lr-plateau").Severity.ShouldBe(Severity.Info);
        outcome.Diagnoses.Single(d => d.Signals.Any(s => s.Id == "low-lr-plateau")).Cause.ShouldBe("lr-too-low");
    }

    [Fact]
    public void Usual_updates_are_not_low() =>
        new Script().Config(Config).Series("lr", "0.01x2600").Series("update_ratio/fc1", "0.001~0.0001x130", every: 20).Series("train/loss", Creeps).Run().Raised.ShouldNotContain("low-lr-plateau");

    [Fact]
    public void A_schedule_is_not_constant() =>
        new Script().Config(Config).Series("lr", "0.000002-0.0000000005x2600").Series("update_ratio/fc1", "0.00005~0.000001x130", every: 20).Series("train/loss", Creeps).Run().Raised.ShouldNotContain("low-lr-plateau");

    [Fact]
    public void Steady_progress_is_none() =>
        new Script().Config(Config).Series("lr", "0.000001x2600").Series("update_ratio/fc1", "0.00005~0.000001x130", every: 20).Series("train/loss", "2.3-0.0005~0.005x2600").Run().Raised.ShouldNotContain("low-lr-plateau");

    [Fact]
    public void Without_rate_and_updates_nothing_is_said() => new Script().Config(Config).Series("train/loss", Creeps).Run().Raised.ShouldNotContain("low-lr-plateau");
}
