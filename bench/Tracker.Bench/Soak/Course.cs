namespace Tracker.Bench.Soak;

/// <summary>One writer's memory and the cost of its calls, as they went.</summary>
internal sealed class Course
{
    private readonly List<(double Hours, double Megabytes)> _memory = [];
    private readonly List<double> _up = [];
    private readonly List<double> _away = [];

    public void Add(TimeSpan at, double bytes, double microseconds, bool isAway)
    {
        lock (_memory)
        {
            _memory.Add((at.TotalHours, bytes / 1_000_000));
            (isAway ? _away : _up).Add(microseconds);
        }
    }

    public void Report(string name)
    {
        lock (_memory)
        {
            // The first third fills caches and compiles.
            var later = _memory.Skip(_memory.Count / 3).ToList();
            Bench.Report(new Figure($"soak-{name}-memory", later.Count > 0 ? later[^1].Megabytes : double.NaN, "MB"));
            Bench.Report(new Figure($"soak-{name}-memory-most", _memory.Select(sample => sample.Megabytes).DefaultIfEmpty(double.NaN).Max(), "MB"));
            Bench.Report(new Figure($"soak-{name}-memory-slope", Slope(later), "MB/h"));
            Bench.Report(new Figure($"soak-{name}-log-server-there", Median(_up), "µs"));
            Bench.Report(new Figure($"soak-{name}-log-server-away", Median(_away), "µs"));
        }
    }

    /// <summary>Of the line through the samples (least squares).</summary>
    private static double Slope(List<(double X, double Y)> samples)
    {
        if (samples.Count < 2) return double.NaN;
        var (x, y) = (samples.Average(s => s.X), samples.Average(s => s.Y));
        return samples.Sum(s => (s.X - x) * (s.Y - y)) / samples.Sum(s => (s.X - x) * (s.X - x));
    }

    private static double Median(List<double> values) => values.Count == 0 ? double.NaN : new Sample(values).Median;
}
