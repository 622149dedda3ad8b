using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>update-too-small</c>.</summary>
public sealed record UpdateTooSmallOptions
{
    /// <summary>Update ratio (‖Δw‖/‖w‖ of one step) below which it is raised; healthy training has 2e-4 to 8e-3. Default 1e-6; clears at ten times that.</summary>
    public double Ratio { get; init; } = 1e-6;

    /// <summary>Ratio below which it is raised where the loss does not move either, and noted where it does. Default 1e-5.</summary>
    public double WithPlateau { get; init; } = 1e-5;

    /// <summary>Ratio below which it is high (SageMaker Debugger). Default 1e-8.</summary>
    public double Severe { get; init; } = 1e-8;

    /// <summary>Points of the median of each layer, for series logged every step; fewer for sparser ones. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>
/// Half of the layers change by almost nothing in a step, although the learning rate is not annealed: the rate is too low, or does not reach them.
/// </summary>
internal sealed class UpdateTooSmall(UpdateTooSmallOptions options) : Detector
{
    public const string Id = "update-too-small";

    private Alarm _alarm;
    private int _said = -1;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (UpdateRatios.Layers(run, series, options.Points) is not { } layers || run.IsWarm(series)) return;
        // The last few must be small too, so that the end of a warm-up is not taken for its beginning.
        var now = layers.Typical(3);
        if (!_alarm.IsOpen && now >= options.WithPlateau)
        {
            _alarm.Update(false, false, point.Step);
            return;
        }
        var ratio = Math.Max(layers.Typical(options.Points), now);
        // An annealed rate is meant to end it, and without gradient there is nothing to update with: both have signals of their own.
        var meant = (run.Rate.IsLogged && run.Rate.Last < 0.5 * run.Rate.Peak) || run.Gradient is { Finite: > 0, LastFinite: 0 } || run.Signals.IsActive(DeadLayer.Id) || run.Signals.IsActive(DeadRelu.Id);
        var severity = (int)Severity(run, ratio);
        switch (_alarm.Update(!meant && ratio < options.WithPlateau, meant || ratio > 10 * options.WithPlateau, point.Step, 1, 3))
        {
            case AlarmChange.Raised:
                _said = severity;
                Tell(run, layers, ratio, point, (Severity)severity);
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, layers.First.Name);
                break;
            default:
                if (!_alarm.IsOpen || meant || severity <= _said) break;
                _said = severity;
                Tell(run, layers, ratio, point, (Severity)severity);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _said);
    }

    private Severity Severity(RunContext run, double ratio)
    {
        var still = run.Signals.IsActive(PlateauFromStart.Id) || run.Signals.IsActive(ChanceLevelPlateau.Id) || run.Signals.IsActive(ConstantLoss.Id);
        if (ratio < options.Severe && still) return Diagnosis.Severity.High;
        // A loss that falls all the same is fine-tuning near an optimum, or a scale-free parametrisation.
        var falls = run.Loss?.Trend is { Fine.Count: >= 4 } trend && trend.Start - trend.Best > 5 * Math.Max(trend.Noise, 1e-12);
        return still || (ratio < options.Ratio && !falls) ? Diagnosis.Severity.Warn : Diagnosis.Severity.Info;
    }

    private void Tell(RunContext run, UpdateRatios layers, double ratio, in Point point, Severity severity)
    {
        var rate = run.LearningRate is { } known ? $" at a learning rate of {Numbers.Text(known)}" : "";
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = layers.First.Name,
            Step = point.Step,
            OnsetStep = Math.Min(_alarm.Onset, layers.Since(options.Points)),
            Title = $"A step changes the weights by {Numbers.Text(ratio)} of their size",
            Summary = $"The median update ratio of the {layers.Count} layers is {Numbers.Text(ratio)}{rate}; about 0.001 is usual, and at this one it takes {Numbers.Text(Math.Round(1 / Math.Max(ratio, 1e-15)))} steps to go once the weights' own length.",
            Evidence = [new Evidence(layers.First.Name, layers.Since(options.Points), point.Step, "median update ratio over layers", Numbers.Round6(ratio), severity == Diagnosis.Severity.Info ? options.WithPlateau : options.Ratio)],
        });
    }
}
