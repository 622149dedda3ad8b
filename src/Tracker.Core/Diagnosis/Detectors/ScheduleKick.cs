using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>schedule-kick</c>.</summary>
public sealed record ScheduleKickOptions
{
    /// <summary>Factor by which the rate is cut from one point to the next, after it had been steady. Default 1.5.</summary>
    public double Cut { get; init; } = 1.5;

    /// <summary>Points of the loss (fewer in a sparse series) on either side of the cut that are compared. Default 25.</summary>
    public int Points { get; init; } = 25;

    /// <summary>Fall of the median loss, in units of its own standard error. Default 2.5.</summary>
    public double Noise { get; init; } = 2.5;

    /// <summary>Fall of the median loss, as a part of the descent up to the cut. Default 0.002.</summary>
    public double Descent { get; init; } = 0.002;
}

/// <summary>The loss falls where the learning rate was cut: a note that explains a step in the curve.</summary>
internal sealed class ScheduleKick(ScheduleKickOptions options) : Detector
{
    public const string Id = "schedule-kick";

    /// <summary>The cut is judged after one, two and four windows, with as much on either side.</summary>
    private const int Windows = 3;

    private double _rate = double.NaN;
    private double _ratio = 1;
    private double _from;
    private double _to;
    private long _cutStep;
    private double[] _before = new double[Windows];
    private double[] _earlier = new double[Windows];
    private double _noise;
    private double _descent;
    private int _points;
    private int _waited = -1;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        if (series.Role!.Kind == RoleKind.LearningRate)
        {
            if (ReferenceEquals(series, run.First(RoleKind.LearningRate))) Rate(run, point);
        }
        else if (_waited >= 0 && ReferenceEquals(series, run.Loss))
        {
            Loss(run, series, point);
        }
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _rate);
        s.Sync(ref _ratio);
        s.Sync(ref _from);
        s.Sync(ref _to);
        s.Sync(ref _cutStep);
        s.Sync(ref _before, Windows);
        s.Sync(ref _earlier, Windows);
        s.Sync(ref _noise);
        s.Sync(ref _descent);
        s.Sync(ref _points);
        s.Sync(ref _waited);
    }

    private void Rate(RunContext run, in Point point)
    {
        var ratio = _rate > 0 ? point.Value / _rate : 1;
        // A cosine near its end halves from point to point too, but it was not steady before.
        if (ratio <= 1 / options.Cut && Math.Abs(_ratio - 1) < 0.05 && run.Loss is { Trend: { Tail.Count: >= 10 } trend } loss)
        {
            (_from, _to, _cutStep, _waited) = (_rate, point.Value, point.Step, 0);
            // A kick is over in some tens of steps: few points of a sparse series show it.
            _points = Math.Min(loss.IsDense ? options.Points : Math.Max(4, run.Window(loss, options.Points) / 2), trend.Tail.Count / 2);
            for (var i = 0; i < Windows; i++)
            {
                _before[i] = trend.Tail.Median(_points << i);
                _earlier[i] = trend.Tail.Median(_points << i, _points << i);
            }
            _noise = trend.Noise;
            _descent = Math.Max(0, trend.Start - trend.Best);
        }
        else if (_waited >= 0 && Math.Abs(ratio - 1) > 0.1)
        {
            _waited = -1;
        }
        (_rate, _ratio) = (point.Value, ratio);
    }

    private void Loss(RunContext run, SeriesState series, in Point point)
    {
        _waited++;
        if (_waited == 6 * _points)
        {
            _waited = -1;
            run.Signals.Clear(Id, series.Name);
            return;
        }
        var window = _waited == _points ? 0 : _waited == 2 * _points ? 1 : _waited == 4 * _points ? 2 : -1;
        if (window < 0 || run.Signals.IsActive(Id, series.Name)) return;
        var (before, after) = (_before[window], series.Trend!.Tail.Median(_waited));
        var fall = before - after;
        // 1.25 σ / √n is the standard error of a median; a fall that only goes on is none of the cut's.
        var needed = Math.Max(options.Noise * 1.25 * _noise * Math.Sqrt(2.0 / _waited), options.Descent * _descent);
        if (fall < needed || fall < 2 * (_earlier[window] - before)) return;
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _cutStep,
            Title = $"The loss fell when the learning rate was cut at step {_cutStep}",
            Summary = $"The learning rate went from {Numbers.Text(_from)} to {Numbers.Text(_to)} at step {_cutStep}, and {series.Name} fell from {Numbers.Text(before)} to {Numbers.Text(after)}.",
            Evidence = [new Evidence(series.Name, _cutStep, point.Step, "fall of the median loss", Numbers.Round6(fall), Numbers.Round6(needed))],
        });
    }
}
