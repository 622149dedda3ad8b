using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>generalization-gap</c>.</summary>
public sealed record GeneralizationGapOptions
{
    /// <summary>Validation above training, as a part of what training has gained. Default 0.15; clears at two thirds of it.</summary>
    public double Gap { get; init; } = 0.15;

    /// <summary>Evaluations in a row. Default 3.</summary>
    public int Evaluations { get; init; } = 3;

    /// <summary>Growth of the gap over eight evaluations that makes it a widening one, as a part of what training has gained. Default 0.1.</summary>
    public double Widening { get; init; } = 0.1;
}

/// <summary>A note: validation loss stands well above training loss, measured by what was learnt. Stable is usual, widening is how overfitting begins.</summary>
internal sealed class GeneralizationGap(GeneralizationGapOptions options) : EvaluationDetector
{
    public const string Id = "generalization-gap";
    private const int Window = 8;

    private Alarm _alarm;
    private bool _widening;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var gap = pairs.Level - pairs.TrainingLevel;
        var learnt = pairs.TrainingDescent;
        var needed = Math.Max(options.Gap * learnt, 2 * (pairs.Noise + pairs.TrainingNoise));
        var widens = Widens(pairs, learnt);
        switch (_alarm.Update(learnt > 0 && gap >= needed, gap < 2 * needed / 3, step, options.Evaluations, options.Evaluations))
        {
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                return;
            case AlarmChange.None when !_alarm.IsOpen || _widening || !widens:
                return;
        }
        _widening = widens;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series.Name,
            Step = step,
            OnsetStep = _alarm.Onset,
            Title = $"Validation stands {Numbers.Percent(gap / learnt)} of what was learnt above training",
            Summary = $"{series.Name} is {Numbers.Text(pairs.Level)}, the training loss {Numbers.Text(pairs.TrainingLevel)}: {Numbers.Percent(gap / learnt)} of the {Numbers.Text(learnt)} that training has gained does not carry over{(widens ? ", and the gap widens" : "; the gap is stable")}.",
            Evidence = [new Evidence(series.Name, _alarm.Onset, step, "gap over what training has gained", Numbers.Round6(gap / learnt), options.Gap)],
        });
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _widening);
    }

    private bool Widens(Evaluations pairs, double learnt)
    {
        if (pairs.Count < Window) return false;
        Span<double> gaps = stackalloc double[Window];
        Gaps(pairs, gaps);
        return gaps[^1] - gaps[0] >= options.Widening * learnt && Statistics.MannKendall(gaps) >= 2.33;
    }

    /// <summary>Validation less training at the last evaluations, oldest first.</summary>
    internal static void Gaps(Evaluations pairs, Span<double> gaps)
    {
        for (var i = 0; i < gaps.Length; i++) gaps[gaps.Length - 1 - i] = pairs.Validation.Value(i) - pairs.Training.Value(i);
    }
}
