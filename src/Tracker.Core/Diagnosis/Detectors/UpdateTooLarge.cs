using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>update-too-large</c>.</summary>
public sealed record UpdateTooLargeOptions
{
    /// <summary>
    /// Update ratio (‖Δw‖/‖w‖ of one step) that, as the median of layers and points, is a warning. The usual rule of thumb is 1e-3, and healthy
    /// training after its first steps stays below 2e-2. Default 0.03; clears at half of it.
    /// </summary>
    public double Ratio { get; init; } = 0.03;

    /// <summary>Ratio from which it is noted. Default 0.02.</summary>
    public double Noted { get; init; } = 0.02;

    /// <summary>Points of the median of each layer, for series logged every step; fewer for sparser ones. Default 50.</summary>
    public int Points { get; init; } = 50;
}

/// <summary>Half of the layers or more change by several hundredths of their size in a single step, and go on doing so after the first steps.</summary>
internal sealed class UpdateTooLarge(UpdateTooLargeOptions options) : Detector
{
    public const string Id = "update-too-large";

    private Alarm _alarm;
    private bool _warned;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (UpdateRatios.Layers(run, series, options.Points) is not { } layers || run.IsWarm(series)) return;
        // The first steps of a fresh network are large: the last few must be too, and not only the median that still holds the first.
        var now = layers.Typical(3);
        if (!_alarm.IsOpen && now < options.Noted)
        {
            _alarm.Update(false, false, point.Step);
            return;
        }
        var ratio = Math.Min(layers.Typical(options.Points), now);
        // Weights that shrink make every step large by comparison, and of a run of unknown length a few points may be its very beginning.
        var severe = ratio >= options.Ratio && !Shrinks(run) && (run.TotalSteps is not null || series.Finite >= 12);
        switch (_alarm.Update(ratio >= options.Noted, ratio < 0.5 * options.Noted, point.Step, 1, 3))
        {
            case AlarmChange.Raised:
                Tell(run, layers, ratio, severe, point);
                break;
            case AlarmChange.Cleared:
                _warned = false;
                run.Signals.Clear(Id, layers.First.Name);
                break;
            default:
                if (_alarm.IsOpen && !_warned && severe) Tell(run, layers, ratio, severe, point);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _warned);
    }

    private static bool Shrinks(RunContext run) =>
        run.First(RoleKind.ParamNorm) is { Finite: > 0 } norm && norm.LastFinite < 0.7 * norm.First;

    private void Tell(RunContext run, UpdateRatios layers, double ratio, bool severe, in Point point)
    {
        _warned = severe;
        var from = layers.Since(options.Points);
        var rate = run.LearningRate is { } known ? $" at a learning rate of {Numbers.Text(known)}" : "";
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = _warned ? Severity.Warn : Severity.Info,
            Series = layers.First.Name,
            Step = point.Step,
            OnsetStep = from,
            Title = $"Every step changes the weights by {Numbers.Text(ratio)} of their size",
            Summary = $"The median update ratio of the {layers.Count} layers is {Numbers.Text(ratio)} over steps {from} to {point.Step}{rate}; about 0.001 is usual. After {Numbers.Text(Math.Ceiling(1 / ratio))} such steps little is left of what was learnt before.",
            Evidence = [new Evidence(layers.First.Name, from, point.Step, "median update ratio over layers", Numbers.Round6(ratio), _warned ? options.Ratio : options.Noted)],
        });
    }
}
