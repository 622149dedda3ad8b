namespace Tracker.Client.Probes;

/// <summary>How a <see cref="LearningRateFinder"/> sweeps.</summary>
public sealed class FinderOptions
{
    /// <summary>First rate. Default: 1e-7.</summary>
    public double Start { get; init; } = 1e-7;

    /// <summary>Last rate. Default: 10.</summary>
    public double End { get; init; } = 10;

    /// <summary>Batches at most. Default: 100.</summary>
    public int Steps { get; init; } = 100;

    /// <summary>Part of a new loss in the running mean, from 0 (excluded) to 1. Default: 0.05.</summary>
    public double Smoothing { get; init; } = 0.05;

    /// <summary>Ends the sweep once the smoothed loss is this many times its best. Default: 5.</summary>
    public double Divergence { get; init; } = 5;
}

/// <summary>What a sweep found.</summary>
/// <param name="Rates">Rising, each by the same factor.</param>
/// <param name="Losses">Smoothed, one a rate.</param>
/// <param name="Suggestion">The rate at the steepest descent over the logarithm of the rate; NaN when there is none.</param>
/// <param name="DivergedAt">The rate that ended the sweep, or null.</param>
public sealed record FinderResult(IReadOnlyList<double> Rates, IReadOnlyList<double> Losses, double Suggestion, double? DivergedAt);

/// <summary>The range test of L. Smith, "Cyclical Learning Rates for Training Neural Networks" (2015).</summary>
public static class LearningRateFinder
{
    /// <summary>
    /// Trains a batch at each rate, the rates rising, until the loss diverges; then model and optimizer are put back. Logs <c>lr-finder</c>.
    /// Use shuffled batches of the whole training set: a biased sweep does not carry over.
    /// </summary>
    /// <param name="run">Gets the sweep; null: nothing is logged.</param>
    /// <param name="train">One optimizer step on the next batch at the rate that it gets; gives the loss.</param>
    /// <param name="restore">Puts model and optimizer back as they were before the first call; is called whatever happens.</param>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="classes">Samples of each class in the batches of the sweep, where they are known.</param>
    /// <exception cref="ArgumentOutOfRangeException">Start and end are not positive and rising, or there are fewer than 3 steps.</exception>
    public static FinderResult Find(TrackerRun? run, Func<double, double> train, Action restore, FinderOptions? options = null, IReadOnlyList<int>? classes = null)
    {
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(restore);
        options ??= new FinderOptions();
        if (!(options.Start > 0 && options.End > options.Start && options.Steps >= 3))
            throw new ArgumentOutOfRangeException(nameof(options), $"A sweep from {options.Start} to {options.End} in {options.Steps} steps is none: the rates are positive and rise, and there are at least 3.");
        var (rates, losses) = (new List<double>(), new List<double>());
        double? divergedAt = null;
        try
        {
            divergedAt = Sweep(train, options, rates, losses);
        }
        finally
        {
            restore();
        }

        run.LogProbe("lr-finder", null, ("rates", rates), ("losses", losses), ("classes", classes));
        return new FinderResult(rates, losses, Steepest(rates, losses), divergedAt);
    }

    private static double? Sweep(Func<double, double> train, FinderOptions options, List<double> rates, List<double> losses)
    {
        var factor = Math.Pow(options.End / options.Start, 1.0 / (options.Steps - 1));
        var (mean, best) = (0.0, double.PositiveInfinity);
        for (var step = 0; step < options.Steps; step++)
        {
            var rate = options.Start * Math.Pow(factor, step);
            var loss = train(rate);
            if (!double.IsFinite(loss)) return rate;
            mean = (options.Smoothing * loss) + ((1 - options.Smoothing) * mean);
            // A running mean that starts at zero is too small in the beginning.
            var smoothed = mean / (1 - Math.Pow(1 - options.Smoothing, step + 1));
            rates.Add(rate);
            losses.Add(smoothed);
            if (smoothed < best) best = smoothed;
            if (smoothed > options.Divergence * best) return rate;
        }

        return null;
    }

    private static double Steepest(List<double> rates, List<double> losses)
    {
        var (best, suggestion) = (0.0, double.NaN);
        for (var i = 1; i < losses.Count - 1; i++)
        {
            var slope = (losses[i + 1] - losses[i - 1]) / (Math.Log(rates[i + 1]) - Math.Log(rates[i - 1]));
            if (slope < best) (best, suggestion) = (slope, rates[i]);
        }

        return suggestion;
    }
}
