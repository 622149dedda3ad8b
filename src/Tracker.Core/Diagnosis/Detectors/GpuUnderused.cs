using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>gpu-underused</c>.</summary>
public sealed record GpuUnderusedOptions
{
    /// <summary>Median utilisation below which a device idles. Default 0.3; clears at 0.5.</summary>
    public double Busy { get; init; } = 0.3;

    /// <summary>Seconds over which the median is taken. Default 600.</summary>
    public double Seconds { get; init; } = 600;

    /// <summary>Share of a step's time spent waiting for data from which the loader is the bottleneck, where only times are logged. Default 0.5.</summary>
    public double Waiting { get; init; } = 0.5;
}

/// <summary>The device idles while training goes on, or steps spend most of their time waiting for data.</summary>
internal sealed class GpuUnderused(GpuUnderusedOptions options) : Detector
{
    public const string Id = "gpu-underused";
    private const int Bins = 20;
    private const int FewestSamples = 10;

    private long[] _counts = new long[Bins];
    private long _begin;
    private long _beginStep;
    private long _lossesAtBegin;
    private Alarm _alarm;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        if (series.Role!.Kind == RoleKind.DataTime) LookAtWaiting(run, series, point);
        else LookAtUse(run, series, point);
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _counts, Bins);
        s.Sync(ref _begin);
        s.Sync(ref _beginStep);
        s.Sync(ref _lossesAtBegin);
        _alarm.Sync(s);
    }

    private void LookAtUse(RunContext run, SeriesState series, in Point point)
    {
        var use = series.Max > 1.5 ? point.Value / 100 : point.Value;
        if (_begin == 0) Begin(run, point);
        _counts[(int)Math.Clamp(use * Bins, 0, Bins - 1)]++;
        if (point.Time - _begin < 1000 * options.Seconds) return;
        var total = 0L;
        foreach (var count in _counts) total += count;
        // A device that idles while no step is done is no matter of the loader.
        if (total >= FewestSamples && (run.Loss?.Count ?? 0) - _lossesAtBegin >= FewestSamples)
        {
            var median = Median(total);
            Tell(run, series, point, median < options.Busy, median > 0.5, median,
                $"The device is {Numbers.Percent(median)} busy", $"The median of {series.Name} over {Numbers.Text((point.Time - _begin) / 60000.0)} minutes, steps {_beginStep} to {point.Step}, is {Numbers.Percent(median)}{Data(run)}.",
                "median utilisation", options.Busy);
        }
        Begin(run, point);
    }

    private void LookAtWaiting(RunContext run, SeriesState series, in Point point)
    {
        if (run.First(RoleKind.GpuUtilization) is not null || series.Count % 25 != 0 || series.Recent is not { Count: >= 50 } waiting) return;
        if (run.First(RoleKind.StepTime)?.Recent is not { Count: >= 25 } steps) return;
        var (wait, step) = (waiting.Median(50), steps.Median(50));
        if (!(step > 0)) return;
        var share = wait / step;
        if (_beginStep == 0) _beginStep = waiting.Step(waiting.Count - 1);
        Tell(run, series, point, share >= options.Waiting && share <= 1.5, share < 0.6 * options.Waiting, share,
            $"{Numbers.Percent(Math.Min(1, share))} of each step is waiting for data", $"{series.Name} is {Numbers.Text(wait)} of a step of {Numbers.Text(step)} (medians of the last 50 points): the device waits for the loader.",
            "share of the step spent waiting for data", options.Waiting);
    }

    private static string Data(RunContext run) =>
        run.First(RoleKind.DataTime)?.Recent is { Count: > 5 } wait && run.First(RoleKind.StepTime)?.Recent is { Count: > 5 } step && step.Median(50) > 0
            ? $"; {Numbers.Percent(Math.Min(1, wait.Median(50) / step.Median(50)))} of each step is waiting for data" : "";

    private void Tell(RunContext run, SeriesState series, in Point point, bool raise, bool clear, double value, string title, string summary, string statistic, double threshold)
    {
        switch (_alarm.Update(raise, clear, point.Step))
        {
            case AlarmChange.Raised:
                run.Signals.Raise(new Signal
                {
                    Id = Id,
                    Severity = Severity.Info,
                    Series = series.Name,
                    Step = point.Step,
                    OnsetStep = _beginStep,
                    Title = title,
                    Summary = summary,
                    Evidence = [new Evidence(series.Name, _beginStep, point.Step, statistic, Numbers.Round6(value), threshold)],
                });
                break;
            case AlarmChange.Cleared:
                run.Signals.Clear(Id, series.Name);
                break;
        }
    }

    private void Begin(RunContext run, in Point point)
    {
        Array.Clear(_counts);
        (_begin, _beginStep, _lossesAtBegin) = (point.Time, point.Step, run.Loss?.Count ?? 0);
    }

    /// <summary>Middle of the bin that holds the median.</summary>
    private double Median(long total)
    {
        var sum = 0L;
        for (var i = 0; i < Bins; i++)
        {
            sum += _counts[i];
            if (2 * sum >= total) return (i + 0.5) / Bins;
        }
        return 1;
    }
}
