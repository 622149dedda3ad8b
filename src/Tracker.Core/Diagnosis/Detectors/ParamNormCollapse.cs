using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>param-norm-collapse</c>.</summary>
public sealed record ParamNormCollapseOptions
{
    /// <summary>Norm of all parameters over its greatest value, at or below which it has collapsed. Default 0.3; clears at 0.5.</summary>
    public double Share { get; init; } = 0.3;

    /// <summary>The same for a single layer. Default 0.1; clears at 0.17.</summary>
    public double LayerShare { get; init; } = 0.1;

    /// <summary>Norm over its greatest value above which the fall has not begun. Default 0.6.</summary>
    public double Falling { get; init; } = 0.6;

    /// <summary>
    /// A fall that took more than this part of the run is the slow way of weight decay to its equilibrium, and only noted. Default 0.15;
    /// <see cref="QuickSteps"/> where the length of the run is unknown.
    /// </summary>
    public double Quick { get; init; } = 0.15;

    /// <summary>See <see cref="Quick"/>. Default 500 steps.</summary>
    public long QuickSteps { get; init; } = 500;

    /// <summary>Points in a row at or below the share, for a series logged every step; fewer for a sparser one. Default 15.</summary>
    public int Points { get; init; } = 15;
}

/// <summary>The norm of the parameters, or of one layer's, falls to a small part of what it was: something shrinks the weights faster than training builds them.</summary>
internal sealed class ParamNormCollapse(ParamNormCollapseOptions options) : Detector
{
    public const string Id = "param-norm-collapse";

    private Alarm _alarm;
    private long _fallsSince = long.MinValue;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        if (point.Value > options.Falling * series.Max) _fallsSince = point.Step;
        var whole = series.Role!.Kind == RoleKind.ParamNorm;
        var share = whole ? options.Share : options.LayerShare;
        var low = series.Max > 0 && point.Value <= share * series.Max;
        if (!low && !_alarm.IsOpen || series.Count < 3 || (!whole && !RunContext.IsDeep(series.Role.Scope))) return;
        var points = Math.Min(run.Window(series, options.Points), series.Stride < 1.5 ? options.Points : 3);
        switch (_alarm.Update(low, point.Value > 1.67 * share * series.Max, point.Step, points, points))
        {
            case AlarmChange.Raised:
                Raise(run, series, point, whole, share);
                break;
            case AlarmChange.Cleared:
                run.Layers.Clear(Id, series.Name);
                break;
        }
    }

    public override void Sync(StateStream s)
    {
        _alarm.Sync(s);
        s.Sync(ref _fallsSince);
    }

    private void Raise(RunContext run, SeriesState series, in Point point, bool whole, double share)
    {
        var began = _fallsSince == long.MinValue ? series.FirstStep : _fallsSince;
        var quick = point.Step - began <= (run.TotalSteps is { } total ? options.Quick * total : options.QuickSteps);
        var part = point.Value / series.Max;
        var decay = run.Hints.WeightDecay is > 0 and var known ? $" Weight decay is {Numbers.Text(known)}." : "";
        run.Layers.Raise(new Signal
        {
            Id = Id,
            Severity = !quick ? Severity.Info : whole ? Severity.High : Severity.Warn,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = began,
            Title = $"The weights{(whole ? "" : " of " + series.Role!.Scope)} have shrunk to {Numbers.Percent(part)} of their size",
            Summary = $"{series.Name} fell from {Numbers.Text(series.Max)} to {Numbers.Text(point.Value)} between steps {began} and {point.Step}.{decay}",
            Evidence = [new Evidence(series.Name, began, point.Step, "norm over its greatest value", Numbers.Round6(part), share)],
        }, (whole ? 2 : 1) - part);
    }
}
