using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class ActivationDriftTests
{
    private static Outcome Std(string line) => new Script().Config("""{"total_steps":1000}""").Series("act_std/fc1", line, every: 20).Run();

    [Fact]
    public void Fortyfold_growth_after_the_start_is_a_warning() => Std("1~0.05x24 45~1x24").Signal("activation-drift").Severity.ShouldBe(Severity.Warn);

    [Fact]
    public void Fifteenfold_growth_is_a_note() => Std("1~0.05x24 15~0.5x24").Signal("activation-drift").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void Shrinking_to_a_twentieth_is_a_warning() => Std("1~0.05x24 0.05~0.001x24").Signal("activation-drift").Severity.ShouldBe(Severity.Warn);

    [Fact]
    public void Growth_in_the_first_steps_is_how_nets_begin() => Std("0.05 0.2 0.6 1 1.5 2~0.05x40").Raised.ShouldBeEmpty();

    [Fact]
    public void Layers_that_differ_a_hundredfold_from_the_start_are_badly_initialised()
    {
        var outcome = new Script().Config("""{"total_steps":1000}""").Series("act_std/fc1", "1~0.01x10", every: 20).Series("act_std/fc9", "0.001~0.00001x10", every: 20).Run();
        outcome.Signal("activation-drift").Title.ShouldContain("-fold between fc1 and fc9");
        outcome.Diagnoses.ShouldHaveSingleItem().Cause.ShouldBe("bad-init-or-scale");
    }

    [Fact]
    public void Thirtyfold_between_layers_is_common() =>
        new Script().Config("""{"total_steps":1000}""").Series("act_std/fc1", "1~0.01x10", every: 20).Series("act_std/fc9", "0.03~0.0001x10", every: 20).Run().Raised.ShouldBeEmpty();
}
