using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>unintended-schedule</c> and <c>cyclic-lr-context</c>.</summary>
public sealed record RateScheduleOptions
{
    /// <summary>Change of a rate that the config calls constant. Default 2.</summary>
    public double Change { get; init; } = 2;

    /// <summary>Part of its peak below which the rate has come down. Default 0.3.</summary>
    public double Down { get; init; } = 0.3;

    /// <summary>Factor over its least value by which it has risen again… Default 3.</summary>
    public double Again { get; init; } = 3;

    /// <summary>…and part of its peak. Default 0.1.</summary>
    public double AgainOfPeak { get; init; } = 0.1;

    /// <summary>Points (fewer in a sparse series) for which it must last. Default 10.</summary>
    public int Points { get; init; } = 10;
}

/// <summary>A learning rate that does something else than the config says: moves though it is constant, or rises again after it came down.</summary>
internal sealed class RateSchedule(RateScheduleOptions options) : Detector
{
    public const string Id = "unintended-schedule";
    public const string Cyclic = "cyclic-lr-context";

    private Alarm _moved;
    private Alarm _again;
    private double _low = double.PositiveInfinity;
    private long _lowStep;
    private int _lowGeneration;
    private int _steady;
    private bool _warms;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value) || point.Value < 0 || !ReferenceEquals(series, run.First(RoleKind.LearningRate))) return;
        if (Schedules.IsConstant(run.Hints)) Constant(run, series, point);
        Again(run, series, point);
    }

    public override void Sync(StateStream s)
    {
        _moved.Sync(s);
        _again.Sync(s);
        s.Sync(ref _low);
        s.Sync(ref _lowStep);
        s.Sync(ref _lowGeneration);
        s.Sync(ref _steady);
        s.Sync(ref _warms);
    }

    private void Constant(RunContext run, SeriesState series, in Point point)
    {
        var rate = run.Rate;
        // A rise from the start up to the peak is a warm-up, which a constant schedule may have; one that comes later is not.
        if (point.Value > 1.02 * rate.First && _steady < 20) _warms = true;
        else if (!_warms && _steady < 20) _steady++;
        var fell = rate.Peak > 0 && point.Value * options.Change <= rate.Peak && point.Step > rate.RiseEnd;
        var rose = !_warms && rate.First > 0 && point.Value >= options.Change * rate.First;
        if (_moved.Update(fell || rose, false, point.Step, run.Window(series, options.Points)) != AlarmChange.Raised) return;
        var from = rose ? rate.First : rate.Peak;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            // Code that raises a rate by hand is common, and what comes of it is told by the loss.
            Severity = rose ? Severity.Info : Severity.Warn,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _moved.Onset,
            Title = "The learning rate changes, though the config calls it constant",
            Summary = $"{series.Name} has gone from {Numbers.Text(from)} to {Numbers.Text(point.Value)}, and the config says schedule '{run.Hints.Schedule}'.",
            Evidence = [new Evidence(series.Name, _moved.Onset, point.Step, rose ? "learning rate over its first value" : "learning rate over its peak", Numbers.Round6(point.Value / from), Numbers.Round6(rose ? options.Change : 1 / options.Change))],
        });
    }

    private void Again(RunContext run, SeriesState series, in Point point)
    {
        var rate = run.Rate;
        if (point.Step <= rate.RiseEnd && !_again.IsOpen) _low = double.PositiveInfinity;
        if (point.Value < _low && point.Value <= options.Down * rate.Peak && point.Step > rate.RiseEnd) (_low, _lowStep, _lowGeneration) = (point.Value, point.Step, run.Generation);
        var risen = point.Value > 0 && point.Value >= options.Again * _low && point.Value >= options.AgainOfPeak * rate.Peak;
        switch (_again.Update(risen, point.Value < options.AgainOfPeak * rate.Peak, point.Step, run.Window(series, options.Points), run.Window(series, options.Points)))
        {
            case AlarmChange.Raised:
                Tell(run, series, point);
                break;
            case AlarmChange.Cleared:
                _low = point.Value;
                _lowStep = point.Step;
                run.Signals.Clear(Id, series.Name);
                run.Signals.Clear(Cyclic, series.Name);
                break;
        }
    }

    private void Tell(RunContext run, SeriesState series, in Point point)
    {
        var cycles = Schedules.Cycles(run.Hints);
        var summary = $"{series.Name} had come down to {Numbers.Text(_low)} at step {_lowStep} and is at {Numbers.Text(point.Value)} again";
        var evidence = new Evidence(series.Name, _lowStep, point.Step, "learning rate over its least value", Numbers.Round6(_low > 0 ? point.Value / _low : point.Value / run.Rate.Peak), options.Again);
        // Where nothing says what was meant, or a restart lies between, it is only a note.
        var known = run.Hints.Schedule.Length > 0 && _lowGeneration == run.Generation;
        run.Signals.Raise(new Signal
        {
            Id = cycles ? Cyclic : Id,
            Severity = cycles || !known ? Severity.Info : Severity.Warn,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _lowStep,
            Title = cycles ? $"The learning rate cycles: it rises again since step {_lowStep}" : $"The learning rate rises again since step {_lowStep}",
            Summary = summary + (cycles ? "; a loss that rises with it is expected." : known ? $", which schedule '{run.Hints.Schedule}' does not do within its length." : ". If no restart of the schedule was meant, its length does not fit the run."),
            Evidence = [evidence],
        });
    }
}
