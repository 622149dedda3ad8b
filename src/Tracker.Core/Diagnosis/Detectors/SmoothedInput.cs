using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>smoothed-input</c>.</summary>
public sealed record SmoothedInputOptions
{
    /// <summary>
    /// Lag-1 correlation of the differences above which a curve looks smoothed. Default −0.2: independent batches give −0.5,
    /// an exponential mean with weight a gives −(1 − a)/2, a running mean about 0.
    /// </summary>
    public double Correlation { get; init; } = -0.2;

    /// <summary>Fine buckets in a row. Default 6.</summary>
    public int Buckets { get; init; } = 6;
}

/// <summary>The training loss seems to be logged as a mean over steps: spikes and noise cannot be judged from it.</summary>
internal sealed class SmoothedInput(SmoothedInputOptions options) : Detector
{
    public const string Id = "smoothed-input";
    private const int Points = 200;

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (!double.IsFinite(point.Value) || !trend.BucketClosed || trend.Tail.Count < 100 || run.JustResumed || run.IsAdversarial) return;
        // Of the whole data set every loss is smooth: there are no batches that could differ.
        if (run.Hints.StepsPerEpoch == 1 || !(trend.Noise > 0)) return;
        var correlation = Correlation(trend.Tail);
        switch (_alarm.Update(correlation > options.Correlation, correlation < options.Correlation - 0.1, point.Step, options.Buckets, options.Buckets))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"{series.Name} looks smoothed",
                    Summary = $"Successive changes of {series.Name} correlate by {Numbers.Text(correlation)}; raw losses of independent batches give −0.5. Spikes are flattened in it and noise cannot be judged: log the raw loss of each batch.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, point.Step, "correlation of successive changes", Numbers.Round6(correlation), options.Correlation)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    /// <summary>Lag-1 correlation of the first differences of the last points, less their mean. Outliers are cut at four times the median change.</summary>
    private static double Correlation(Tail tail)
    {
        Span<double> values = stackalloc double[Math.Min(Points, tail.Count)];
        tail.CopyLast(values);
        var n = values.Length - 1;
        for (var i = 0; i < n; i++) values[i] = values[i + 1] - values[i];
        var changes = values[..n];
        Span<double> sizes = stackalloc double[n];
        for (var i = 0; i < n; i++) sizes[i] = Math.Abs(changes[i]);
        var limit = 4 * Statistics.Median(sizes);
        var mean = 0.0;
        for (var i = 0; i < n; i++)
        {
            changes[i] = Math.Clamp(changes[i], -limit, limit);
            mean += changes[i] / n;
        }
        double product = 0, square = 0;
        for (var i = 0; i < n; i++)
        {
            square += (changes[i] - mean) * (changes[i] - mean);
            if (i > 0) product += (changes[i] - mean) * (changes[i - 1] - mean);
        }
        return square > 0 ? product / square : -1;
    }
}
