using System.Globalization;
using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class SmoothedInputTests
{
    /// <summary>An exponential mean, weight 0.9 on the past, of a noisy descent.</summary>
    private static string Smooth(double weight)
    {
        var random = new Random(7);
        var (mean, values) = (2.3, new List<string>());
        for (var i = 0; i < 800; i++)
        {
            mean = weight * mean + (1 - weight) * (0.5 + 1.8 * Math.Exp(-i / 100.0) + 0.4 * (random.NextDouble() - 0.5));
            values.Add(mean.ToString("0.0000000", CultureInfo.InvariantCulture));
        }
        return string.Join(' ', values);
    }

    [Fact]
    public void A_mean_over_steps_is_recognised() => new Script().Series("train/loss", Smooth(0.9)).Run().Signal("smoothed-input").Severity.ShouldBe(Severity.Info);

    [Fact]
    public void Raw_losses_are_not_smoothed() => new Script().Series("train/loss", Smooth(0)).Run().Notes.SelectMany(d => d.Signals).ShouldNotContain(s => s.Id == "smoothed-input");

    [Fact]
    public void A_little_smoothing_is_let_pass() => new Script().Series("train/loss", Smooth(0.3)).Run().Notes.SelectMany(d => d.Signals).ShouldNotContain(s => s.Id == "smoothed-input");

    [Fact]
    public void The_whole_data_set_in_a_batch_is_smooth_by_itself() =>
        new Script().Config("""{"steps_per_epoch":1}""").Series("train/loss", "2.3>0.5~0.000001x800").Run().Notes.SelectMany(d => d.Signals).ShouldNotContain(s => s.Id == "smoothed-input");

    [Fact]
    public void Without_a_training_loss_nothing_is_said() => new Script().Series("val/loss", Smooth(0.9)).Run().Notes.SelectMany(d => d.Signals).ShouldNotContain(s => s.Id == "smoothed-input");
}
