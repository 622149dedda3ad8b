namespace Tracker.Core.Diagnosis.Engine;

/// <summary>
/// Training and validation loss, paired once for the whole run: at each evaluation the validation loss, and beside it the median of the
/// training losses since the evaluation before (of the last 256 where there were more). A validation loss that is repeated bit for bit is
/// not another evaluation: some runs log the last one at every step. Everything else that is evaluated is looked up by its step.
/// </summary>
internal sealed class Evaluations
{
    /// <summary>Evaluations kept.</summary>
    public const int Kept = 128;
    private const int NoisePoints = 24;
    private const int Dense = 256;
    private const int LevelPoints = 3;

    private readonly Tail _validation = new(Kept);
    private readonly Tail _training = new(Kept);
    private double _first = double.NaN;
    private double _firstTraining = double.NaN;
    private double _best = double.PositiveInfinity;
    private double _bestLevel = double.PositiveInfinity;
    private double _trainingAtBest = double.NaN;
    private double _leastTraining = double.PositiveInfinity;
    private long _bestStep;
    private long _sinceBest;
    private long _total;
    private long _repeats;
    private bool _comparable;

    // Measured when first asked for, and forgotten when an evaluation comes.
    private double? _noise;
    private double? _trainingNoise;
    private double? _level;
    private double? _trainingLevel;

    /// <summary>Evaluations kept, at most <see cref="Kept"/>.</summary>
    public int Count => _validation.Count;

    /// <summary>Evaluations so far, repetitions left out.</summary>
    public long Total => _total;

    /// <summary>True while the first validation loss's new point is looked at, unless it repeats the one before or is one of very many.</summary>
    public bool IsNew { get; private set; }

    /// <summary>How often in a row the last validation loss came again, bit for bit.</summary>
    public long Repeats => _repeats;

    public Tail Validation => _validation;

    public Tail Training => _training;

    /// <summary>The first validation loss.</summary>
    public double First => _first;

    /// <summary>The training level at the first evaluation.</summary>
    public double FirstTraining => _firstTraining;

    /// <summary>The least validation loss.</summary>
    public double Best => _best;

    /// <summary>The least median of three validation losses: one lucky evaluation does not make a best level.</summary>
    public double BestLevel => double.IsFinite(_bestLevel) ? _bestLevel : _best;

    public long BestStep => _bestStep;

    /// <summary>Evaluations after the best one.</summary>
    public long SinceBest => _sinceBest;

    /// <summary>The training level at the best evaluation.</summary>
    public double TrainingAtBest => _trainingAtBest;

    public double LeastTraining => _leastTraining;

    /// <summary>Where validation stands: the median of the last three.</summary>
    public double Level => _level ??= _validation.Median(LevelPoints);

    /// <summary>Where training stands: the median of the levels at the last three evaluations.</summary>
    public double TrainingLevel => _trainingLevel ??= _training.Median(LevelPoints);

    /// <summary>
    /// Where validation began: its first value, or the level at which training began where the first evaluation came later and the two
    /// losses are of one scale.
    /// </summary>
    public double Start => _comparable ? Math.Max(_first, _firstTraining) : _first;

    /// <summary>How far validation has come from where it began.</summary>
    public double Descent => Math.Max(0, Start - _best);

    /// <summary>How far training has come from its level at the first evaluation.</summary>
    public double TrainingDescent => Math.Max(0, _firstTraining - _leastTraining);

    /// <summary>σ_V: noise of an evaluation around the curve, over the last 24.</summary>
    public double Noise => _noise ??= NoiseOf(_validation);

    /// <summary>Noise of the training level around its curve, over the last 24 evaluations.</summary>
    public double TrainingNoise => _trainingNoise ??= NoiseOf(_training);

