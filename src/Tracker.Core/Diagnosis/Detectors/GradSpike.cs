using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>grad-spike</c>.</summary>
public sealed record GradSpikeOptions
{
    /// <summary>Robust deviations of ln ‖g‖ above its median. Healthy runs stay below 5.7, bad batches give 36 and more. Default 8.</summary>
    public double Deviations { get; init; } = 8;

    /// <summary>Gradient norm over its median, at least. Default 3.</summary>
    public double Ratio { get; init; } = 3;

    /// <summary>Gradient norm over the greatest of the last points, at least. Default 1.5.</summary>
    public double Peak { get; init; } = 1.5;

    /// <summary>Points before it judges, and among which it must be the greatest. Default 100.</summary>
    public int Points { get; init; } = 100;
}

/// <summary>One gradient, or a few, far above its neighbours: a note, since single large gradients are normal; they often lead a loss spike.</summary>
internal sealed class GradSpike(GradSpikeOptions options) : Detector
{
    public const string Id = "grad-spike";

    private double _threshold = double.PositiveInfinity;
    private double _median;
    private bool _open;
    private int _calm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (point.Value > _threshold && double.IsFinite(point.Value))
        {
            _calm = 0;
            if (!_open && !run.JustResumed && !run.Signals.IsActive(GradExplosion.Id)) Raise(run, series, point);
        }
        var trend = series.Trend!;
        if (!trend.BucketClosed) return;
        if (_open && ++_calm >= 3)
        {
            _open = false;
            run.Signals.Clear(Id, series.Name);
        }
        if (trend.Tail.Count < run.Window(series, options.Points) || !series.IsPositive) return;
        // Logarithms once a bucket; the points of the next one are only compared.
        var (level, spread) = trend.Typical(logs: true);
        _median = Math.Exp(level);
        // Norms of two sizes have a small deviation: what came often of late is no spike.
        _threshold = Math.Max(Math.Exp(level + Math.Max(Math.Log(options.Ratio), options.Deviations * spread)), options.Peak * trend.Tail.Max(options.Points));
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _threshold);
        s.Sync(ref _median);
        s.Sync(ref _open);
        s.Sync(ref _calm);
    }

    private void Raise(RunContext run, SeriesState series, in Point point)
    {
        _open = true;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = point.Step,
            Title = $"Gradient spike at step {point.Step}: {Numbers.Text(point.Value / _median)} times the usual",
            Summary = $"{series.Name} was {Numbers.Text(point.Value)} at step {point.Step}; its median is {Numbers.Text(_median)} and its noise stays below {Numbers.Text(_threshold)}.",
            Evidence = [new Evidence(series.Name, point.Step, point.Step, "gradient norm over its median", Numbers.Round6(point.Value / _median), Numbers.Round6(_threshold / _median))],
        });
    }
}
