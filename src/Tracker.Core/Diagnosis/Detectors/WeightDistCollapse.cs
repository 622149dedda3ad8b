using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>weight-dist-collapse</c>.</summary>
public sealed record WeightDistCollapseOptions
{
    /// <summary>Standard deviation, or entropy, of a layer's weights over that of its first histogram. Default 0.1; clears at 0.2.</summary>
    public double Share { get; init; } = 0.1;

    /// <summary>Histograms in a row. Default 2.</summary>
    public int Histograms { get; init; } = 2;
}

/// <summary>The weights of a layer have drawn together to one value: their spread is a tenth of what it was, or less.</summary>
internal sealed class WeightDistCollapse(WeightDistCollapseOptions options) : Detector
{
    public const string Id = "weight-dist-collapse";

    private Alarm _alarm;
    private double _deviation;
    private double _entropy;
    private double _range;

    public override void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
        if (!(histogram.Mass > 0) || !RunContext.IsDeep(series.Role!.Scope)) return;
        if (_deviation == 0) (_deviation, _entropy, _range) = (histogram.Deviation, histogram.Entropy, histogram.Max - histogram.Min);
        // A wider range puts everything into few bins by itself: then the entropy says nothing.
        var (spread, order) = (histogram.Deviation / _deviation, histogram.Max - histogram.Min <= 2 * _range ? histogram.Entropy / _entropy : 1);
        var worst = double.IsNaN(order) ? spread : Math.Min(spread, order);
        switch (_alarm.Update(worst <= options.Share, worst > 2 * options.Share, histogram.Step, options.Histograms, options.Histograms))
        {
            case AlarmChange.Raised:
                var bySpread = spread <= options.Share;
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = histogram.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"The weights of {series.Role.Scope} have collapsed onto one value",
                    Summary = bySpread
                        ? $"The standard deviation of {series.Name} is {Numbers.Text(histogram.Deviation)}, it was {Numbers.Text(_deviation)}."
                        : $"The entropy of {series.Name} is {Numbers.Text(histogram.Entropy)} of its most, it was {Numbers.Text(_entropy)}: almost all weights lie in one bin.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, histogram.Step, bySpread ? "standard deviation over the first" : "entropy over the first", Numbers.Round6(worst), options.Share)],
                }, 1 - worst);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _deviation);
        s.Sync(ref _entropy);
        s.Sync(ref _range);
    }
}
