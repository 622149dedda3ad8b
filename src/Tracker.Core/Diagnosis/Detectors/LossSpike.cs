using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Detectors;

/// <summary>Thresholds of <c>loss-spike</c>, <c>recurrent-spikes</c> and <c>slow-spike-recovery</c>.</summary>
public sealed record LossSpikeOptions
{
    /// <summary>Height above the median of the last 50 points, in robust deviations of the last 100. Default 8: healthy runs reach 4.7 in logarithms, corrupt batches 24.</summary>
    public double Height { get; init; } = 8;

    /// <summary>Least ratio to that median, where all losses are positive. Default 1.1.</summary>
    public double Ratio { get; init; } = 1.1;

    /// <summary>Or, where the noise is too wild for that: so many times as high above the median as the highest of the last 100 points… Default 3.</summary>
    public double Highest { get; init; } = 3;

    /// <summary>…and at least so large a part of the descent. Default 0.25.</summary>
    public double HighestDescent { get; init; } = 0.25;

    /// <summary>And in any case so many times as high above the median as the highest tenth of the last 100 points begins. Default 3.</summary>
    public double Tenth { get; init; } = 3;

    /// <summary>Least height as a part of the descent so far. Default 0.05.</summary>
    public double Descent { get; init; } = 0.05;

    /// <summary>Least height, as a part of the descent, of a spike that counts as one of several. Default 0.1.</summary>
    public double RecurrentDescent { get; init; } = 0.1;

    /// <summary>Points (fewer in a sparse series) before the noise is known well enough. Default 100.</summary>
    public int Points { get; init; } = 100;

    /// <summary>Robust deviations above the old median to which it must come back. Default 3.</summary>
    public double Recovered { get; init; } = 3;

    /// <summary>Points, or 5 % of the run where that is more, that a recovery may take before it is slow. Default 200.</summary>
    public int SlowAfterPoints { get; init; } = 200;

    /// <summary>Spikes within <see cref="RecurrentPoints"/> that are a pattern. Default 3.</summary>
    public int Recurrent { get; init; } = 3;

    /// <summary>Points in which spikes are counted together. Default 1,000.</summary>
    public int RecurrentPoints { get; init; } = 1000;
}

/// <summary>
/// Jumps of the training loss out of its noise: a note where the loss comes back, an alarm where it does not or where it happens again and again.
/// While a jump is open the level of before stays the measure, so that a burst does not hide itself.
/// </summary>
internal sealed class LossSpike(LossSpikeOptions options) : Detector
{
    public const string Id = "loss-spike";
    public const string Recurrent = "recurrent-spikes";
    public const string Slow = "slow-spike-recovery";
    private const int LevelPoints = 50;
    private const int SparsePoints = 24;
    private const int SparseLevel = 7;
    private const int RecoveryPoints = 25;
    private const int Remembered = 8;

    private double _limit = double.PositiveInfinity;
    private double _level;
    private double _recovered;
    private double _deviation;
    private bool _open;
    private bool _slow;
    private double _peak;
    private long _onset;
    private long _onsetPoint;
    private long _lastAbove;
    private int _spikes;
    private long[] _spikePoints = new long[Remembered];
    private long[] _spikeSteps = new long[Remembered];

    public override void Look(RunContext run, SeriesState series, in Point point)
    {
        if (!double.IsFinite(point.Value)) return;
        if (_open) Follow(run, series, point);
        else if (point.Value > _limit) Open(run, series, point);
        if (series.Trend!.BucketClosed && !_open) Measure(run, series, point);
    }

    public override void Sync(StateStream s)
    {
        s.Sync(ref _limit);
        s.Sync(ref _level);
        s.Sync(ref _recovered);
        s.Sync(ref _deviation);
        s.Sync(ref _open);
        s.Sync(ref _slow);
        s.Sync(ref _peak);
        s.Sync(ref _onset);
        s.Sync(ref _onsetPoint);
        s.Sync(ref _lastAbove);
        s.Sync(ref _spikes);
        s.Sync(ref _spikePoints, Remembered);
        s.Sync(ref _spikeSteps, Remembered);
    }

