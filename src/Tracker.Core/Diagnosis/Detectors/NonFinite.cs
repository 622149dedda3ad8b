using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>nan-immediately</c> and <c>nan-after-n</c>.</summary>
public sealed record NonFiniteOptions
{
    /// <summary>With fewer finite points before it, a non-finite value is "immediate" (an evaluation: with none). Default 10 points.</summary>
    public int ImmediatePoints { get; init; } = 10;

    /// <summary>Finite points in a row that clear it. Default 50.</summary>
    public int ClearAfterPoints { get; init; } = 50;

    /// <summary>
    /// Gradient norms in a row that must be non-finite where loss scaling is in use, because a scaler overflows now and then on purpose,
    /// and validation values in a row. Default 3.
    /// </summary>
    public int PatientPoints { get; init; } = 3;
}

/// <summary>
/// A loss, or the norm of gradients or parameters, that is NaN or infinite. A training loss raises at its first such value; a gradient norm
/// under loss scaling and a validation loss of a healthy training only when it stays so.
/// </summary>
internal sealed class NonFinite(NonFiniteOptions options) : Detector
{
    public const string Immediately = "nan-immediately";
    public const string AfterN = "nan-after-n";

    private string? _open;
    private long _finiteRun;
    private long _finiteBefore;
    private double _evalStride;
    private long _lastFiniteStep;

    public override bool SeesPoisoned => true;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (double.IsFinite(point.Value))
        {
            if (series.Finite > 1) _evalStride = (point.Step - series.FirstStep) / (double)(series.Finite - 1);
            _finiteRun++;
            _lastFiniteStep = point.Step;
            if (_open is null || _finiteRun < options.ClearAfterPoints) return;
            run.Signals.Clear(_open, series.Name);
            _open = null;
            return;
        }
        _finiteRun = 0;
        if (series.NonFiniteRun == 1) _finiteBefore = series.Finite;
        if (_open is not null || !IsTime(run, series, point.Step)) return;
        _open = _finiteBefore < (series.Role!.IsEvaluation ? 1 : options.ImmediatePoints) ? Immediately : AfterN;
        run.Signals.Raise(Describe(run, series, point));
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _open);
        s.Sync(ref _finiteRun);
        s.Sync(ref _finiteBefore);
        s.Sync(ref _evalStride);
        s.Sync(ref _lastFiniteStep);
    }

    private bool IsTime(RunContext run, SeriesState series, long step)
    {
        switch (series.Role!.Kind)
        {
            case RoleKind.TrainLoss or RoleKind.PartLoss:
                return true;
            case RoleKind.GradNorm or RoleKind.ParamNorm:
                return run.First(RoleKind.LossScale) is null || series.NonFiniteRun >= options.PatientPoints;
            default:
                // Some log NaN at every step without an evaluation: those come closer together than the evaluations did.
                if (run.Loss is { NonFiniteRun: > 0 }) return true;
                return series.Finite >= 2 && series.NonFiniteRun >= options.PatientPoints
                    && step - _lastFiniteStep >= 0.5 * _evalStride * series.NonFiniteRun;
        }
    }

    private Signal Describe(RunContext run, SeriesState series, in Point point)
    {
        var word = double.IsNaN(point.Value) ? "NaN" : "infinite";
        var loss = series.Role!.Kind is RoleKind.TrainLoss or RoleKind.PartLoss;
        var onset = series.NonFiniteRun == series.NonFinite ? series.FirstNonFiniteStep : point.Step;
        var before = _finiteBefore == 0
            ? "it never had a finite value"
            : $"{_finiteBefore} finite {(_finiteBefore == 1 ? "point" : "points")} before, the last one {Numbers.Text(series.LastFinite)} at step {_lastFiniteStep}";
        return new Signal
        {
            Id = _open!,
            Severity = loss || run.Loss is { NonFiniteRun: > 0 } ? Severity.Crit : Severity.High,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = onset,
            Title = loss ? $"The loss became {word} at step {onset}" : $"{series.Name} became {word} at step {onset}",
            Summary = $"{series.Name} is {word} since step {onset}: {before}.",
            Evidence = [new Evidence(series.Name, onset, point.Step, "finite points before the first that is not", _finiteBefore, options.ImmediatePoints)],
        };
    }
}
