using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>lr-finder</c> and <c>lr-finder-biased</c>.</summary>
public sealed record LrFinderOptions
{
    /// <summary>The loss has diverged at this multiple of its least value. Default 4 (usual finders stop at 4 to 5).</summary>
    public double Diverged { get; init; } = 4;

    /// <summary>The run's peak rate is too near at this part of the rate where the sweep diverged. Default 1/3.</summary>
    public double TooNear { get; init; } = 1.0 / 3;

    /// <summary>Smoothing of the sweep's losses. Default 0.05: weight of the newest.</summary>
    public double Smoothing { get; init; } = 0.05;

    /// <summary>The commonest class may be this many times as frequent as even classes would be. Default 2.</summary>
    public double Skew { get; init; } = 2;
}

/// <summary>A learning-rate sweep, and what it says of the rate that the run uses.</summary>
internal sealed class LrFinder : ProbeDetector
{
    public const string Id = "lr-finder";
    public const string Biased = "lr-finder-biased";
    private const int FewestRates = 10;

    private readonly LrFinderOptions _options;

    public LrFinder(LrFinderOptions options)
    {
        _options = options;
        Checks = [new(Id, Id, Judge), new(Biased, Id, JudgeBias)];
    }

    public override IReadOnlyList<ProbeCheck> Checks { get; }

    private ProbeVerdict? Judge(RunContext run, Happening e)
    {
        var (rates, losses) = (e.Numbers("rates"), e.Numbers("losses"));
        var n = Math.Min(rates.Length, losses.Length);
        if (n < FewestRates) return null;
        var (steepest, diverged) = Read(rates.AsSpan(0, n), losses.AsSpan(0, n));
        if (steepest is not { } best) return null;
        var used = run.Rate.IsLogged ? run.Rate.Peak : run.Hints.LearningRate;
        var said = $"The sweep from {Numbers.Text(rates[0])} to {Numbers.Text(rates[n - 1])} falls fastest at {Numbers.Text(best)}" + (diverged is { } d ? $" and diverges at {Numbers.Text(d)}." : " and does not diverge.");
        if (used is { } rate && diverged is { } limit && rate >= _options.TooNear * limit)
        {
            return new(Severity.Warn, $"The learning rate {Numbers.Text(rate)} is near that at which the sweep diverged", $"{said} The run uses {Numbers.Text(rate)}: try {Numbers.Text(best)}.", "peak rate over the rate of divergence", rate / limit, Numbers.Round6(_options.TooNear));
        }
        return new(Severity.Info, $"The rate finder suggests {Numbers.Text(best)}", said + (used is { } now ? $" The run uses {Numbers.Text(now)}." : ""), "rate of steepest descent", best);
    }

    /// <summary>The rate of the steepest fall of the smoothed loss over log(rate), and the first rate at which the loss is lost.</summary>
    private (double? Steepest, double? Diverged) Read(ReadOnlySpan<double> rates, ReadOnlySpan<double> losses)
    {
        double? steepest = null, diverged = null;
        var (smooth, weight, least, slope) = (0.0, 0.0, double.PositiveInfinity, 0.0);
        var (before, last) = (double.NaN, double.NaN);
        for (var i = 0; i < rates.Length; i++)
        {
            if (!(rates[i] > 0)) continue;
            if (!double.IsFinite(losses[i]))
            {
                diverged = rates[i];
                break;
            }
            smooth += _options.Smoothing * (losses[i] - smooth);
            weight += _options.Smoothing * (1 - weight);
            var level = smooth / weight;
            if (i > 0 && level > _options.Diverged * Math.Abs(least) && level > losses[0])
            {
                diverged = rates[i];
                break;
            }
            least = Math.Min(least, level);
            if (!double.IsNaN(before) && rates[i] > last)
            {
                var fall = (level - before) / Math.Log(rates[i] / last);
                if (fall < slope) (slope, steepest) = (fall, rates[i]);
            }
            (before, last) = (level, rates[i]);
        }
        return (steepest, diverged);
    }

    private ProbeVerdict? JudgeBias(RunContext run, Happening e)
    {
        var classes = e.Numbers("classes");
        var total = classes.Where(c => c > 0).Sum();
        if (classes.Length < 2 || total <= 0) return null;
        var skew = classes.Max() / total * classes.Length;
        return skew <= _options.Skew ? ProbeVerdict.Fine : new(Severity.Info, "The rate finder saw uneven classes",
            $"In the batches of the sweep the commonest class is {Numbers.Text(skew)} times as frequent as even classes would be, and the curve is that of this class. Shuffle or stratify before the sweep.", "commonest class over an even share", skew, _options.Skew);
    }
}
