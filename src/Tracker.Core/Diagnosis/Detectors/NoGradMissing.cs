using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>no-grad-missing</c>.</summary>
public sealed record NoGradMissingOptions
{
    /// <summary>Memory at an evaluation over memory between evaluations. Default 1.5.</summary>
    public double StepUp { get; init; } = 1.5;

    /// <summary>Evaluations at which it must be seen. Default 3.</summary>
    public int Evaluations { get; init; } = 3;
}

/// <summary>Evaluation keeps graphs for a backward pass that never comes: a probe says that gradients are on, or device memory steps up at each evaluation.</summary>
internal sealed class NoGradMissing : ProbeDetector
{
    public const string Id = "no-grad-missing";

    private readonly NoGradMissingOptions _options;
    private readonly Tail _between = new(32);
    private Alarm _alarm;
    private double _last = double.NaN;
    private long _lastStep = long.MinValue;
    private long _evaluatedAt = long.MinValue;

    public NoGradMissing(NoGradMissingOptions options)
    {
        _options = options;
        Checks = [new(Id, "mode", Judge)];
    }

    public override IReadOnlyList<ProbeCheck> Checks { get; }

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (series.Role!.Kind == RoleKind.GpuMemory)
        {
            if (!ReferenceEquals(series, run.First(RoleKind.GpuMemory)) || !double.IsFinite(point.Value)) return;
            // The sample of an evaluation's own step is judged; the others are what training takes.
            Settle();
            (_last, _lastStep) = (point.Value, point.Step);
            if (point.Step == _evaluatedAt) Judge(run, series, point.Step);
        }
        else if (_evaluatedAt != point.Step && run.First(RoleKind.GpuMemory) is { } memory)
        {
            _evaluatedAt = point.Step;
            if (_lastStep == point.Step) Judge(run, memory, point.Step);
        }
    }

    public override void Sync(StateStream s)
    {
        _between.Sync(s);
        _alarm.Sync(s);
        s.Sync(ref _last);
        s.Sync(ref _lastStep);
        s.Sync(ref _evaluatedAt);
    }

    private void Settle()
    {
        if (!double.IsNaN(_last) && _lastStep != _evaluatedAt) _between.Add(_lastStep, _last);
        _last = double.NaN;
    }

    private void Judge(RunContext run, SeriesState memory, long step)
    {
        if (_between.Count < 5) return;
        var usual = _between.Median(32);
        var held = _last >= _options.StepUp * usual;
        switch (_alarm.Update(held, !held, step, _options.Evaluations, 2))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Warn,
                    Series = memory.Name,
                    Step = step,
                    OnsetStep = _alarm.Onset,
                    Title = $"Evaluation takes {Numbers.Text(_last / usual)} times the memory of training",
                    Summary = $"{memory.Name} rose from {Numbers.Text(usual)} to {Numbers.Text(_last)} at each of the last {_options.Evaluations} evaluations. Without gradients evaluation takes less than training does.",
                    Evidence = [new Evidence(memory.Name, _alarm.Onset, step, "memory at evaluation over memory between", Numbers.Round6(_last / usual), _options.StepUp)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, memory.Name);
                break;
        }
    }

    private static ProbeVerdict? Judge(RunContext run, Happening e)
    {
        if (e.Text("during") is not { } during || during is "train" || e.Flag("grad_enabled") is not { } enabled) return null;
        return !enabled ? ProbeVerdict.Fine : new(Severity.Warn, "Gradients are recorded during evaluation",
            $"At step {e.Step} the evaluation ran with gradients on: it keeps a graph of every batch, which takes memory and a fifth to a half more time.", "gradients on during evaluation", 1, 0);
    }
}
