using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>consecutive-nan</c>.</summary>
public sealed record ConsecutiveNanOptions
{
    /// <summary>Non-finite points in a row that raise it. Default 3.</summary>
    public int Points { get; init; } = 3;

    /// <summary>Finite points in a row that clear it. Default 50.</summary>
    public int ClearAfterPoints { get; init; } = 50;
}

/// <summary>The loss or the gradient norm stays non-finite: the parameters themselves are NaN, and no further step will repair them.</summary>
internal sealed class ConsecutiveNan(ConsecutiveNanOptions options) : Detector
{
    public const string Id = "consecutive-nan";

    private Alarm _alarm;

    public override bool SeesPoisoned => true;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var finite = double.IsFinite(point.Value);
        switch (_alarm.Update(!finite, finite, point.Step, options.Points, options.ClearAfterPoints))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Crit,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = $"{series.Name} stays non-finite since step {_alarm.Onset}",
                    Summary = $"{options.Points} values of {series.Name} in a row are not finite: the parameters are poisoned and training cannot recover by itself.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, point.Step, "non-finite points in a row", series.NonFiniteRun, options.Points)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);
}
