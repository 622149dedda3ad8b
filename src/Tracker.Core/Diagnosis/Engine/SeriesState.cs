namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// One series as the analyzer sees it. Every series has counters; only those that a detector reads have a short <see cref="Recent"/>
/// window with a coarse <see cref="Shape"/>, or a full <see cref="Trend"/>. Of a histogram series points are counted, no more.
/// </summary>
internal sealed class SeriesState
{
    /// <summary>Points kept of a series that is judged by its median only, such as a layer's.</summary>
    private const int RecentPoints = 50;

    /// <summary>Buckets that hold the whole course of such a series.</summary>
    private const int ShapeBuckets = 32;

    private const int LossTail = 512;

    private readonly Buckets? _shape;

    private long _firstStep;
    private long _lastStep;
    private long _count;
    private long _finite;
    private long _nonFinite;
    private long _nonFiniteRun;
    private long _firstNonFiniteStep;
    private long _late;
    private double _first = double.NaN;
    private double _last = double.NaN;
    private double _lastFinite = double.NaN;
    private double _min = double.PositiveInfinity;
    private double _max = double.NegativeInfinity;
    private long _minStep;
    private long _maxStep;
    private long _lastTime;
    private int _writer = -1;
    private int _generation;

    public SeriesState(int order, string name, SeriesRole? role, bool histogram)
    {
        Order = order;
        IsHistogram = histogram;
        Name = name;
        Role = role;
        if (role is not { Rank: 0 }) return;
        if (role.NeedsTrend)
        {
            Trend = new Trend(role.IsEvaluation, role.Kind == RoleKind.TrainLoss ? LossTail : 256);
        }
        else if (role.NeedsRecent)
        {
            Recent = new Tail(RecentPoints);
            _shape = new Buckets(ShapeBuckets);
        }
    }

    /// <summary>Number in the run, from 0 by first appearance.</summary>
    public int Order { get; }

    public string Name { get; }

    public bool IsHistogram { get; }

    public SeriesRole? Role { get; }

    public Trend? Trend { get; }

    /// <summary>The last 50 finite points where there is no trend to keep.</summary>
    public Tail? Recent { get; }

    /// <summary>The whole course: the trend's 256 buckets, or 32 where there is only a recent window.</summary>
    public Buckets? Shape => Trend?.Buckets ?? _shape;

    /// <summary>The last finite points that are kept: the trend's or the recent ones; null for a series that nobody judges.</summary>
    public Tail? Points => Trend?.Tail ?? Recent;

    /// <summary>The detectors that see its points, in the order of the catalogue.</summary>
    public Detector[] Detectors { get; set; } = [];

    public long FirstStep => _firstStep;

    /// <summary>Step of the last folded point.</summary>
    public long LastStep => _lastStep;

    /// <summary>Folded points, non-finite ones included.</summary>
    public long Count => _count;

    public long Finite => _finite;

    public long NonFinite => _nonFinite;

    /// <summary>Non-finite points in a row at the end of the series.</summary>
    public long NonFiniteRun => _nonFiniteRun;

    public long FirstNonFiniteStep => _firstNonFiniteStep;

    /// <summary>Points that were not folded because their step was not above the last one.</summary>
    public long Late => _late;

    /// <summary>The first finite value.</summary>
    public double First => _first;

    /// <summary>The last value, finite or not.</summary>
    public double Last => _last;

    public double LastFinite => _lastFinite;

    public double Min => _min;

    public long MinStep => _minStep;

    public double Max => _max;

    public long MaxStep => _maxStep;

    /// <summary>The best finite value by the role's direction (the least, where less is better), and its step.</summary>
    public (double Value, long Step) Best => Role is { HigherIsBetter: true } ? (_max, _maxStep) : (_min, _minStep);

    /// <summary>Unix milliseconds of the last point; 0 before the first.</summary>
    public long LastTime => _lastTime;

    /// <summary>All finite values so far are above 0, so that it is judged in logarithms.</summary>
    public bool IsPositive => _min > 0 && _finite > 0;

    /// <summary>The value in the domain in which the series is judged: its logarithm while all values so far are above 0, else itself.</summary>
    public double InDomain(double value) => IsPositive && value > 0 ? Math.Log(value) : value;

