using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>inputs-not-normalised</c>.</summary>
public sealed record InputScaleOptions
{
    /// <summary>Mean, in size, above which it is noted. Default 0.2 (SageMaker's check of input images).</summary>
    public double Mean { get; init; } = 0.2;

    /// <summary>Deviation below which it is noted. Default 0.5.</summary>
    public double Low { get; init; } = 0.5;

    /// <summary>Deviation above which it is noted. Default 2.</summary>
    public double High { get; init; } = 2;

    /// <summary>Mean, in size, above which it is a warning: pixels from 0 to 1 stay below. Default 1.</summary>
    public double FarMean { get; init; } = 1;

    /// <summary>Deviation below which it is a warning. Default 0.05.</summary>
    public double FarLow { get; init; } = 0.05;

    /// <summary>Deviation above which it is a warning. Default 5.</summary>
    public double FarHigh { get; init; } = 5;

    /// <summary>Batches to see before judging their series. Default 5.</summary>
    public int Points { get; init; } = 5;
}

/// <summary>The inputs are not near mean 0 and deviation 1: from the series <c>input/mean</c> and <c>input/std</c>, or from a probe.</summary>
internal sealed class InputScale : ProbeDetector
{
    public const string Id = "inputs-not-normalised";

    private readonly InputScaleOptions _options;
    private bool _open;

    public InputScale(InputScaleOptions options)
    {
        _options = options;
        Checks = [new(Id, "input-stats", Judge)];
    }

    public override IReadOnlyList<ProbeCheck> Checks { get; }

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (series.Count < _options.Points || series.Count % _options.Points != 0) return;
        if (run.First(RoleKind.InputMean)?.Recent is not { Count: >= 5 } means || run.First(RoleKind.InputStd)?.Recent is not { Count: >= 5 } deviations) return;
        var (mean, deviation) = (means.Median(50), deviations.Median(50));
        if (Severity(mean, deviation) is not { } severity)
        {
            if (_open) run.Signals.Clear(Id, run.First(RoleKind.InputMean)!.Name);
            _open = false;
            return;
        }
        if (_open) return;
        _open = true;
        var verdict = Tell(severity, mean, deviation);
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = severity,
            Series = run.First(RoleKind.InputMean)!.Name,
            Step = point.Step,
            OnsetStep = series.FirstStep,
            Title = verdict.Title,
            Summary = verdict.Summary,
            Evidence =
            [
                new Evidence(run.First(RoleKind.InputMean)!.Name, series.FirstStep, point.Step, "mean of the inputs", Numbers.Round6(mean), _options.Mean),
                new Evidence(run.First(RoleKind.InputStd)!.Name, series.FirstStep, point.Step, "deviation of the inputs", Numbers.Round6(deviation), deviation > 1 ? _options.High : _options.Low),
            ],
        });
    }

    public override void Sync(StateStream s) => s.Sync(ref _open);

    private ProbeVerdict? Judge(RunContext run, Happening e)
    {
        if (e.Number("mean") is not { } mean || e.Number("std") is not { } deviation || !double.IsFinite(mean) || !double.IsFinite(deviation)) return null;
        return Severity(mean, deviation) is { } severity ? Tell(severity, mean, deviation) : ProbeVerdict.Fine;
    }

    private Severity? Severity(double mean, double deviation) =>
        Math.Abs(mean) > _options.FarMean || deviation < _options.FarLow || deviation > _options.FarHigh ? Diagnosis.Severity.Warn
        : Math.Abs(mean) > _options.Mean || deviation < _options.Low || deviation > _options.High ? Diagnosis.Severity.Info
        : null;

    private ProbeVerdict Tell(Severity severity, double mean, double deviation) => new(severity,
        $"Inputs have mean {Numbers.Text(mean)} and deviation {Numbers.Text(deviation)}",
        $"The inputs have mean {Numbers.Text(mean)} and standard deviation {Numbers.Text(deviation)}; initialisations and rates are made for 0 and 1. Subtract the mean and divide by the deviation of the training set.",
        "mean of the inputs", mean, _options.Mean);
}