    /// <summary>Level, deviation and limits from the last points: between two buckets a point costs one comparison.</summary>
    private void Measure(RunContext run, SeriesState series, in Point point)
    {
        var trend = series.Trend!;
        if (_spikes > 0 && run.Signals.IsActive(Recurrent, series.Name) && series.Finite - _spikePoints[(_spikes - 1) % Remembered] > options.RecurrentPoints)
        {
            run.Signals.Clear(Recurrent, series.Name);
        }
        if (series.Count < run.Window(series, options.Points) || trend.Tail.Count < 20)
        {
            _limit = double.PositiveInfinity;
            return;
        }
        var logarithmic = series.IsPositive;
        // Of a sparse series a hundred points are most of the run: their descent would be taken for noise.
        var points = series.IsDense ? 2 * LevelPoints : SparsePoints;
        var highest = trend.Tail.Max(points);
        var (level, spread) = series.IsDense ? trend.Typical(logarithmic) : Sparse(trend, logarithmic);
        var deviation = Math.Max(spread, logarithmic ? 1e-4 : 1e-3 * Math.Abs(level));
        var descent = Math.Max(0, trend.Start - trend.Best);
        _deviation = deviation;
        _level = logarithmic ? Math.Exp(level) : level;
        _recovered = Math.Max(logarithmic ? Math.Exp(level + options.Recovered * deviation) : level + options.Recovered * deviation, _level + 0.05 * descent);
        var high = logarithmic ? Math.Exp(level + options.Height * deviation) : level + options.Height * deviation;
        var outlying = descent > 0 ? _level + Math.Max(options.Highest * (highest - _level), options.HighestDescent * descent) : double.PositiveInfinity;
        _limit = Math.Max(Math.Max(Math.Min(high, outlying), _level + options.Descent * descent), logarithmic ? options.Ratio * _level : double.NegativeInfinity);
        // Where one batch in ten is high, high ones are part of the noise, however calm the rest is.
        Span<double> values = stackalloc double[Math.Min(points, trend.Tail.Count)];
        values = trend.Tail.CopyLast(values);
        _limit = Math.Max(_limit, _level + options.Tenth * (Statistics.Quantile(values, 0.9) - _level));
        // Where values are rounded, a few units of the last digit are no jump.
        var unit = double.PositiveInfinity;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[i - 1]) unit = Math.Min(unit, values[i] - values[i - 1]);
        }
        if (double.IsFinite(unit)) _limit = Math.Max(_limit, _level + 4 * unit);
    }

    /// <summary>Level of the last points of a sparse series, and the noise from one to the next.</summary>
    private static (double Level, double Spread) Sparse(Trend trend, bool logs)
    {
        Span<double> points = trend.Tail.CopyLast(stackalloc double[SparsePoints]);
        if (logs)
        {
            for (var i = 0; i < points.Length; i++) points[i] = Math.Log(points[i]);
        }
        var noise = Statistics.Noise(points);
        return (Statistics.Median(points[^Math.Min(SparseLevel, points.Length)..]), noise);
    }

    private void Open(RunContext run, SeriesState series, in Point point)
    {
        // A restart and a rate that was raised explain a jump.
        if (run.JustResumed || (run.Rate.JustRose)) return;
        (_open, _slow, _peak, _onset, _onsetPoint, _lastAbove) = (true, false, point.Value, point.Step, series.Finite, point.Step);
        Tell(run, series, point, $"{series.Name} jumped from {Numbers.Text(_level)} to {Numbers.Text(point.Value)} at step {point.Step}.");
        var descent = Math.Max(0, series.Trend!.Start - series.Trend.Best);
        if (run.IsAdversarial || run.Signals.IsActive(EpochBoundaryJump.Id, series.Name) || point.Value - _level < options.RecurrentDescent * descent) return;
        _spikePoints[_spikes % Remembered] = series.Finite;
        _spikeSteps[_spikes % Remembered] = point.Step;
        _spikes++;
        Count(run, series, point);
    }

    private void Follow(RunContext run, SeriesState series, in Point point)
    {
        _peak = Math.Max(_peak, point.Value);
        if (point.Value > _recovered) _lastAbove = point.Step;
        var since = series.Finite - _onsetPoint;
        var points = run.Window(series, RecoveryPoints);
        if (since >= points && series.Trend!.Tail.Median(points) <= _recovered)
        {
            Tell(run, series, point, $"{series.Name} jumped from {Numbers.Text(_level)} to {Numbers.Text(_peak)} at step {_onset} and was back by step {_lastAbove + 1}.");
            Close(run, series);
            return;
        }
        var patience = Math.Max(run.Window(series, options.SlowAfterPoints), run.TotalSteps is { } total ? (long)(0.05 * total / series.Stride) : 0);
        if (since < patience) return;
        if (_slow)
        {
            // The new level is the level: what comes next is measured against it.
            if (since >= 3 * patience) Close(run, series);
            return;
        }
        _slow = true;
        if (run.IsAdversarial || _peak - _level < options.RecurrentDescent * Math.Max(0, series.Trend!.Start - series.Trend.Best))
        {
            Close(run, series);
            return;
        }
        var now = series.Trend.Tail.Median(points);
        run.Signals.Raise(new Signal
        {
            Id = Slow,
            Severity = Severity.High,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _onset,
            Title = $"The loss has not recovered from its jump at step {_onset}",
            Summary = $"{series.Name} jumped from {Numbers.Text(_level)} at step {_onset} and is still at {Numbers.Text(now)} after {since} points.",
            Evidence = [new Evidence(series.Name, _onset, point.Step, "median loss since the jump", Numbers.Round6(now), Numbers.Round6(_recovered))],
        });
    }

    private void Close(RunContext run, SeriesState series)
    {
        _open = false;
        _limit = double.PositiveInfinity;
        run.Signals.Clear(Id, series.Name);
        run.Signals.Clear(Slow, series.Name);
    }

    private void Count(RunContext run, SeriesState series, in Point point)
    {
        var recent = 0;
        var first = point.Step;
        for (var i = 1; i <= Math.Min(_spikes, Remembered); i++)
        {
            var slot = (_spikes - i) % Remembered;
            if (series.Finite - _spikePoints[slot] >= options.RecurrentPoints) break;
            recent++;
            first = _spikeSteps[slot];
        }
        if (recent < options.Recurrent || run.Signals.IsActive(Recurrent, series.Name)) return;
        run.Signals.Raise(new Signal
        {
            Id = Recurrent,
            Severity = Severity.Warn,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = first,
            Title = $"The loss spikes again and again since step {first}",
            Summary = $"{series.Name} has jumped out of its noise {recent} times since step {first}, the last time from {Numbers.Text(_level)} to {Numbers.Text(point.Value)} at step {point.Step}.",
            Evidence = [new Evidence(series.Name, first, point.Step, $"spikes within {options.RecurrentPoints} points", recent, options.Recurrent)],
        });
    }

    private void Tell(RunContext run, SeriesState series, in Point point, string summary)
    {
        var height = series.IsPositive && _level > 0 ? Math.Log(_peak / _level) / _deviation : (_peak - _level) / _deviation;
        var evidence = new List<Evidence> { new(series.Name, _onset, point.Step, "height of the jump, in deviations of the noise", Numbers.Round6(height), options.Height) };
        if (run.Gradient is { Trend: { Tail.Count: >= 20 } gradient } norm && gradient.Tail.Median(LevelPoints) is > 0 and var usual)
        {
            var most = 0.0;
            for (var i = 0; i < Math.Min(5, gradient.Tail.Count); i++) most = Math.Max(most, gradient.Tail.Value(i));
            if (most >= 3 * usual) evidence.Add(new Evidence(norm.Name, gradient.Tail.Step(Math.Min(4, gradient.Tail.Count - 1)), norm.LastStep, "gradient norm over its median, just before", Numbers.Round6(most / usual), null));
        }
        run.Signals.Raise(new Signal
        {
            Id = Id,
            Severity = Severity.Info,
            Series = series.Name,
            Step = point.Step,
            OnsetStep = _onset,
            Title = $"The loss spiked to {Numbers.Text(_peak)} at step {_onset}",
            Summary = summary,
            Evidence = evidence,
        });
    }
}
