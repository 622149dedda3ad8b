using BenchmarkDotNet.Attributes;
using Tracker.Core.Series;

namespace Tracker.Microbench;

/// <summary>A chart of 2,000 columns from a million points in memory, chunk by chunk.</summary>
[MemoryDiagnoser]
public class ChartBenchmarks
{
    private double[] _x = [];
    private double[] _y = [];
    private ChartShape _shape = new(2_000);

    [Params("none", "ema", "time-ema", "gaussian", "mean")]
    public string Smoothing { get; set; } = "none";

    [Params(AxisScale.Linear, AxisScale.Log)]
    public AxisScale Scale { get; set; }

    [GlobalSetup]
    public void Make()
    {
        var column = Points.Column(1_000_000);
        (_x, _y) = ([.. column.Steps.Select(step => (double)step)], column.Values);
        _shape = new ChartShape(2_000, Scale: Scale, Smoothing: Smoothing switch
        {
            "ema" => new Smoothing(SmoothingKind.Ema, 0.9),
            "time-ema" => new Smoothing(SmoothingKind.TimeEma, 0.9),
            "gaussian" => new Smoothing(SmoothingKind.Gaussian, 20),
            "mean" => new Smoothing(SmoothingKind.Mean, 100),
            _ => null,
        });
    }

    [Benchmark]
    public ReducedSeries Reduce()
    {
        using var reduction = new ChartReduction(_shape, _x.Length);
        for (var start = 0; start < _x.Length; start += ScalarChunk.DefaultPoints)
        {
            var end = Math.Min(_x.Length, start + ScalarChunk.DefaultPoints);
            reduction.Add(_x.AsSpan(start..end), _y.AsSpan(start..end));
        }

        return reduction.Finish();
    }
}
