using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>lr-decayed-early</c>.</summary>
public sealed record LrDecayedEarlyOptions
{
    /// <summary>Share of the run before which the rate must have sunk below a thousandth of its peak. Default 0.8.</summary>
    public double BeforeProgress { get; init; } = 0.8;

    /// <summary>Share of the run that it must have stayed there, at least 20 points. Default 0.03.</summary>
    public double Stays { get; init; } = 0.03;

    /// <summary>Points that it must have stayed there where the length of the run is unknown. Default 200.</summary>
    public int PointsIfUnknown { get; init; } = 200;

    /// <summary>Share of the run from which on an exponential decay that the config announces is a note only. Default 0.4.</summary>
    public double Announced { get; init; } = 0.4;
}

/// <summary>The learning rate is all but zero (below a thousandth of its peak) while much of the run is left.</summary>
internal sealed class LrDecayedEarly(LrDecayedEarlyOptions options) : Detector
{
    public const string Id = "lr-decayed-early";

    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || !ReferenceEquals(series, run.First(RoleKind.LearningRate))) return;
        var rate = run.Rate;
        var exhausted = false;
        if (run.TotalSteps is { } total)
        {
            exhausted = rate.PointsExhausted >= run.Window(series, 20) && rate.ExhaustedSince - run.FirstStep < options.BeforeProgress * total
                && point.Step - rate.ExhaustedSince >= options.Stays * total;
        }
        else
        {
            exhausted = rate.PointsExhausted >= (series.Stride < 1.5 ? options.PointsIfUnknown : Math.Clamp(rate.Points / 4, 20, options.PointsIfUnknown));
        }
        switch (_alarm.Update(exhausted, point.Value > 2e-3 * rate.Peak, point.Step))
        {
            case AlarmChange.Raised:
                var left = run.Progress is { } progress ? $", with {Numbers.Percent(1 - progress)} of the run left" : "";
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = IsAnnounced(run, series) ? Severity.Info : Severity.High,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = rate.ExhaustedSince,
                    Title = $"The learning rate ran out at step {rate.ExhaustedSince}",
                    Summary = $"{series.Name} fell from its peak {Numbers.Text(rate.Peak)} to {Numbers.Text(point.Value)} and is below a thousandth of it since step {rate.ExhaustedSince}{left}.",
                    Evidence = [new Evidence(series.Name, rate.ExhaustedSince, point.Step, "learning rate over its peak", Numbers.Round6(rate.Peak > 0 ? point.Value / rate.Peak : 0), 1e-3)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s) => _alarm.Sync(s);

    /// <summary>A decay by a constant factor, as the config announces it, is small long before the end on purpose; but not before a good part of the run is done.</summary>
    private bool IsAnnounced(RunContext run, SeriesState series) =>
        Schedules.DecaysByFactor(run.Hints) && run.Rate.Jumps == 0 && run.TotalSteps is { } total && run.Rate.ExhaustedSince - series.FirstStep >= options.Announced * total;
}
