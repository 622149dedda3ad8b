using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>weight-dominates</c>.</summary>
public sealed record WeightDominatesOptions
{
    /// <summary>Largest weight over the 99th percentile of their sizes. Default 20; clears at half of it.</summary>
    public double Ratio { get; init; } = 20;

    /// <summary>That ratio over the first histogram's, at least, so that sparse layers are not blamed for their nature. Default 4.</summary>
    public double Growth { get; init; } = 4;

    /// <summary>Histograms in a row. Default 2.</summary>
    public int Histograms { get; init; } = 2;
}

/// <summary>One weight, or a few, have left all others of their layer behind: a feature without scale, or an outlier that nothing holds. A note.</summary>
internal sealed class WeightDominates(WeightDominatesOptions options) : Detector
{
    public const string Id = "weight-dominates";

    private Alarm _alarm;
    private double _first;

    public override void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
        if (!(histogram.Mass > 0) || !RunContext.IsDeep(series.Role!.Scope)) return;
        var largest = Math.Max(Math.Abs(histogram.Min), Math.Abs(histogram.Max));
        // Within 0.5 % of either end lies 1 % of the weights.
        var usual = Math.Max(Math.Abs(histogram.Quantile(0.005)), Math.Abs(histogram.Quantile(0.995)));
        if (!(usual > 0)) return;
        var ratio = largest / usual;
        if (_first == 0) _first = ratio;
        switch (_alarm.Update(ratio >= options.Ratio && ratio >= options.Growth * _first, ratio < 0.5 * options.Ratio, histogram.Step, options.Histograms, options.Histograms))
        {
            case AlarmChange.Raised:
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = histogram.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"One weight of {series.Role.Scope} is {Numbers.Text(Math.Round(ratio))} times the 99th percentile",
                    Summary = $"In {series.Name} the largest weight is {Numbers.Text(largest)}, 99 % are below {Numbers.Text(usual)}; in the first histogram it was {Numbers.Text(_first)} times that.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, histogram.Step, "largest weight over the 99th percentile", Numbers.Round6(ratio), options.Ratio)],
                }, ratio);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _first);
    }
}
