using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>grad-explosion</c>.</summary>
public sealed record GradExplosionOptions
{
    /// <summary>Gradient norm over the highest level (bucket median) that the run has had, which single points in a row must exceed. Default 10; clears at 3.</summary>
    public double Jump { get; init; } = 10;

    /// <summary>Points in a row above it. Default 3.</summary>
    public int Points { get; init; } = 3;

    /// <summary>
    /// Level of the gradient norm over the highest level of the first quarter of the run so far, which two buckets in a row must exceed: growth that no single
    /// step shows. Default 30 (TheDeepChecker's doubling per period, five times over).
    /// </summary>
    public double Growth { get; init; } = 30;

    /// <summary>Either ratio from which it is high. Default 100.</summary>
    public double Severe { get; init; } = 100;

    /// <summary>
    /// ‖g‖·‖w‖ over the loss (that of guessing at least), from the first steps on: the relative change of the loss for a relative change of the weights.
    /// Healthy classifiers have 1 to 100. Default 300.
    /// </summary>
    public double Elasticity { get; init; } = 300;

    /// <summary>Points after which a level is known. Default 50.</summary>
    public int Settled { get; init; } = 50;
}

/// <summary>
/// The gradient norm leaves every level that it has had, or is out of all proportion from the first step. The size itself means nothing: it scales with
/// the model and with how the loss is reduced.
/// </summary>
internal sealed class GradExplosion(GradExplosionOptions options) : Detector
{
    public const string Id = "grad-explosion";

    private Alarm _alarm;
    private double _highest;
    private double _level;
    private double _baseline;
    private int _closed;
    private int _above;
    private long _aboveSince;
    private bool _fromStart;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        var settled = series.Finite > run.Window(series, options.Settled) && _closed >= 3;
        if (settled && point.Value > options.Jump * _highest)
        {
            if (_above++ == 0) _aboveSince = point.Step;
        }
        else
        {
            _above = 0;
        }
        if (_above >= options.Points && !_alarm.IsOpen) Raise(run, series, point, point.Value / _highest, _aboveSince, "the highest level it had before", options.Jump);
        if (series.Trend!.BucketClosed) Close(run, series, point);
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _highest);
        s.Sync(ref _level);
        s.Sync(ref _baseline);
        s.Sync(ref _closed);
        s.Sync(ref _above);
        s.Sync(ref _aboveSince);
        s.Sync(ref _fromStart);
    }

    private void Close(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        var before = _level;
        _level = trend.Fine.Value(0);
        _closed++;
        if (_alarm.IsOpen)
        {
            var calm = _fromStart ? Elasticity(run) < options.Elasticity / 3 : _level < 3 * _baseline;
            if (_alarm.Update(false, calm, point.Step, 1, 3) == AlarmChange.Cleared) run.Signals.Clear(Id, series.Name);
            return;
        }
        var shape = trend.Buckets.Medians;
        var early = 0.0;
        for (var i = 0; i < Math.Max(4, shape.Length / 4) && i < shape.Length; i++) early = Math.Max(early, shape[i]);
        if (_closed >= 8 && early > 0 && Math.Min(_level, before) > options.Growth * early)
        {
            Raise(run, series, point, Math.Min(_level, before) / early, trend.Fine.Step(1), "its level in the first quarter of the run", options.Growth);
        }
        else if (JustSettled(run, series, trend) && Elasticity(run) is var elasticity && elasticity >= options.Elasticity)
        {
            _fromStart = true;
            Raise(run, series, point, elasticity, series.FirstStep, "", options.Elasticity);
        }
        _highest = Math.Max(_highest, _level);
    }

    /// <summary>At the first bucket that closes after the settling points.</summary>
    private bool JustSettled(RunContext run, SeriesState series, Trend trend) =>
        run.Window(series, options.Settled) is var settled && series.Finite >= settled && series.Finite < settled + trend.FineWidth;

    /// <summary>What the loss would change by, relatively, if all weights did, relatively; NaN where it cannot be known.</summary>
    private static double Elasticity(RunContext run)
    {
        if (run.ChanceLoss is not { } chance || run.Loss?.Trend is not { Tail.Count: > 0 } loss || run.Gradient?.Trend is not { Tail.Count: > 0 } gradient) return double.NaN;
        var weights = run.First(RoleKind.ParamNorm) is { Finite: > 0 } norm ? norm.LastFinite : 1;
        return gradient.Tail.Median(25) * weights / Math.Max(loss.Tail.Median(25), chance);
    }

    private void Raise(RunContext run, SeriesState series, in Point point, double ratio, long since, string reference, double limit)
    {
        _alarm.Update(true, false, point.Step);
        _baseline = Math.Max(_highest, double.Epsilon);
        _above = 0;
        var level = Numbers.Text(point.Value);
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = _fromStart ? Severity.Warn : Severity.High,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = since,
            Title = _fromStart ? $"Gradients are huge from the first step: {level}" : $"The gradient norm explodes: {level}",
            Summary = _fromStart
                ? $"{series.Name} is {level}: ‖g‖·‖w‖ is {Numbers.Text(ratio)} times the loss, where healthy classifiers have less than 100. The smallest step changes everything."
                : $"{series.Name} reached {level}, {Numbers.Text(Math.Round(ratio))} times {reference} ({Numbers.Text(point.Value / ratio)}), since step {since}.",
            Evidence = [new Evidence(series.Name, since, point.Step, _fromStart ? "‖g‖·‖w‖ over the loss" : "gradient norm over " + reference, Numbers.Round6(ratio), limit)],
        });
    }
}
