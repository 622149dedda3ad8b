using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>startup-spike</c>, <c>warmup-missing</c>, <c>warmup-too-short</c> and <c>warmup-too-long</c>.</summary>
public sealed record WarmupOptions
{
    /// <summary>Share of the run, at least 10 and at most 100 points, in which a jump belongs to the start. Default 0.02.</summary>
    public double Start { get; init; } = 0.02;

    /// <summary>The same for a series that is not logged every step: at least 3 and at most 10 points. Default 0.1.</summary>
    public double SparseStart { get; init; } = 0.1;

    /// <summary>Height of the start's peak over the first loss. Default 1.15.</summary>
    public double Ratio { get; init; } = 1.15;

    /// <summary>The same, in units of the least noise of the run. Default 4.</summary>
    public double Noise { get; init; } = 4;

    /// <summary>Part of its maximum at which the rate must begin to count as not warmed up. Default 0.9.</summary>
    public double FullRate { get; init; } = 0.9;

    /// <summary>An instability that begins within so many warm-ups counted from the start of the run blames the warm-up. Default 3: two after its end.</summary>
    public double ShortWithin { get; init; } = 3;

    /// <summary>Share of the run beyond which a rising rate is a note. Default 0.2 (usual: up to 0.1).</summary>
    public double LongShare { get; init; } = 0.2;

    /// <summary>Share of the run beyond which a rising rate is a warning. Default 0.5.</summary>
    public double TooLongShare { get; init; } = 0.5;
}

/// <summary>The first steps: a rate that is at its full height at once, too soon, or far too late, and what the loss makes of it.</summary>
internal sealed class Warmup(WarmupOptions options) : Detector
{
    public const string Spike = "startup-spike";
    public const string Missing = "warmup-missing";
    public const string TooShort = "warmup-too-short";
    public const string TooLong = "warmup-too-long";

    /// <summary>Points of the loss by which the start is judged: enough to know its noise.</summary>
    private const int JudgedAt = 50;

