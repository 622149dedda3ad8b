namespace Tracker.Client.Probes;

/// <summary>Sums in double precision: what trainings add up spans more decades than float holds.</summary>
internal static class Numbers
{
    public static double SquareSum(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += (double)value * value;
        return sum;
    }

    public static double Norm(ReadOnlySpan<float> values) => Math.Sqrt(SquareSum(values));

    public static (int NaN, int Infinite, double Least, double Greatest) Range(ReadOnlySpan<float> values)
    {
        var (nan, infinite, least, greatest) = (0, 0, double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values)
        {
            if (float.IsNaN(value)) nan++;
            else if (float.IsInfinity(value)) infinite++;
            if (value < least) least = value;
            if (value > greatest) greatest = value;
        }

        return (nan, infinite, least, greatest);
    }

    public static bool HasNonFinite(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
        {
            if (!float.IsFinite(value)) return true;
        }

        return false;
    }

    public static (double Mean, double Deviation) Spread(ReadOnlySpan<float> values)
    {
        if (values.IsEmpty) return (double.NaN, double.NaN);
        double sum = 0, squares = 0;
        foreach (var value in values) sum += value;
        var mean = sum / values.Length;
        foreach (var value in values) squares += (value - mean) * (value - mean);
        return (mean, Math.Sqrt(squares / values.Length));
    }

    /// <summary>Box and Muller.</summary>
    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
