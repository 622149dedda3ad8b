using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>dead-layer</c>.</summary>
public sealed record DeadLayerOptions
{
    /// <summary>Exact zeros in a row, for a series logged every step; 15 % of the expected points, at least 5, for a sparser one. Default 50.</summary>
    public int Points { get; init; } = 50;

    /// <summary>Non-zero values in a row that clear it. Default 3.</summary>
    public int ClearAfterPoints { get; init; } = 3;
}

/// <summary>One layer's gradient is exactly zero while others' are not: frozen, cut off, or all its units dead.</summary>
internal sealed class DeadLayer(DeadLayerOptions options) : Detector
{
    public const string Id = "dead-layer";

    private Alarm _alarm;
    private bool _everMoved;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        var zero = point.Value == 0;
        _everMoved |= !zero;
        var points = run.Window(series, options.Points);
        var raise = zero && (_alarm.IsOpen || OthersMove(run, series));
        switch (_alarm.Update(raise, !zero, point.Step, points, options.ClearAfterPoints))
        {
            case AlarmChange.Raised:
                var layer = series.Role!.Scope;
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    // A layer that never had a gradient may be frozen on purpose.
                    Severity = _everMoved ? Severity.High : Severity.Warn,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _alarm.Onset,
                    Title = _everMoved ? $"Layer {layer} has had no gradient since step {_alarm.Onset}" : $"Layer {layer} never gets a gradient",
                    Summary = $"{series.Name} is exactly 0 in {points} points in a row since step {_alarm.Onset}, while other layers have gradients.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, point.Step, "exact zeros in a row", points, points)],
                }, _everMoved ? 2 : 1);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Look(RunContext run, SeriesState series, HistogramShape histogram)
    {
        if (!(histogram.Mass > 0) || Observations.IsLogged(run, RoleKind.LayerGradNorm, series.Role!.Scope)) return;
        // All of it in the one bin that holds 0: gradients that are merely small spread over the bins of their own range.
        var zero = histogram.ZeroShare >= 1;
        _everMoved |= !zero;
        switch (_alarm.Update(zero && run.Gradient is not { LastFinite: 0 }, !zero, histogram.Step, 2, 1))
        {
            case AlarmChange.Raised:
                run.Layers.Raise(new Signal
                {
                    Id = Id,
                    Severity = _everMoved ? Severity.High : Severity.Warn,
                    Series = series.Name,
                    Step = histogram.Step,
                    OnsetStep = _alarm.Onset,
                    Title = _everMoved ? $"Layer {series.Role.Scope} has had no gradient since step {_alarm.Onset}" : $"Layer {series.Role.Scope} never gets a gradient",
                    Summary = $"All of {series.Name} is 0 since step {_alarm.Onset}.",
                    Evidence = [new Evidence(series.Name, _alarm.Onset, histogram.Step, "share of gradients at 0", 1, 1)],
                }, _everMoved ? 2 : 1);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _everMoved);
    }

    private static bool OthersMove(RunContext run, SeriesState series)
    {
        foreach (var other in run.All(RoleKind.LayerGradNorm))
        {
            if (!ReferenceEquals(other, series) && other.LastFinite > 0) return true;
        }
        return false;
    }
}
