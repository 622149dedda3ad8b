namespace Tracker.Core.Series;

/// <summary>How a curve is smoothed.</summary>
public enum SmoothingKind
{
    /// <summary>TensorBoard's debiased exponential moving average; the parameter is its weight, 0 to 1.</summary>
    Ema,

    /// <summary>W&amp;B's time-weighted exponential moving average; the parameter is 0 to 1.</summary>
    TimeEma,

    /// <summary>Mean weighted by a normal distribution around the point; the parameter is its standard deviation in points.</summary>
    Gaussian,

    /// <summary>Mean of the points around a point; the parameter is how many.</summary>
    Mean,
}

/// <summary>
/// A smoothing and its parameter. Smoothing follows the finite points of a series in the order of their steps, whatever the axis shown,
/// and passes over NaN and infinities.
/// </summary>
public readonly record struct Smoothing(SmoothingKind Kind, double Parameter)
{
    /// <summary>Greatest standard deviation, in points.</summary>
    public const double MaxSigma = 10_000;

    /// <summary>Longest running mean, in points.</summary>
    public const int MaxWindow = 100_000;

    /// <summary>The values that a parameter may have.</summary>
    public static (double Least, double Greatest) LimitsOf(SmoothingKind kind) => kind switch
    {
        SmoothingKind.Gaussian => (0, MaxSigma),
        SmoothingKind.Mean => (1, MaxWindow),
        _ => (0, 1),
    };

    /// <param name="rangeOfX">Length of the axis, for <see cref="SmoothingKind.TimeEma"/>.</param>
    internal Smoother Start(double rangeOfX)
    {
        var (least, greatest) = LimitsOf(Kind);
        if (!(Parameter >= least && Parameter <= greatest)) throw new InvalidOperationException($"A smoothing {Kind} of {Parameter} is outside {least} to {greatest}.");
        return Kind switch
        {
            SmoothingKind.Ema => new EmaSmoother(Parameter),
            SmoothingKind.TimeEma => new TimeEmaSmoother(Parameter, rangeOfX),
            SmoothingKind.Gaussian => KernelSmoother.Gaussian(Parameter),
            SmoothingKind.Mean => KernelSmoother.Mean((int)Parameter),
            _ => throw new InvalidOperationException($"There is no smoothing {Kind}."),
        };
    }
}
