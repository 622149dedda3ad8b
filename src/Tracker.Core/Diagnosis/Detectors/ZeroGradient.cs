using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>zero-gradient</c>.</summary>
public sealed record ZeroGradientOptions
{
    /// <summary>Exact zeros in a row. Default 20 points (fewer in a sparse series).</summary>
    public int Points { get; init; } = 20;

    /// <summary>Non-zero values in a row that clear it. Default 5.</summary>
    public int ClearAfterPoints { get; init; } = 5;
}

/// <summary>The norm of all gradients is exactly zero: the whole network is dead, or the loss is cut off from the parameters.</summary>
internal sealed class ZeroGradient(ZeroGradientOptions options) : Detector
{
    public const string Id = "zero-gradient";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        var zero = point.Value == 0;
        var points = run.Window(series, options.Points);
        switch (_alarm.Update(zero, !zero, point.Step, points, options.ClearAfterPoints))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Crit,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"All gradients are zero since step {_alarm.Onset}",
                    Summary = $"{series.Name} is exactly 0 in {points} points in a row since step {_alarm.Onset}: no parameter moves any more.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, point.Step, "exact zeros in a row", points, points)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);
}
