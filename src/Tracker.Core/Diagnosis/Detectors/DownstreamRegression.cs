using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>downstream-regression</c>.</summary>
public sealed record DownstreamRegressionOptions
{
    /// <summary>Fall from the best, as a part of it. Default 0.05; clears at half of it.</summary>
    public double Fall { get; init; } = 0.05;

    /// <summary>Fall from the best, in units of the metric's noise. Default 3.</summary>
    public double Noise { get; init; } = 3;

    /// <summary>Fewest evaluations. Default 6.</summary>
    public int Evaluations { get; init; } = 6;

    /// <summary>Evaluations in a row. Default 3.</summary>
    public int InARow { get; init; } = 3;
}

/// <summary>A metric of evaluation (F1, BLEU, AUC, error rate…) is well below its best, though the loss may look fine.</summary>
internal sealed class DownstreamRegression(DownstreamRegressionOptions options) : Detector
{
    public const string Id = "downstream-regression";

    private Alarm _alarm;
    private double _best = double.NegativeInfinity;
    private long _bestStep;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        // Perplexity is the loss by another name.
        if (!double.IsFinite(point.Value) || series.Points!.Count < 3 || run.IsGame || series.Role!.Scope is "perplexity" or "ppl") return;
        var sign = series.Role.HigherIsBetter ? 1 : -1;
        var level = sign * series.Points.Median(3);
        if (level > _best) (_best, _bestStep) = (level, point.Step);
        Span<double> last = stackalloc double[24];
        var needed = Math.Max(options.Fall * Math.Abs(_best), options.Noise * Statistics.CurveNoise(series.Points.CopyLast(last)));
        var fell = _best - level;
        switch (_alarm.Update(series.Finite >= options.Evaluations && needed > 0 && fell >= needed, fell < needed / 2, point.Step, options.InARow, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _bestStep,
                    Title = $"{series.Name} gets worse since step {_bestStep}",
                    Summary = $"{series.Name} was {Numbers.Text(sign * _best)} at step {_bestStep} and is {Numbers.Text(sign * level)} now, {Numbers.Percent(fell / Math.Max(Math.Abs(_best), double.Epsilon))} worse.",
                    Evidence = [new Evidence(series.Name, _bestStep, point.Step, "fall from the best", Numbers.Round6(fell), Numbers.Round6(needed))],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _best);
        s.Sync(ref _bestStep);
    }
}
