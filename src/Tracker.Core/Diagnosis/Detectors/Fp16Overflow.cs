using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>fp16-overflow</c>.</summary>
public sealed record Fp16OverflowOptions
{
    /// <summary>Fall of the loss scale within its last 50 points that tells of overflow. Default 4.</summary>
    public double ScaleFall { get; init; } = 4;

    /// <summary>Finite losses in a row that clear it. Default 50.</summary>
    public int ClearAfterPoints { get; init; } = 50;
}

/// <summary>
/// Beside a loss that is not finite: half precision is the likely reason, because its loss scale had been falling, or because the run
/// computes in fp16 and logs no scale. An annotation that speaks for a cause.
/// </summary>
internal sealed class Fp16Overflow(Fp16OverflowOptions options) : Detector
{
    public const string Id = "fp16-overflow";
    private const double Largest = 65504;

    private bool _open;
    private long _finite;

    public override bool SeesPoisoned => true;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (double.IsFinite(point.Value))
        {
            if (!_open || ++_finite < options.ClearAfterPoints) return;
            _open = false;
            run.Signals.Clear(Id, series.Name);
            return;
        }
        _finite = 0;
        if (_open || Reason(run) is not { } reason) return;
        _open = true;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = point.Step,
            Title = "Half precision may have overflowed",
            Summary = $"{series.Name} is not finite at step {point.Step}, and {reason.Text}. The largest number of fp16 is {Numbers.Text(Largest)}.",
            Evidence = [new Evidence(reason.Series, reason.From, point.Step, reason.Statistic, Numbers.Round6(reason.Value), reason.Threshold)],
        });
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _open);
        s.Sync(ref _finite);
    }

    /// <summary>fp16, 16-mixed, half and the like; bf16 has the range of float32.</summary>
    public static bool IsHalf(string precision) =>
        (precision.Contains("16", StringComparison.Ordinal) || precision.Contains("half", StringComparison.Ordinal)) && !precision.Contains("bf", StringComparison.Ordinal);

    private (string Text, string Series, long From, string Statistic, double Value, double? Threshold)? Reason(RunContext run)
    {
        if (run.First(RoleKind.LossScale) is { Recent: { Count: > 1 } recent } scale)
        {
            var high = recent.Max(50);
            if (scale.LastFinite > high / options.ScaleFall) return null;
            return ($"{scale.Name} had fallen from {Numbers.Text(high)} to {Numbers.Text(scale.LastFinite)}", scale.Name, recent.Step(recent.Count - 1), "fall of the loss scale", high / Math.Max(scale.LastFinite, double.Epsilon), options.ScaleFall);
        }
        return IsHalf(run.Hints.Precision) && run.Loss is { } loss
            ? ($"the run computes in {run.Hints.Precision}, with no loss scale logged", loss.Name, loss.FirstStep, "largest finite loss", loss.Max, Largest)
            : null;
    }
}
