using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>activation-drift</c>.</summary>
public sealed record ActivationDriftOptions
{
    /// <summary>
    /// Standard deviation of a layer's activations over that once it was settled (10 to 20 % of the points so far, or the second histogram), or the other way
    /// round. From the very first step a factor of 40 is healthy: common initialisations begin small. Default 10; clears at 5.
    /// </summary>
    public double Ratio { get; init; } = 10;

    /// <summary>Growth from which it is a warning: trained nets have larger activations than fresh ones. Shrinking is one from <see cref="Ratio"/> on. Default 30.</summary>
    public double Grown { get; init; } = 30;

    /// <summary>Largest over smallest standard deviation of all layers at the start (variance ratio 1e4): poor initialisation. Default 100.</summary>
    public double Depth { get; init; } = 100;

    /// <summary>Points of the median for a series logged every step; fewer for a sparser one. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>The size of a layer's activations drifts tenfold away from where it had settled, or differs hundredfold between the layers from the start.</summary>
internal sealed class ActivationDrift(ActivationDriftOptions options) : Detector
{
    public const string Id = "activation-drift";
    private const int DepthRecords = 5;

    private Alarm _alarm;
    private Alarm _depth;
    private double _settled;
    private int _seen;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var layers = run.All(RoleKind.ActivationStd);
        if (series.Finite == DepthRecords && ReferenceEquals(series, layers[^1])) CompareLayers(run, layers, point.Step);
        var points = run.Window(series, options.Points);
        if (series.Finite < 3 * points || !series.IsDue(2 * points) || series.Shape is not { Count: >= 10 } shape) return;
        Update(run, series, point.Step, series.Recent!.Median(points), shape.Median(0.1, 0.2));
    }

    public override void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
        if (!(histogram.Mass > 0)) return;
        if (++_seen == 2) _settled = histogram.Deviation;
        if (_seen > 2) Update(run, series, histogram.Step, histogram.Deviation, _settled);
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        _depth.Sync(s);
        s.Sync(ref _settled);
        s.Sync(ref _seen);
    }

    private void Update(RunContext run, SeriesState series, long step, double now, double settled)
    {
        if (!(now > 0 && settled > 0)) return;
        var ratio = Math.Max(now / settled, settled / now);
        switch (_alarm.Update(ratio >= options.Ratio, ratio < options.Ratio / 2, step, 2, 2))
        {
            case AlarmChange.Raised:
                var layer = series.Role!.Scope;
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    Severity = IsExplained(run) || (now > settled && ratio < options.Grown) ? Severity.Info : Severity.Warn,
                    Series = series.Name,
                    Step = step,
                    OnsetStep = _alarm.Onset,
                    Title = $"The activations of {layer} have {(now > settled ? "grown" : "shrunk")} {Numbers.Text(Math.Round(ratio))}-fold",
                    Summary = $"The standard deviation of {series.Name} is {Numbers.Text(now)}; early in the run it had settled at {Numbers.Text(settled)}.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, step, "standard deviation over the settled one", Numbers.Round6(now / settled), options.Ratio)],
                }, ratio);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    private void CompareLayers(RunContext run, IReadOnlyList<SeriesState> layers, long step)
    {
        var (least, most) = (layers[0], layers[0]);
        foreach (var layer in layers)
        {
            if (layer.Finite == 0) return;
            if (layer.Recent!.Median(DepthRecords) < least.Recent!.Median(DepthRecords)) least = layer;
            if (layer.Recent.Median(DepthRecords) > most.Recent!.Median(DepthRecords)) most = layer;
        }
        var (low, high) = (least.Recent!.Median(DepthRecords), most.Recent!.Median(DepthRecords));
        if (!(low > 0) || high < options.Depth * low || _depth.Update(true, false, step) != AlarmChange.Raised) return;
        run.Layers.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Warn,
            Series = least.Name,
            Step = step,
            OnsetStep = least.FirstStep,
            Title = $"Activations differ {Numbers.Text(Math.Round(high / low))}-fold between {most.Role!.Scope} and {least.Role!.Scope} from the start",
            Summary = $"In the first {DepthRecords} points {most.Name} is {Numbers.Text(high)} and {least.Name} {Numbers.Text(low)}: the signal is not carried through the depth of the net.",
            Evidence = [new Evidence(least.Name, least.FirstStep, step, "largest over smallest standard deviation of the layers", Numbers.Round6(high / low), options.Depth)],
        }, high / low);
    }

    /// <summary>Something with a name of its own already says why activations change their size.</summary>
    private static bool IsExplained(RunContext run) =>
        run.Signals.IsActive(ParamNormRunaway.Id) || run.Signals.IsActive(ParamNormCollapse.Id) || run.Signals.IsActive(DeadRelu.Id) || run.Signals.IsActive(LossDivergence.Id)
        || run.Signals.IsActive(GradExplosion.Id) || run.Signals.IsActive(ActivationCollapse.Id) || run.Signals.IsActive(SaturatedActivation.Id);
}
