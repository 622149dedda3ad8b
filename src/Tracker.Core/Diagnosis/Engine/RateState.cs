namespace Tracker.Core.Diagnosis.Engine;

/// <summary>The learning rate so far: it is exact, so plain comparisons suffice.</summary>
internal sealed class RateState
{
    private const int JumpGracePoints = 10;

    private double _first = double.NaN;
    private double _last = double.NaN;
    private double _peak = double.NaN;
    private long _riseEnd;
    private long _points;
    private long _pointsNearPeak;
    private long _pointsExhausted;
    private long _exhaustedSince;
    private long _jumpPoint = -1_000_000;
    private long _jumpStep;
    private double _jumpRatio = 1;

    public bool IsLogged => _points > 0;

    public double First => _first;

    public double Last => _last;

    public double Peak => _peak;

    public long Points => _points;

    /// <summary>Step of the last new maximum: the end of the warm-up, once the rate holds or falls.</summary>
    public long RiseEnd => _riseEnd;

    /// <summary>True while the latest point is a new maximum.</summary>
    public bool IsRising { get; private set; }

    /// <summary>Points at half of the peak or more.</summary>
    public long PointsNearPeak => _pointsNearPeak;

    /// <summary>Points in a row below a thousandth of the peak, at the end.</summary>
    public long PointsExhausted => _pointsExhausted;

    public long ExhaustedSince => _exhaustedSince;

    /// <summary>ANNEAL: below a tenth of the peak, so that a plateau is expected.</summary>
    public bool IsAnnealed => IsLogged && _last < 0.1 * _peak;

    /// <summary>LRJUMP: changed by half or more within the last ten points.</summary>
    public bool JustJumped => _points - _jumpPoint <= JumpGracePoints;

    public long JumpStep => _jumpStep;

    /// <summary>New rate over old at the last jump.</summary>
    public double JumpRatio => _jumpRatio;

    public void Add(long step, double value)
    {
        if (!double.IsFinite(value)) return;
        if (_points++ == 0)
        {
            (_first, _peak, _riseEnd) = (value, value, step);
        }
        else if (Math.Max(value, _last) >= 1.5 * Math.Min(value, _last) && value != _last)
        {
            (_jumpPoint, _jumpStep, _jumpRatio) = (_points, step, value / _last);
        }
        IsRising = value > _peak * 1.0001;
        if (value > _peak) _riseEnd = step;
        _peak = Math.Max(_peak, value);
        if (value >= 0.5 * _peak) _pointsNearPeak++;
        if (_peak > 0 && value < 1e-3 * _peak)
        {
            if (_pointsExhausted++ == 0) _exhaustedSince = step;
        }
        else
        {
            _pointsExhausted = 0;
        }
        _last = value;
    }

    public void Sync(StateStream s)
    {
        s.Sync(ref _first);
        s.Sync(ref _last);
        s.Sync(ref _peak);
        s.Sync(ref _riseEnd);
        s.Sync(ref _points);
        s.Sync(ref _pointsNearPeak);
        s.Sync(ref _pointsExhausted);
        s.Sync(ref _exhaustedSince);
        s.Sync(ref _jumpPoint);
        s.Sync(ref _jumpStep);
        s.Sync(ref _jumpRatio);
        var rising = IsRising;
        s.Sync(ref rising);
        IsRising = rising;
    }
}
