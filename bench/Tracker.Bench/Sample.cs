namespace Tracker.Bench;

/// <summary>Measured values of one kind.</summary>
internal sealed class Sample(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public int Count => _sorted.Length;

    public double Median => Percentile(50);

    /// <param name="percent">0 to 100; the value that so many percent do not exceed.</param>
    public double Percentile(double percent) =>
        _sorted.Length == 0 ? double.NaN : _sorted[(int)Math.Clamp(Math.Ceiling(percent / 100 * _sorted.Length) - 1, 0, _sorted.Length - 1)];
}