    /// <summary>Mean distance of two points, in steps; 1 before there are two.</summary>
    public double Stride => _count < 2 ? 1 : Math.Max(1, (_lastStep - _firstStep) / (double)(_count - 1));

    /// <summary>Logged about every step: the stride is below 1.5.</summary>
    public bool IsDense => 2 * (_lastStep - _firstStep) < 3 * Math.Max(1, _count - 1);

    /// <summary>
    /// A window of <paramref name="points"/> for a series logged every step; for a sparser one max(5, 15 % of the points expected in the run).
    /// Where the length of the run is unknown a wide stride alone says nothing (steps may be tokens, and every one of them logged): only a series
    /// that comes more seldom than the loss is given fewer points, as many as span the loss's, but at least a sixteenth.
    /// </summary>
    public int Window(int points, long? totalSteps, double lossStride)
    {
        if (IsDense) return points;
        var stride = Stride;
        var sparse = totalSteps is { } total ? 0.15 * total / stride : Math.Max(points * lossStride / stride, points / 16.0);
        return Math.Min(points, Math.Max(5, (int)Math.Ceiling(sparse)));
    }

    /// <summary>Whether a slow test over the last <paramref name="points"/> points is due: five times in its window, at every point of a short one.</summary>
    public bool IsDue(int points) => _count % Math.Max(1, points / 5) == 0;

    /// <summary>
    /// Decides whether a point is folded. One that is not above the last step is late, unless the run was resumed since
    /// or its writer goes back by more than 1 % of the series' range: then the series is rewound to it.
    /// </summary>
    public bool Admit(long step, int writer, int generation)
    {
        if (_count > 0 && step <= _lastStep)
        {
            var back = _lastStep - step;
            var resumed = generation != _generation;
            if (!resumed && (writer != _writer || back <= 0.01 * (_lastStep - _firstStep)))
            {
                _late++;
                return false;
            }
            RewindTo(step);
        }
        (_writer, _generation) = (writer, generation);
        return true;
    }

    /// <summary>Counts a histogram.</summary>
    public void Add(long step, long time)
    {
        if (_count == 0) _firstStep = step;
        _count++;
        _finite++;
        (_lastStep, _lastTime) = (step, time);
    }

    public void Add(long step, double value, long time, long? totalSteps)
    {
        if (_count == 0) _firstStep = step;
        _count++;
        (_lastStep, _lastTime) = (step, time);
        _last = value;
        if (!double.IsFinite(value))
        {
            if (_nonFinite == 0) _firstNonFiniteStep = step;
            _nonFinite++;
            _nonFiniteRun++;
            return;
        }
        if (_finite == 0) _first = value;
        _finite++;
        _nonFiniteRun = 0;
        _lastFinite = value;
        if (value < _min) (_min, _minStep) = (value, step);
        if (value > _max) (_max, _maxStep) = (value, step);
        Trend?.Add(step, value, totalSteps);
        Recent?.Add(step, value);
        _shape?.Add(step, value);
    }

    public void Sync(StateStream s)
    {
        s.Sync(ref _firstStep);
        s.Sync(ref _lastStep);
        s.Sync(ref _count);
        s.Sync(ref _finite);
        s.Sync(ref _nonFinite);
        s.Sync(ref _nonFiniteRun);
        s.Sync(ref _firstNonFiniteStep);
        s.Sync(ref _late);
        s.Sync(ref _first);
        s.Sync(ref _last);
        s.Sync(ref _lastFinite);
        s.Sync(ref _min);
        s.Sync(ref _max);
        s.Sync(ref _minStep);
        s.Sync(ref _maxStep);
        s.Sync(ref _lastTime);
        s.Sync(ref _writer);
        s.Sync(ref _generation);
        Trend?.Sync(s);
        Recent?.Sync(s);
        _shape?.Sync(s);
    }

    private void RewindTo(long step)
    {
        Trend?.RewindTo(step);
        Recent?.RewindTo(step);
        _shape?.RewindTo(step);
        _lastStep = step - 1;
        _firstStep = Math.Min(_firstStep, step);
        _nonFiniteRun = 0;
    }
}
