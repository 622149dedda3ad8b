using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>The update ratios of all layers, judged together once the last layer of a step has come.</summary>
internal readonly struct UpdateRatios
{
    private readonly RunContext _run;
    private readonly IReadOnlyList<SeriesState> _layers;

    private UpdateRatios(RunContext run, IReadOnlyList<SeriesState> layers) => (_run, _layers) = (run, layers);

    public SeriesState First => _layers[0];

    public int Count => _layers.Count;

    /// <summary>The layers, when this is the point to judge them at: the last layer's, with a window behind it; null at any other.</summary>
    public static UpdateRatios? Layers(RunContext run, SeriesState series, int points)
    {
        var layers = run.All(RoleKind.UpdateRatio);
        if (!ReferenceEquals(series, layers[^1])) return null;
        var window = run.Window(series, points);
        return series.Finite >= window && series.IsDue(window) ? new UpdateRatios(run, layers) : null;
    }

    /// <summary>Median over the layers of each layer's median over its last points.</summary>
    public double Typical(int points)
    {
        Span<double> medians = _layers.Count <= 128 ? stackalloc double[_layers.Count] : new double[_layers.Count];
        var count = 0;
        foreach (var layer in _layers)
        {
            if (layer.Recent is { Count: > 0 } recent) medians[count++] = recent.Median(_run.Window(layer, points));
        }
        return Statistics.MiddleOf(medians[..count]);
    }

    /// <summary>First step of the window.</summary>
    public long Since(int points)
    {
        var recent = First.Recent!;
        return recent.Count == 0 ? First.FirstStep : recent.Step(Math.Min(_run.Window(First, points), recent.Count) - 1);
    }
}