    private bool _judged;
    private bool _cameDown;
    private bool _blamed;
    private double _peak = double.NegativeInfinity;
    private long _peakStep;
    private Severity _long = Severity.Info;

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        if (series.Role!.Kind == RoleKind.LearningRate)
        {
            if (ReferenceEquals(series, run.First(RoleKind.LearningRate))) Rising(run, series, point);
            return;
        }
        if (!ReferenceEquals(series, run.Loss)) return;
        if (!_judged) Start(run, series, point);
        else if (series.Trend!.BucketClosed && !_blamed) Short(run, series, point);
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _judged);
        s.Sync(ref _cameDown);
        s.Sync(ref _blamed);
        s.Sync(ref _peak);
        s.Sync(ref _peakStep);
        var severity = (int)_long;
        s.Sync(ref severity);
        _long = (Severity)severity;
    }

    private void Start(RunContext run, SeriesState series, in Point point)
    {
        var total = run.TotalSteps;
        // Of a sparse series the start is a tenth of the run, so that it has some points at all.
        var sparse = !series.IsDense;
        var points = sparse && total is { } length ? Math.Clamp(options.SparseStart * length / series.Stride, 3, 10) : Math.Clamp(total is { } steps ? options.Start * steps / series.Stride : 0, 10, 100);
        if (series.Count <= points)
        {
            if (point.Value > _peak) (_peak, _peakStep) = (point.Value, point.Step);
            return;
        }
        if (series.Count < Math.Max(points, run.Window(series, JudgedAt))) return;
        _judged = true;
        // Logged too sparsely, the first points are no start any more.
        if (run.IsAdversarial || !IsFullFromStart(run) || (series.Stride > 5 && !(series.Stride <= options.Start * total))) return;
        var first = series.First;
        var noise = Statistics.Noise(series.Trend!.Tail.CopyLast(stackalloc double[40]));
        var needed = Math.Max(options.Noise * noise, (options.Ratio - 1) * Math.Abs(first));
        var spiked = _peak - first > needed && series.Trend.Tail.Median(10) < _peak - 0.5 * (_peak - first);
        if (spiked)
        {
            run.Signals.Raise(new Signal
            {
                Id = Spike,
                Severity = Severity.Info,
                Series = series.Name,
                Step = point.Step,
                OnsetStep = series.FirstStep,
                Title = $"The loss jumped to {Numbers.Text(_peak)} in the first steps",
                Summary = $"{series.Name} rose from {Numbers.Text(first)} to {Numbers.Text(_peak)} at step {_peakStep}, with the learning rate at its full height from the first step on, and came down again.",
                Evidence = [new Evidence(series.Name, series.FirstStep, _peakStep, "rise above the first loss", Numbers.Round6(_peak - first), Numbers.Round6(needed))],
            });
        }
        if (!spiked && !(run.Hints.IsTransformer && run.Hints.Optimizer.Contains("adam", StringComparison.Ordinal))) return;
        var rate = run.LearningRate is { } value ? $" ({Numbers.Text(run.Rate.IsLogged ? run.Rate.First : value)})" : "";
        run.Signals.Raise(new Signal
        {
            Id = Missing,
            Severity = Severity.Info,
            Series = run.First(RoleKind.LearningRate)?.Name ?? series.Name,
            Step = point.Step,
            OnsetStep = series.FirstStep,
            Title = "The learning rate is not warmed up",
            Summary = spiked
                ? $"The learning rate is at its full height{rate} from the first step on, and the loss jumped in the first steps."
                : $"The learning rate is at its full height{rate} from the first step on; transformers under Adam are steadier with a warm-up.",
            Evidence = [new Evidence(run.First(RoleKind.LearningRate)?.Name ?? series.Name, series.FirstStep, point.Step, "first learning rate over its maximum", run.Rate.IsLogged ? Numbers.Round6(run.Rate.First / run.Rate.Peak) : 1, options.FullRate)],
        });
    }

    private bool IsFullFromStart(RunContext run) => run.Rate.IsLogged
        ? run.Rate.Peak > 0 && run.Rate.First >= options.FullRate * run.Rate.Peak
        : run.Hints.Schedule.Length > 0 && !Schedules.Warms(run.Hints) && !Schedules.Cycles(run.Hints);

    /// <summary>An instability soon after the end of the warm-up.</summary>
    private void Short(RunContext run, SeriesState series, in Point point)
    {
        var rate = run.Rate;
        if (!rate.IsLogged || rate.First >= 0.5 * rate.Peak || rate.IsRising || run.IsAdversarial) return;
        var start = series.FirstStep;
        var end = rate.RiseEnd;
        var limit = start + options.ShortWithin * (end - start);
        // Two evaluations of grace: divergence is told some buckets after its onset.
        if (end <= start || point.Step > limit + 200 * series.Stride)
        {
            _blamed = end > start;
            return;
        }
        foreach (var signal in run.Signals.Signals)
        {
            if (!signal.Active || signal.Id is not (LossDivergence.Id or LossSpike.Id or LossSpike.Slow or NonFinite.AfterN)) continue;
            if (signal.OnsetStep < start + 0.5 * (end - start) || signal.OnsetStep > limit) continue;
            _blamed = true;
            run.Signals.Raise(new Signal
            {
                Id = TooShort,
                Severity = Severity.Info,
                Series = run.First(RoleKind.LearningRate)!.Name,
                Step = point.Step,
                OnsetStep = end,
                Title = $"The warm-up of {end - start} steps may be too short",
                Summary = $"The learning rate reached its peak {Numbers.Text(rate.Peak)} at step {end}, after {end - start} steps, and training became unstable at step {signal.OnsetStep}.",
                Evidence = [new Evidence(run.First(RoleKind.LearningRate)!.Name, start, end, "steps of warm-up", end - start, null)],
            });
            return;
        }
    }

    private void Rising(RunContext run, SeriesState series, in Point point)
    {
        var rate = run.Rate;
        if (_cameDown) return;
        _cameDown = point.Value < 0.9 * rate.Peak;
        if (_cameDown) run.Signals.Clear(TooLong, series.Name);
        if (_cameDown || run.TotalSteps is not { } total) return;
        // A rate that was steady first and rises later is no warm-up.
        var steady = rate.Points >= 4 && rate.RiseEnd == series.FirstStep && point.Step - series.FirstStep >= 0.05 * total;
        if (!rate.IsRising && (rate.Points > 20 || steady) && rate.RiseEnd - series.FirstStep < 0.5 * (point.Step - series.FirstStep)) _cameDown = true;
        if (_cameDown || !rate.IsRising || rate.First > 0.5 * point.Value) return;
        var share = (point.Step - series.FirstStep) / (double)total;
        // A one-cycle schedule rises for 30 to 45 % of the run on purpose.
        if (share <= (Schedules.Cycles(run.Hints) ? Math.Max(options.LongShare, options.TooLongShare) : options.LongShare)) return;
        var severity = share > options.TooLongShare && !Schedules.Cycles(run.Hints) ? Severity.Warn : Severity.Info;
        if (run.Signals.IsActive(TooLong, series.Name) && severity <= _long) return;
        _long = severity;
        run.Signals.Raise(new Signal
        {
            Id = TooLong,
            Severity = severity,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = series.FirstStep,
            Title = $"The learning rate is still warming up at {Numbers.Percent(share)} of the run",
            Summary = $"{series.Name} has been rising since step {series.FirstStep}, from {Numbers.Text(rate.First)} to {Numbers.Text(point.Value)}, for {Numbers.Percent(share)} of the {total} steps; up to 10 % is usual.",
            Evidence = [new Evidence(series.Name, series.FirstStep, point.Step, "share of the run in warm-up", Numbers.Round6(share), options.LongShare)],
        });
    }
}
