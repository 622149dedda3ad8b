using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>stale-validation</c>.</summary>
public sealed record StaleValidationOptions
{
    /// <summary>Validation losses in a row that are the same to the last bit. Default 3.</summary>
    public int Same { get; init; } = 3;

    /// <summary>Movement of the training loss meanwhile, in units of the noise of its level. Default 3.</summary>
    public double Noise { get; init; } = 3;

    /// <summary>Movement of the training loss meanwhile, as a part of it. Default 0.03.</summary>
    public double Moved { get; init; } = 0.03;

    /// <summary>Update ratio that proves movement too. Default 1e-5.</summary>
    public double Updates { get; init; } = 1e-5;
}

/// <summary>The validation loss comes out the same, evaluation after evaluation, while training goes on: it is not of the model that is trained.</summary>
internal sealed class StaleValidation(StaleValidationOptions options) : Detector
{
    public const string Id = "stale-validation";

    // Where validation is logged as often as training, the last value may be written again until the next evaluation.
    private const int RepeatedPoints = 500;
    private const int ShortRun = 100;
    private const double RepeatedShare = 0.25;

    // Values of three digits that are nearer than this may be one value.
    private const double Near = 0.02;

    private bool _open;
    private long _since;
    private long _previous;
    private long _longest;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var pairs = run.Evaluations;
        if (!ReferenceEquals(series, run.First(RoleKind.ValLoss)) || pairs.Count == 0 || !double.IsFinite(point.Value)) return;
        if (pairs.Repeats == 0)
        {
            if (_open) run.Signals.Clear(Id, series.Name);
            (_open, _since, _longest, _previous) = (false, point.Step, Math.Max(_longest, _previous), 1);
            return;
        }
        _previous = pairs.Repeats + 1;
        if (_open || _previous < Needed(run, series) || !Moved(run, pairs)) return;
        _open = true;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.High,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _since,
            Title = $"{series.Name} has been exactly {Numbers.Text(point.Value)} since step {_since}",
            Summary = $"{series.Name} came out the same to the last bit in {_previous} evaluations since step {_since}, while training went on: what is evaluated is not the model that is trained.",
            Evidence = [new Evidence(series.Name, _since, point.Step, "identical evaluations in a row", _previous, options.Same)],
        });
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _open);
        s.Sync(ref _since);
        s.Sync(ref _previous);
        s.Sync(ref _longest);
    }

    /// <summary>Identical values that are too many: more than twice as many as came before a change that did happen.</summary>
    private long Needed(RunContext run, SeriesState series)
    {
        var needed = Math.Max(options.Same, 2 * _longest + 1);
        if (_longest > 1 || series.Stride >= 3 * (run.Loss?.Stride ?? 1)) return needed;
        // One training loss an evaluation: either both come once an epoch, or the last evaluation is written at every step.
        if (series.Stride > 1.5 || run.Epoch.StepIsEpoch || run.TotalSteps <= ShortRun) return Math.Max(needed, 5);
        return Math.Max(needed, run.TotalSteps is { } total ? (long)(RepeatedShare * total) : RepeatedPoints);
    }

    /// <summary>
    /// The loss is written with so few digits that its last changes were one or two units of the last one: then equal values are rounding.
    /// Told by the changes alone: all of them are multiples of the least.
    /// </summary>
    private static bool IsCoarse(Evaluations pairs)
    {
        Span<double> changes = stackalloc double[8];
        var values = pairs.LastValidation(stackalloc double[9]);
        var last = Math.Abs(values[^1]);
        if (last < 0.01 && Statistics.IsRounded(last, 1)) return true;
        if (values.Length < 3) return Statistics.IsRounded(last, 3) && Math.Abs(values[^1] - values[0]) <= Near * last;
        changes = changes[..(values.Length - 1)];
        for (var i = 0; i < changes.Length; i++) changes[i] = Math.Abs(values[i + 1] - values[i]);
        var usual = Statistics.Median(changes);
        var unit = changes[0];
        foreach (var change in changes)
        {
            if (Math.Abs(change / unit - Math.Round(change / unit)) > 1e-3) return false;
        }
        return usual < 2.5 * unit;
    }

    /// <summary>The parameters have changed since: the training loss moved by more than its noise, or the updates are of a size.</summary>
    private bool Moved(RunContext run, Evaluations pairs)
    {
        if (run.Rate.PointsExhausted > 0 || run.LearningRate is 0 || run.Loss?.Trend is not { } training) return false;
        var points = 0;
        while (points < training.Tail.Count && training.Tail.Step(points) > _since) points++;
        if (points == 0 || IsCoarse(pairs)) return false;
        var recent = Math.Max(1, points / 2);
        var change = Math.Abs(training.Tail.Median(recent) - pairs.Training.Value(0));
        if (change > Math.Max(options.Noise * training.Noise / Math.Sqrt(recent), options.Moved * Math.Abs(pairs.Training.Value(0)))) return true;
        // A model that has the training set by heart may stand still at six digits.
        return _previous >= 2 * options.Same && Observations.UpdateRatio(run) >= options.Updates && pairs.TrainingLevel > 1e-3 * pairs.FirstTraining;
    }
}
