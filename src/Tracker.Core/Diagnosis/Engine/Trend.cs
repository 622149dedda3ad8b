namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// What the trend detectors know of one series: its last points, its shape in buckets, its noise, where it began and its best level.
/// Windows count points, never steps. What is measured per bucket is measured once, when the first detector asks. About 11 KB when full.
/// </summary>
internal sealed class Trend(bool evaluation, int tail = 256)
{
    /// <summary>Points whose first differences give the noise.</summary>
    private const int NoisePoints = 200;
    private const int HeadPoints = 20;
    private const int WidthIsChosenAt = 10;
    private const int WidestFine = 25;
    private const int SparsePoints = 150;
    private const int FewPoints = 60;

    private readonly Tail _fine = new(64);
    private double[] _head = new double[HeadPoints];
    private double[] _open = new double[WidestFine];
    private int _headCount;
    private int _openCount;
    private int _width = evaluation ? 1 : 0;
    private long _firstStep;
    private double _noise;
    private double _fineNoise;
    private double _best = double.PositiveInfinity;
    private long _bestStep;
    private double _lowestNoise = double.PositiveInfinity;

    // Measured when asked for, and forgotten when a bucket closes; the window that a figure was measured over stands beside it.
    private readonly (int Window, double Value)[] _mannKendall = new (int, double)[2];
    private readonly (int Window, double Value)[] _theilSen = new (int, double)[2];
    private (double Level, double Spread, bool Logs, bool Known) _typical;

    /// <summary>The last 512 finite points of a training loss, 256 of other series; shared by all detectors.</summary>
    public Tail Tail { get; } = new(tail);

    /// <summary>The whole run in at most 256 buckets.</summary>
    public Buckets Buckets { get; } = new(256);

    /// <summary>σ over the whole run, in at most 64 buckets of fine buckets; empty for evaluations.</summary>
    public Buckets NoiseHistory { get; } = new(64);

    /// <summary>The last 64 medians of <see cref="FineWidth"/> points; a bucket's step is its last point's.</summary>
    public Tail Fine => _fine;

    /// <summary>Points in a fine bucket: 1 for evaluations, else a fortieth of the expected points, 5 to 25 (from 2 where fewer than 150 are expected, 1 below 60); 0 until it is chosen.</summary>
    public int FineWidth => _width;

    /// <summary>True while the point that closed a fine bucket is looked at: slow tests run only then.</summary>
    public bool BucketClosed { get; private set; }

    /// <summary>σ: the noise of single points, over the last 200.</summary>
    public double Noise => evaluation ? Measure() : _noise;

    /// <summary>σ_b: the noise of fine buckets around their curve; 0 for evaluations.</summary>
    public double FineNoise => _fineNoise;

    /// <summary>The least noise that the series has had at the close of a bucket; +∞ for evaluations.</summary>
    public double LowestNoise => _lowestNoise;

    /// <summary>The noise of the run's quiet times: the 20th percentile of σ so far. NaN before there is one, and for evaluations.</summary>
    public double QuietNoise
    {
        get
        {
            Span<double> scratch = stackalloc double[NoiseHistory.Count];
            NoiseHistory.Medians.CopyTo(scratch);
            return Statistics.Quantile(scratch, 0.2);
        }
    }

    /// <summary>Where the points usually are: the median of the last 50 at the close of the last bucket, and their spread (1.4826 · MAD of the last 100).</summary>
    /// <param name="logs">In natural logarithms; every value so far must be above 0.</param>
    public (double Level, double Spread) Typical(bool logs)
    {
        if (_typical.Known && _typical.Logs == logs) return (_typical.Level, _typical.Spread);
        Span<double> window = stackalloc double[100];
        // The open bucket's points are not yet part of what is usual, so that an outlier never hides itself.
        var points = Tail.CopyLast(window, evaluation ? 0 : Math.Min(_openCount, Math.Max(0, Tail.Count - 5)));
        if (logs)
        {
            for (var i = 0; i < points.Length; i++) points[i] = Math.Log(points[i]);
        }
        Span<double> last = stackalloc double[Math.Min(50, points.Length)];
        points[^last.Length..].CopyTo(last);
        var level = Statistics.MiddleOf(last);
        _typical = (level, Statistics.Spread(points, level), logs, true);
        return (_typical.Level, _typical.Spread);
    }

    /// <summary>Mann-Kendall's z over the last fine buckets (points, for evaluations): below −2.33 it falls, above 2.33 it rises.</summary>
    public double MannKendall(int buckets) => Cached(_mannKendall, buckets, Statistics.MannKendall);

    /// <summary>Theil-Sen's slope over the last fine buckets (at most 24: more are thinned), in units of the value per bucket.</summary>
    public double TheilSen(int buckets) => Cached(_theilSen, buckets, Statistics.TheilSen);

    /// <summary>The least fine bucket so far; +∞ before the first.</summary>
    public double Best => _best;