    /// <summary>Takes a point of the first validation loss.</summary>
    /// <param name="step">Its step.</param>
    /// <param name="value">Its value; nothing happens when it is not finite.</param>
    /// <param name="training">The training loss, or null where none is logged: then nothing is paired.</param>
    public void Add(long step, double value, SeriesState? training)
    {
        IsNew = false;
        if (!double.IsFinite(value) || training?.Trend is not { Tail.Count: > 0 } trend) return;
        if (_total > 0 && step <= _validation.Step(0)) RewindTo(step);
        if (_validation.Count > 0 && value.Equals(_validation.Value(0)))
        {
            _repeats++;
            return;
        }
        var level = TrainingSince(trend.Tail, _validation.Count > 0 ? _validation.Step(0) : long.MinValue);
        if (_total == 0)
        {
            (_first, _firstTraining) = (value, Math.Max(level, trend.Start));
            _comparable = value > 0.5 * level && value < 2 * level;
        }
        _validation.Add(step, value);
        _training.Add(step, level);
        Forget();
        _total++;
        _repeats = 0;
        _leastTraining = Math.Min(_leastTraining, level);
        if (_validation.Count >= LevelPoints) _bestLevel = Math.Min(_bestLevel, Level);
        _sinceBest++;
        if (value < _best) (_best, _bestStep, _trainingAtBest, _sinceBest) = (value, step, level, 0);
        // A run that evaluates all the time is judged at a few hundred of its evaluations, and at each new best.
        IsNew = _total <= Dense || _total % (_total / Dense) == 0 || _sinceBest == 0;
    }

    /// <summary>The last validation losses, oldest first; as many as fit and exist.</summary>
    public Span<double> LastValidation(Span<double> into) => _validation.CopyLast(into);

    public Span<double> LastTraining(Span<double> into) => _training.CopyLast(into);

    /// <summary>Mann-Kendall's z of the validation loss over the evaluations since the best one, that one included.</summary>
    public double TrendSinceBest()
    {
        Span<double> since = stackalloc double[(int)Math.Min(_sinceBest + 1, Kept)];
        return Statistics.MannKendall(_validation.CopyLast(since));
    }

    /// <summary>Training goes on falling, or holds, since validation was at its best.</summary>
    public bool TrainingHolds()
    {
        Span<double> since = stackalloc double[(int)Math.Min(_sinceBest + 1, Kept)];
        return TrainingLevel <= _trainingAtBest + TrainingNoise && Statistics.MannKendall(_training.CopyLast(since)) <= 0;
    }

    /// <summary>Median of the last three values of a series at or before a step; NaN where there are none.</summary>
    public static double LevelAt(SeriesState? series, long step)
    {
        if (series?.Points is not { Count: > 0 } tail) return double.NaN;
        var skip = 0;
        while (skip < tail.Count && tail.Step(skip) > step) skip++;
        return tail.Median(Math.Min(LevelPoints, tail.Count - skip), skip);
    }

    public void Sync(StateStream s)
    {
        _validation.Sync(s);
        _training.Sync(s);
        s.Sync(ref _first);
        s.Sync(ref _firstTraining);
        s.Sync(ref _best);
        s.Sync(ref _bestLevel);
        s.Sync(ref _trainingAtBest);
        s.Sync(ref _leastTraining);
        s.Sync(ref _bestStep);
        s.Sync(ref _sinceBest);
        s.Sync(ref _total);
        s.Sync(ref _repeats);
        s.Sync(ref _comparable);
    }

    private static double NoiseOf(Tail tail)
    {
        Span<double> window = stackalloc double[NoisePoints];
        var last = tail.CopyLast(window);
        return Math.Min(Statistics.Noise(last), Statistics.CurveNoise(last));
    }

    /// <summary>Median of the training points after <paramref name="previous"/>; of the last one where there are none.</summary>
    private static double TrainingSince(Tail training, long previous)
    {
        var points = 0;
        while (points < training.Count && training.Step(points) > previous) points++;
        return training.Median(Math.Max(1, points));
    }

    private void Forget() => (_noise, _trainingNoise, _level, _trainingLevel) = (null, null, null, null);

    private void RewindTo(long step)
    {
        Forget();
        _validation.RewindTo(step);
        _training.RewindTo(step);
        _repeats = 0;
        if (_bestStep < step) return;
        (_best, _bestLevel, _sinceBest) = (double.PositiveInfinity, double.PositiveInfinity, 0);
        for (var i = _validation.Count - 1; i >= 0; i--)
        {
            _sinceBest++;
            if (i + LevelPoints <= _validation.Count) _bestLevel = Math.Min(_bestLevel, _validation.Median(LevelPoints, i));
            if (_validation.Value(i) < _best) (_best, _bestStep, _trainingAtBest, _sinceBest) = (_validation.Value(i), _validation.Step(i), _training.Value(i), 0);
        }
    }
}
