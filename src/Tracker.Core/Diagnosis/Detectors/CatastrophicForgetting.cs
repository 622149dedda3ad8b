using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>catastrophic-forgetting</c>.</summary>
public sealed record CatastrophicForgettingOptions
{
    /// <summary>Rise of a task's loss above its best, as a part of its descent. Default 0.2; clears at half of it.</summary>
    public double Rise { get; init; } = 0.2;

    /// <summary>Gain of another task meanwhile, as a part of the range that it has had. Default 0.3.</summary>
    public double OtherGains { get; init; } = 0.3;

    /// <summary>Evaluations since the best one. Default 3.</summary>
    public int SinceBest { get; init; } = 3;
}

/// <summary>A task that had been learnt gets worse while another is learnt. By losses of the tasks; by their accuracies where no losses are logged.</summary>
internal sealed class CatastrophicForgetting(CatastrophicForgettingOptions options) : Detector
{
    public const string Id = "catastrophic-forgetting";

    private Alarm _alarm;
    private double _first = double.NaN;
    private double _best = double.PositiveInfinity;
    private long _bestStep;
    private int _sinceBest;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        var kind = series.Role!.Kind;
        if (!double.IsFinite(point.Value) || run.All(kind).Count < 2 || (kind == RoleKind.TaskAccuracy && run.First(RoleKind.TaskLoss) is not null)) return;
        var sign = Sign(kind);
        var value = sign * point.Value;
        if (double.IsNaN(_first)) _first = value;
        if (value < _best) (_best, _bestStep, _sinceBest) = (value, point.Step, 0);
        else _sinceBest++;
        var descent = _first - _best;
        var level = sign * series.Points!.Median(Math.Min(3, _sinceBest));
        var rise = _sinceBest == 0 ? 0 : level - _best;
        var needed = Math.Max(options.Rise * descent, 3 * Noise(series));
        var forgets = descent > 0 && _sinceBest >= options.SinceBest && rise >= needed && Rises(series, sign) ? Gains(run, series) : null;
        switch (_alarm.Update(forgets is not null, rise < needed / 2, point.Step, 1, 3))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.High,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _bestStep,
                    Title = $"{series.Role.Scope} is forgotten since step {_bestStep}",
                    Summary = $"{series.Name} was {Numbers.Text(sign * _best)} at step {_bestStep} and is {Numbers.Text(sign * level)} now, while {forgets!.Name} went to {Numbers.Text(forgets.LastFinite)}: learning the one costs the other.",
                    Evidence = [new Evidence(series.Name, _bestStep, point.Step, "loss of what the task had gained", Numbers.Round6(rise / descent), options.Rise)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _first);
        s.Sync(ref _best);
        s.Sync(ref _bestStep);
        s.Sync(ref _sinceBest);
    }

    private static double Sign(RoleKind kind) => kind == RoleKind.TaskAccuracy ? -1 : 1;

    private static double Noise(SeriesState series)
    {
        Span<double> last = stackalloc double[24];
        return Statistics.CurveNoise(series.Points!.CopyLast(last));
    }

    private bool Rises(SeriesState series, double sign)
    {
        Span<double> since = stackalloc double[Math.Min(_sinceBest + 1, 24)];
        return sign * Statistics.MannKendall(series.Points!.CopyLast(since)) >= 1.64 || _sinceBest >= 24;
    }

    /// <summary>Another task that got better by a good part of its range since this one was at its best.</summary>
    private SeriesState? Gains(RunContext run, SeriesState series)
    {
        var sign = Sign(series.Role!.Kind);
        foreach (var other in run.All(series.Role.Kind))
        {
            if (ReferenceEquals(other, series) || other.Points is not { Count: > 0 } recent) continue;
            var then = Evaluations.LevelAt(other, _bestStep);
            if (double.IsNaN(then)) then = recent.Value(recent.Count - 1);
            if (sign * (then - recent.Median(3)) >= options.OtherGains * (other.Max - other.Min)) return other;
        }
        return null;
    }
}
