using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>overfitting</c>.</summary>
public sealed record OverfittingOptions
{
    /// <summary>Fewest evaluations before anything is said. Default 6.</summary>
    public int Evaluations { get; init; } = 6;

    /// <summary>Evaluations since the best one. Default 5.</summary>
    public int SinceBest { get; init; } = 5;

    /// <summary>Rise above the best validation loss, as a part of it and of its descent. Default 0.05 (Prechelt's generalization loss of 5).</summary>
    public double Rise { get; init; } = 0.05;

    /// <summary>Rise at which it is high. Default 0.2.</summary>
    public double Severe { get; init; } = 0.2;

    /// <summary>Fall of the validation accuracy from its best at which it is high. Default 0.02.</summary>
    public double AccuracyFall { get; init; } = 0.02;
}

/// <summary>The validation loss is past its best and rises while the training loss goes on falling.</summary>
internal sealed class Overfitting(OverfittingOptions options) : Detector
{
    public const string Id = "overfitting";

    private bool _open;
    private Severity _severity;
    private double _best = double.PositiveInfinity;
    private long _bestStep;
    private double _trainAtBest = double.NaN;
    private long _sinceBest;
    private long _previous = long.MinValue;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || run.IsAdversarial || run.Loss?.Trend is not { Tail.Count: > 0 } training) return;
        var level = Level(training.Tail, _previous);
        _previous = point.Step;
        if (point.Value < _best)
        {
            (_best, _bestStep, _trainAtBest, _sinceBest) = (point.Value, point.Step, level, 0);
            if (_open) run.Signals.Clear(Id, series.Name);
            _open = false;
            return;
        }
        _sinceBest++;
        if (series.Finite < options.Evaluations || _sinceBest < options.SinceBest) return;
        var validation = series.Trend!;
        Span<double> window = stackalloc double[(int)Math.Min(_sinceBest + 1, 200)];
        var now = validation.Tail.Median(3);
        var rise = now - _best;
        var needed = Math.Max(Math.Max(options.Rise * Math.Abs(_best), options.Rise * (series.First - _best)), 2 * validation.Noise);
        if (rise < needed || level > _trainAtBest || Statistics.MannKendall(validation.Tail.CopyLast(window)) < 2.33) return;
        var severity = Judge(run, rise);
        if (_open && severity <= _severity) return;
        (_open, _severity) = (true, severity);
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _bestStep,
            Title = $"Overfitting since step {_bestStep}",
            Summary = $"{series.Name} was best at step {_bestStep} ({Numbers.Text(_best)}) and has risen to {Numbers.Text(now)} in {_sinceBest} evaluations, while the training loss fell from {Numbers.Text(_trainAtBest)} to {Numbers.Text(level)}.",
            Evidence = [new Evidence(series.Name, _bestStep, point.Step, "rise above the best validation loss", Numbers.Round6(rise), Numbers.Round6(needed))],
        });
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _open);
        var severity = (int)_severity;
        s.Sync(ref severity);
        _severity = (Severity)severity;
        s.Sync(ref _best);
        s.Sync(ref _bestStep);
        s.Sync(ref _trainAtBest);
        s.Sync(ref _sinceBest);
        s.Sync(ref _previous);
    }

    private Severity Judge(RunContext run, double rise)
    {
        var fell = run.First(RoleKind.ValAccuracy) is { Finite: >= 3, Trend: { } accuracy } series && series.Max - accuracy.Tail.Median(3) >= options.AccuracyFall;
        return fell || (_best > 0 && rise >= options.Severe * _best) ? Severity.High : Severity.Warn;
    }

    /// <summary>Median of the training points since the previous evaluation.</summary>
    private static double Level(Tail training, long previous)
    {
        var points = 0;
        while (points < training.Count && training.Step(points) > previous) points++;
        return training.Median(Math.Max(1, points));
    }
}
