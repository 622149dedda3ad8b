using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>grad-uniformly-low</c>.</summary>
public sealed record GradUniformlyLowOptions
{
    /// <summary>Each layer's gradient over its own level at 10 to 20 % of the run so far. Default 0.001; clears at 0.01.</summary>
    public double Share { get; init; } = 1e-3;

    /// <summary>How far the layers' shares may lie apart, as a ratio: more is a matter of depth. Default 100.</summary>
    public double Apart { get; init; } = 100;

    /// <summary>Points of each layer's median, for series logged every step; fewer for sparser ones. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>All layers' gradients have become small together. First look at the learning rate: where it has run out that is the reason; else the net is saturated. A low loss means convergence.</summary>
internal sealed class GradUniformlyLow(GradUniformlyLowOptions options) : Detector
{
    public const string Id = "grad-uniformly-low";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (run.DeepLayers is not [var first, _, ..] layers || !ReferenceEquals(series, layers[^1])) return;
        var points = run.Window(series, options.Points);
        if (series.Finite < 2 * points || !series.IsDue(points)) return;
        var (least, most) = Shares(run, layers, points);
        var low = most <= options.Share && most <= options.Apart * least;
        var exhausted = run.Rate.PointsExhausted > 0;
        var holds = low && (exhausted || Observations.LossIsHigh(run)) && !run.Signals.IsActive(ZeroGradient.Id) && !run.Signals.IsActive(GradVanishingDepth.Id);
        switch (_alarm.Update(holds, most > 10 * options.Share || (!exhausted && !Observations.LossIsHigh(run)), point.Step, 2, 3))
        {
            case AlarmChange.Raised:
                var why = exhausted
                    ? $"The learning rate is {Numbers.Text(run.Rate.Last)}, below a thousandth of its peak {Numbers.Text(run.Rate.Peak)}: that comes first."
                    : run.Rate.IsLogged ? $"The learning rate, {Numbers.Text(run.Rate.Last)}, is not the reason." : "Whether the learning rate is the reason cannot be seen: it is not logged.";
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = exhausted ? Severity.Info : Severity.Warn,
                    Series = first.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"The gradients of all {layers.Count} layers are down to {Numbers.Text(most)} of what they were",
                    Summary = $"Between {first.Name} and {series.Name} every layer has {Numbers.Text(least)} to {Numbers.Text(most)} of its early gradient. {why}",
                    Evidence = [new Evidence(first.Name, _alarm.Onset, point.Step, "greatest share of the early gradient over layers", Numbers.Round6(most), options.Share)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, first.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    private (double Least, double Most) Shares(RunContext run, IReadOnlyList<SeriesState> layers, int points)
    {
        var (least, most) = (double.PositiveInfinity, 0.0);
        foreach (var layer in layers)
        {
            if (layer.Recent is not { Count: > 0 } recent || layer.Shape is not { Count: >= 8 } shape) return (0, 1);
            var share = recent.Median(run.Window(layer, points)) / shape.Median(0.1, 0.2);
            // One layer that is not low settles it.
            if (!(share <= 10 * options.Share)) return (0, 1);
            (least, most) = (Math.Min(least, share), Math.Max(most, share));
        }
        return (least, most);
    }
}
