using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class OscillatingLossTests
{
    private const string Swings = "2.3>0.5~0.02x150 0.5+0.01~0.02x60 1.1-0.01~0.02x60 0.5+0.01~0.02x60 1.1-0.01~0.02x60 0.5+0.01~0.02x60 1.1-0.01~0.02x60 0.5+0.01~0.02x60 1.1-0.01~0.02x60 0.5+0.01~0.02x60";
    private const string Config = """{"total_steps":800}""";

    [Fact]
    public void Swings_that_get_nowhere_are_found()
    {
        var signal = new Script().Config(Config).Series("train/loss", Swings).Run().Signal("oscillating-loss");
        signal.Severity.ShouldBe(Severity.High);
        signal.Step.ShouldBeLessThan(550);
    }

    [Fact]
    public void They_blame_the_rate() =>
        new Script().Config(Config).Series("lr", "0.3x700").Series("train/loss", Swings).Run().Diagnoses[0].Cause.ShouldBe("lr-too-high");

    [Fact]
    public void With_a_calm_validation_they_are_a_note() =>
        new Script().Config(Config).Series("val/loss", "0.8>0.6~0.005x35", every: 20).Series("train/loss", Swings).Run().Signal("oscillating-loss").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void Batch_noise_is_none() => new Script().Config(Config).Series("train/loss", "2.3>1~0.4x700").Run().Raised.ShouldNotContain("oscillating-loss");

    [Fact]
    public void Swings_on_the_way_down_are_progress() =>
        new Script().Config(Config).Series("train/loss", "5-0.01~0.02x150 3.5+0.003~0.02x40 3.6-0.02~0.02x60 2.4+0.003~0.02x40 2.5-0.02~0.02x60 1.3+0.003~0.02x40 1.4-0.01~0.02x60").Run().Raised.ShouldNotContain("oscillating-loss");

    [Fact]
    public void What_was_before_a_cut_of_the_rate_does_not_count() =>
        new Script().Config(Config).Series("lr", "0.3x340 0.01x460").Series("train/loss", "2.3>0.5~0.02x150 0.5+0.01~0.02x60 1.1-0.01~0.02x60 0.5+0.01~0.02x60 1.1-0.01~0.02x60 0.5~0.02x410").Run().Raised.ShouldNotContain("oscillating-loss");

    [Fact]
    public void Two_players_may_swing() => new Script().Config(Config).Series("train/reward", "1x700").Series("train/loss", Swings).Run().Raised.ShouldNotContain("oscillating-loss");

    [Fact]
    public void Calm_clears_it() => new Script().Config("""{"total_steps":2000}""").Series("train/loss", Swings + " 0.5~0.02x1000").Run().Signal("oscillating-loss").Active.ShouldBeFalse();

    [Fact]
    public void Without_a_training_loss_nothing_is_said() => new Script().Config(Config).Series("val/loss", Swings).Run().Raised.ShouldNotContain("oscillating-loss");

    /// <summary>Levels that go up and down once an evaluation, too little and too briefly to be seen in the batches.</summary>
    private static readonly double[] Levels = [2, 1.5, 1.2, 1.0, 0.93, 1.03, 0.92, 1.04, 0.93, 1.02, 0.94, 1.05, 0.93, 1.03, 0.92, 1.04, 0.93, 1.02, 0.94, 1.03];

    private static string Noisy(IEnumerable<double> levels) => string.Join(' ', levels.Select(level => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{level}~0.15x40")));

    private static string Evaluated(IEnumerable<double> levels) => "_x39 " + string.Join(" _x39 ", levels.Select(level => level.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    [Fact]
    public void Swings_that_batches_hide_show_where_validation_goes_with_them()
    {
        var signal = new Script().Config(Config).Series("train/loss", Noisy(Levels)).Series("val/loss", Evaluated(Levels)).Run().Signal("oscillating-loss");
        signal.Severity.ShouldBe(Severity.Info);
        signal.Title.ShouldContain("together");
    }

    [Fact]
    public void A_validation_that_swings_alone_is_another_matter() =>
        new Script().Config(Config).Series("train/loss", "2>0.9~0.15x160 0.9~0.15x640").Series("val/loss", Evaluated(Levels)).Run().Raised.ShouldNotContain("oscillating-loss");
}