    public long BestStep => _bestStep;

    /// <summary>Median of the first <paramref name="points"/> points (at most 20).</summary>
    public double Initial(int points = 5)
    {
        Span<double> head = stackalloc double[Math.Min(points, _headCount)];
        _head.AsSpan(0, head.Length).CopyTo(head);
        return Statistics.MiddleOf(head);
    }

    /// <summary>Where the descent began: the higher of the medians of the first 5 and the first 20 points, since some losses fall at once.</summary>
    public double Start => Math.Max(Initial(5), Initial(20));

    public void Add(long step, double value, long? totalSteps)
    {
        if (_headCount == 0) _firstStep = step;
        if (_headCount < HeadPoints) _head[_headCount++] = value;
        Tail.Add(step, value);
        Buckets.Add(step, value);
        BucketClosed = false;
        if (evaluation) _typical.Known = false;
        _open[_openCount++] = value;
        if (_width == 0)
        {
            if (_openCount < WidthIsChosenAt) return;
            ChooseWidth(step, totalSteps);
            // What has come so far fills its buckets, too.
            var waiting = _openCount;
            _openCount = 0;
            for (var i = 0; i < waiting; i++)
            {
                _open[_openCount++] = Tail.Value(waiting - 1 - i);
                if (_openCount >= _width) CloseBucket(Tail.Step(waiting - 1 - i));
            }
            return;
        }
        if (_openCount >= _width) CloseBucket(step);
    }

    /// <summary>Forgets what came at <paramref name="step"/> and after it; levels of before stay.</summary>
    public void RewindTo(long step)
    {
        Tail.RewindTo(step);
        Buckets.RewindTo(step);
        _fine.RewindTo(step);
        NoiseHistory.RewindTo(step);
        Forget();
        _openCount = 0;
        BucketClosed = false;
        if (_bestStep < step) return;
        _best = double.PositiveInfinity;
        for (var i = _fine.Count - 1; i >= 0; i--) KeepBest(_fine.Value(i), _fine.Step(i));
        for (var i = 0; i < Buckets.Count; i++) KeepBest(Buckets.Medians[i], Buckets.Start(i));
    }

    public void Sync(StateStream s)
    {
        Tail.Sync(s);
        Buckets.Sync(s);
        NoiseHistory.Sync(s);
        _fine.Sync(s);
        s.Sync(ref _headCount);
        s.Sync(ref _head, _headCount);
        s.Sync(ref _openCount);
        s.Sync(ref _open, _openCount);
        s.Sync(ref _width);
        s.Sync(ref _firstStep);
        s.Sync(ref _noise);
        s.Sync(ref _fineNoise);
        s.Sync(ref _best);
        s.Sync(ref _bestStep);
        s.Sync(ref _lowestNoise);
    }

    private void ChooseWidth(long step, long? totalSteps)
    {
        var stride = Math.Max(1, (step - _firstStep) / (double)(WidthIsChosenAt - 1));
        // A hundred points in all, as a run that logs every tenth or fiftieth step has, make no fourteen buckets of five.
        _width = totalSteps is { } total ? (int)Math.Clamp(total / stride / 40, total / stride < FewPoints ? 1 : total / stride < SparsePoints ? 2 : 5, WidestFine) : WidestFine;
    }

    private void CloseBucket(long step)
    {
        var median = Statistics.MiddleOf(_open.AsSpan(0, _openCount));
        _openCount = 0;
        _fine.Add(step, median);
        KeepBest(median, step);
        BucketClosed = true;
        Forget();
        // Every evaluation is a bucket of its own: its noise is measured when somebody asks.
        if (evaluation) return;
        _noise = Measure();
        if (Tail.Count >= WidestFine)
        {
            _lowestNoise = Math.Min(_lowestNoise, _noise);
            NoiseHistory.Add(step, _noise);
        }
        Span<double> window = stackalloc double[64];
        var buckets = _fine.CopyLast(window);
        _fineNoise = Math.Min(Statistics.Noise(buckets), Statistics.CurveNoise(buckets));
    }

    private void Forget()
    {
        Array.Clear(_mannKendall);
        Array.Clear(_theilSen);
        _typical.Known = false;
    }

    private double Cached((int Window, double Value)[] cache, int buckets, Func<ReadOnlySpan<double>, double> measure)
    {
        foreach (var (window, value) in cache)
        {
            if (window == buckets) return value;
        }
        Span<double> copy = stackalloc double[Math.Clamp(buckets, 0, 64)];
        var measured = measure(_fine.CopyLast(copy));
        cache[cache[0].Window == 0 ? 0 : 1] = (buckets, measured);
        return measured;
    }

    private double Measure()
    {
        Span<double> window = stackalloc double[NoisePoints];
        return Statistics.Noise(Tail.CopyLast(window));
    }

    private void KeepBest(double median, long step)
    {
        if (median >= _best) return;
        _best = median;
        _bestStep = step;
    }
}
