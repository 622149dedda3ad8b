using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>val-erratic</c> and <c>bn-eval-bug</c>.</summary>
public sealed record ValErraticOptions
{
    /// <summary>Noise of the validation loss from one evaluation to the next, as a part of its descent. Default 0.1.</summary>
    public double Noise { get; init; } = 0.1;

    /// <summary>The same as a part of the loss itself (noise of its logarithm), where it is positive. Default 0.2.</summary>
    public double Relative { get; init; } = 0.2;

    /// <summary>So many times the noise of the training level, each in units of its own descent. Default 2.5.</summary>
    public double TimesTraining { get; init; } = 2.5;

    /// <summary>Evaluations that the noise is taken from. Default 10.</summary>
    public int Window { get; init; } = 10;

    /// <summary>Fewest evaluations before it is judged, or 35 % of those expected where that is less. Default 16.</summary>
    public int Evaluations { get; init; } = 16;

    /// <summary>Validation over training loss, by the median of the window, that together with jumps to the first loss is taken for the wrong mode. Default 1.5.</summary>
    public double Ratio { get; init; } = 1.5;
}

/// <summary>
/// The validation loss jumps about while training goes smoothly. Where it jumps as high as an untrained model and lies well above training,
/// the running statistics of the normalisation layers are the usual reason.
/// </summary>
internal sealed class ValErratic(ValErraticOptions options) : EvaluationDetector
{
    public const string Id = "val-erratic";
    public const string BnId = "bn-eval-bug";
    private const int Fewest = 8;

    private Alarm _alarm;
    private bool _wrongMode;

    protected override void Judge(RunContext run, SeriesState series, Evaluations pairs, long step)
    {
        var fewest = run.TotalSteps is { } total ? Math.Clamp((int)(0.35 * total / series.Stride), Fewest, options.Evaluations) : options.Evaluations;
        if (pairs.Total < fewest || run.JustResumed || run.RateJustJumped) return;
        Span<double> validation = stackalloc double[Math.Min(options.Window, pairs.Count)];
        Span<double> training = stackalloc double[validation.Length];
        pairs.LastValidation(validation);
        pairs.LastTraining(training);
        var noise = Statistics.CurveNoise(validation) / Math.Max(pairs.Descent, double.Epsilon);
        var share = Sampled(run, series);
        var usual = share * Statistics.CurveNoise(training) / Math.Max(pairs.TrainingDescent, double.Epsilon);
        var erratic = noise > options.Noise && noise > options.TimesTraining * usual && JumpsRelatively(validation, training, share) && !Grows(pairs, training);
        switch (_alarm.Update(erratic, noise < options.Noise / 2, step, 3, 3))
        {
            case AlarmChange.Raised:
                Raise(run, series, pairs, step, noise, usual);
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                run.Signals.Clear(BnId, series.Name);
                _wrongMode = false;
                break;
        }
        if (_alarm.IsOpen && !_wrongMode) LookAtMode(run, series, pairs, step, validation, training);
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _wrongMode);
    }

    private void Raise(RunContext run, SeriesState series, Evaluations pairs, long step, double noise, double usual) => run.Signals.Raise(new Signal
    {
        Id = Id,
        Severity = Severity.Warn,
        Series = series.Name,
        Step = step,
        OnsetStep = _alarm.Onset,
        Title = $"Validation loss jumps by {Numbers.Percent(noise)} of its descent from one evaluation to the next",
        Summary = $"{series.Name} jumps by {Numbers.Text(noise * pairs.Descent)} between evaluations, {Numbers.Percent(noise)} of its descent, while the training loss varies by {Numbers.Percent(usual)} of its own.",
        Evidence = [new Evidence(series.Name, _alarm.Onset, step, "noise of validation over its descent", Numbers.Round6(noise), Numbers.Round6(Math.Max(options.Noise, options.TimesTraining * usual)))],
    });

    /// <summary>Jumps back to the loss of an untrained model are not the noise of a small validation set.</summary>
    private void LookAtMode(RunContext run, SeriesState series, Evaluations pairs, long step, ReadOnlySpan<double> validation, Span<double> training)
    {
        var highest = double.NegativeInfinity;
        foreach (var value in validation) highest = Math.Max(highest, value);
        var level = Statistics.Median(training);
        Span<double> sorted = stackalloc double[validation.Length];
        validation.CopyTo(sorted);
        var ratio = Statistics.Median(sorted) / level;
        if (!(level > 0) || ratio < options.Ratio || highest < 0.75 * pairs.Start || level > 0.5 * pairs.FirstTraining) return;
        _wrongMode = true;
        run.Signals.Raise(new Signal
        {
            Id = BnId,
            Severity = Severity.High,
            Series = series.Name,
            Step = step,
            OnsetStep = _alarm.Onset,
            Title = "Evaluation seems to run in the wrong mode",
            Summary = $"{series.Name} jumps up to {Numbers.Text(highest)}, the level of an untrained model, and is {Numbers.Text(ratio)} times the training loss in the middle: the running statistics of normalisation layers, or dropout, are not what they should be when it is evaluated.",
            Evidence = [new Evidence(series.Name, _alarm.Onset, step, "validation loss over training loss", Numbers.Round6(ratio), options.Ratio)],
        });
    }

    /// <summary>A level of few batches varies by the batches: its noise is counted as if it were of eight. One point an evaluation is a mean already.</summary>
    private static double Sampled(RunContext run, SeriesState series)
    {
        var points = series.Stride / Math.Max(1, run.Loss!.Stride);
        return points is > 1.5 and < 8 ? Math.Sqrt(points / 8) : 1;
    }

    /// <summary>Measured by the loss itself: a small loss may jump by little of its descent and still by a multiple of itself.</summary>
    private bool JumpsRelatively(ReadOnlySpan<double> validation, ReadOnlySpan<double> training, double share)
    {
        Span<double> v = stackalloc double[validation.Length];
        Span<double> t = stackalloc double[training.Length];
        for (var i = 0; i < v.Length; i++)
        {
            // Losses below zero have no logarithm; their descent must do.
            if (validation[i] <= 0 || training[i] <= 0) return true;
            (v[i], t[i]) = (Math.Log(validation[i]), Math.Log(training[i]));
        }
        var noise = Statistics.CurveNoise(v);
        return noise > options.Relative && noise > 2 * share * Statistics.CurveNoise(t);
    }

    /// <summary>Training that runs away takes validation with it.</summary>
    private static bool Grows(Evaluations pairs, ReadOnlySpan<double> training)
    {
        var lowest = double.PositiveInfinity;
        foreach (var level in training[^3..]) lowest = Math.Min(lowest, level);
        return lowest > pairs.LeastTraining + 0.25 * pairs.TrainingDescent;
    }
}
