namespace Tracker.Core.Diagnosis.Engine;

/// <summary>The learning rate so far: it is exact, so plain comparisons suffice.</summary>
internal sealed class RateState
{
    private const int JumpGracePoints = 10;

    /// <summary>A change by this factor, at once or over ten points, is a jump; against the last high or low it is a turn.</summary>
    private const double Jump = 1.5;

    private readonly Tail _recent = new(JumpGracePoints + 1);
    private double _first = double.NaN;
    private double _last = double.NaN;
    private double _peak = double.NaN;
    private double _extreme = double.NaN;
    private double _least = double.PositiveInfinity;
    private long _riseEnd;
    private long _points;
    private long _pointsNearPeak;
    private long _pointsExhausted;
    private long _exhaustedSince;
    private long _changedAt = -1_000_000;
    private long _jumpStep = long.MinValue;
    private double _jumpRatio = 1;
    private long _jumps;
    private int _direction;
    private long _turns;
    private long _turnStep;
    private long _extremeStep;
    private bool _rising;

    public bool IsLogged => _points > 0;

    public double First => _first;

    public double Last => _last;

    public double Peak => _peak;

    /// <summary>The least rate so far; +∞ before the first.</summary>
    public double Least => _least;

    public long Points => _points;

    /// <summary>Step of the last new maximum: the end of the warm-up, once the rate holds or falls.</summary>
    public long RiseEnd => _riseEnd;

    /// <summary>True while the latest point is a new maximum.</summary>
    public bool IsRising => _rising;

    /// <summary>Points at half of the peak or more.</summary>
    public long PointsNearPeak => _pointsNearPeak;

    /// <summary>Points in a row below a thousandth of the peak, at the end.</summary>
    public long PointsExhausted => _pointsExhausted;

    public long ExhaustedSince => _exhaustedSince;

    /// <summary>ANNEAL: below a tenth of the peak, so that a plateau is expected.</summary>
    public bool IsAnnealed => IsLogged && _last < 0.1 * _peak;

    /// <summary>Its last jump took it to a fiftieth or less at once, and it has stayed there: no annealing goes like that.</summary>
    public bool WasCutShort => _jumps > 0 && _jumpRatio <= 0.02 && _last <= 0.02 * _peak;

    /// <summary>LRJUMP: by half or more away from where it was ten points ago, or was so within the last ten points.</summary>
    public bool JustJumped => _points - _changedAt <= JumpGracePoints;

    /// <summary>The rate now over the rate ten points ago; 1 before there are two.</summary>
    public double Drift => _recent.Count < 2 ? 1 : Ratio(_last, _recent.Value(_recent.Count - 1));

    /// <summary>LRJUMP upwards, which excuses a loss that rises.</summary>
    public bool JustRose => JustJumped && Drift >= 1.2;

    /// <summary>LRJUMP downwards, which explains a loss that drops.</summary>
    public bool JustFell => JustJumped && Drift <= 1 / 1.2;

    /// <summary>How many times it changed by half or more from one point to the next: steps of a schedule.</summary>
    public long Jumps => _jumps;

    /// <summary>Step of the last jump from one point to the next; long.MinValue before the first.</summary>
    public long JumpStep => _jumpStep;

    /// <summary>New rate over old at that jump.</summary>
    public double JumpRatio => _jumpRatio;

    /// <summary>1 while it climbs from its last low, −1 while it comes down from its last high (by half or more, hysteresis included), 0 before either.</summary>
    public int Direction => _direction;

    /// <summary>Changes of direction: 0 constant or only down, 1 warm-up and decay, 2 or more cyclic or restarted.</summary>
    public long Turns => _turns;

    /// <summary>Step of the high or low from which it moves in its present direction.</summary>
    public long TurnStep => _turnStep;

    /// <summary>It has come down and gone up again: losses rise with it, and that is meant.</summary>
    public bool IsCyclic => _turns >= 2 || (_turns == 1 && _direction > 0);

    public void Add(long step, double value)
    {
        if (!double.IsFinite(value)) return;
        if (_points++ == 0)
        {
            (_first, _peak, _riseEnd, _extreme, _extremeStep) = (value, value, step, value, step);
        }
        else if (Math.Max(value, _last) >= Jump * Math.Min(value, _last) && value != _last)
        {
            (_jumpStep, _jumpRatio) = (step, Ratio(value, _last));
            _jumps++;
            _changedAt = _points;
        }
        _recent.Add(step, value);
        _last = value;
        if (Math.Max(Drift, 1 / Drift) >= Jump) _changedAt = _points;
        _rising = value > _peak * 1.0001;
        if (value > _peak) _riseEnd = step;
        _peak = Math.Max(_peak, value);
        _least = Math.Min(_least, value);
        if (value >= 0.5 * _peak) _pointsNearPeak++;
        if (_peak > 0 && value < 1e-3 * _peak)
        {
            if (_pointsExhausted++ == 0) _exhaustedSince = step;
        }
        else
        {
            _pointsExhausted = 0;
        }
        Turn(step, value);
    }

    public void Sync(StateStream s)
    {
        _recent.Sync(s);
        s.Sync(ref _first);
        s.Sync(ref _last);
        s.Sync(ref _peak);
        s.Sync(ref _extreme);
        s.Sync(ref _least);
        s.Sync(ref _riseEnd);
        s.Sync(ref _points);
        s.Sync(ref _pointsNearPeak);
        s.Sync(ref _pointsExhausted);
        s.Sync(ref _exhaustedSince);
        s.Sync(ref _changedAt);
        s.Sync(ref _jumpStep);
        s.Sync(ref _jumpRatio);
        s.Sync(ref _jumps);
        s.Sync(ref _direction);
        s.Sync(ref _turns);
        s.Sync(ref _turnStep);
        s.Sync(ref _extremeStep);
        s.Sync(ref _rising);
    }

    /// <summary>Follows the last high or low; a move away from it by half or more is a turn.</summary>
    private void Turn(long step, double value)
    {
        var ratio = Ratio(value, _extreme);
        var further = _direction switch { > 0 => value >= _extreme, < 0 => value <= _extreme, _ => false };
        if (further)
        {
            (_extreme, _extremeStep) = (value, step);
            return;
        }
        if (ratio < Jump && ratio > 1 / Jump) return;
        if (_direction != 0) _turns++;
        _direction = ratio > 1 ? 1 : -1;
        (_turnStep, _extreme, _extremeStep) = (_extremeStep, value, step);
    }

    private static double Ratio(double now, double before) => before > 0 ? now / before : now > 0 ? double.PositiveInfinity : 1;
}
