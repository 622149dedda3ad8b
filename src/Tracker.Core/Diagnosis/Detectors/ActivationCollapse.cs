using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>activation-collapse</c>.</summary>
public sealed record ActivationCollapseOptions
{
    /// <summary>Standard deviation of a layer's activations over its first. Default 0.001; clears at 0.01.</summary>
    public double Deviation { get; init; } = 1e-3;

    /// <summary>Entropy of a layer's activation histogram over its first. Default 0.2; clears at 0.4.</summary>
    public double Entropy { get; init; } = 0.2;

    /// <summary>Histograms in a row. Default 2.</summary>
    public int Histograms { get; init; } = 2;

    /// <summary>Points in a row of <c>act_std</c> logged every step; fewer for a sparser one. Default 20.</summary>
    public int Points { get; init; } = 20;
}

/// <summary>A layer gives (almost) the same output for every input. A note where dead or saturated units or shrunken weights already say why.</summary>
internal sealed class ActivationCollapse(ActivationCollapseOptions options) : Detector
{
    public const string Id = "activation-collapse";

    private Alarm _alarm;
    private double _deviation;
    private double _entropy;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || !(series.First > 0)) return;
        var share = point.Value / series.First;
        var points = Math.Max(3, run.Window(series, options.Points) / 2);
        Update(run, series, point.Step, share <= options.Deviation, share > 10 * options.Deviation, points, share, "standard deviation", options.Deviation);
    }

    public override void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
        if (!(histogram.Mass > 0)) return;
        if (_deviation == 0) (_deviation, _entropy) = (histogram.Deviation, histogram.Entropy);
        if (!(_deviation > 0)) return;
        var (spread, order) = (histogram.Deviation / _deviation, _entropy > 0 ? histogram.Entropy / _entropy : 1);
        var bySpread = spread <= options.Deviation;
        Update(run, series, histogram.Step, bySpread || order <= options.Entropy, spread > 10 * options.Deviation && order > 2 * options.Entropy, options.Histograms,
            bySpread ? spread : order, bySpread ? "standard deviation" : "entropy", bySpread ? options.Deviation : options.Entropy);
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _deviation);
        s.Sync(ref _entropy);
    }

    private void Update(RunContext run, SeriesState series, long step, bool raise, bool clear, int times, double share, string what, double limit)
    {
        switch (_alarm.Update(raise, clear, step, times, times))
        {
            case AlarmChange.Raised:
                var layer = series.Role!.Scope;
                var explained = run.Signals.IsActive(DeadRelu.Id) || run.Signals.IsActive(SaturatedActivation.Id) || run.Signals.IsActive(DeadLayer.Id) || run.Signals.IsActive(ParamNormCollapse.Id) || run.Signals.IsActive(WeightDistCollapse.Id)
                    || Observations.IsDead(run, layer);
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    Severity = explained ? Severity.Info : Severity.High,
                    Series = series.Name,
                    Step = step,
                    OnsetStep = _alarm.Onset,
                    Title = $"The activations of {layer} have collapsed",
                    Summary = $"The {what} of {series.Name} is {Numbers.Text(share)} of what it was at first: {layer} gives almost the same output for every input.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, step, what + " over the first", Numbers.Round6(share), limit)],
                }, 1 - share);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }
}
