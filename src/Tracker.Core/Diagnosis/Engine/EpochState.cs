namespace Tracker.Core.Diagnosis.Engine;

/// <summary>Epochs, from a series that counts them (whole or as a fraction) or from the config's steps per epoch.</summary>
internal sealed class EpochState
{
    private const int NearSteps = 3;

    private double _last = double.NaN;
    private long _lastStep;
    private double _begin = double.NaN;
    private long _beginStep;
    private double _length = double.NaN;
    private long _points;
    private long _whole;
    private long _changes;
    private long _changedStep = long.MinValue;

    public bool IsLogged => _points > 0;

    /// <summary>The last value of the epoch series; NaN before the first.</summary>
    public double Last => _last;

    /// <summary>Epochs begun since the series was first seen.</summary>
    public long Changes => _changes;

    /// <summary>First step logged in the present epoch; long.MinValue in the first.</summary>
    public long ChangedStep => _changedStep;

    /// <summary>The run's steps are its epochs, as Keras logs them: whole epochs, one each step.</summary>
    public bool StepIsEpoch => _points >= 2 && _whole == _points && Math.Abs(_length - 1) < 1e-9;

    /// <summary>Steps in an epoch: as configured, else as the series shows; null where neither tells, or where it is one step.</summary>
    public double? Length(ConfigHints hints) => hints.StepsPerEpoch is >= 2 and var steps ? steps : _length > 1 ? _length : null;

    public double? Phase(long step, ConfigHints hints)
    {
        if (Length(hints) is not { } length) return null;
        // A fraction of an epoch tells where the epoch begins; a whole number only that it has begun, at the step of the change.
        var epochs = _points > 0 && _whole < _points ? _last + (step - _lastStep) / length
            : _changedStep != long.MinValue ? (step - _changedStep) / length
            : step / length;
        return epochs - Math.Floor(epochs);
    }

    public bool JustChanged(long step, double stride, ConfigHints hints)
    {
        if (_changedStep != long.MinValue) return step - _changedStep < NearSteps * stride;
        return _points == 0 && hints.StepsPerEpoch is { } length && step >= length && step % length < NearSteps * stride;
    }

    public void Add(long step, double value)
    {
        if (!double.IsFinite(value)) return;
        var whole = value == Math.Floor(value);
        if (whole) _whole++;
        if (_points++ == 0)
        {
            (_begin, _beginStep) = (value, step);
        }
        else if (Math.Floor(value) != Math.Floor(_last))
        {
            _changes++;
            _changedStep = step;
            if (value > _begin && step > _beginStep) _length = (step - _beginStep) / (value - _begin);
            // Where only whole numbers are logged, the first epoch seen may be part of one: measure from the first change on.
            if (_changes == 1 && _whole == _points) (_begin, _beginStep) = (value, step);
        }
        else if (!whole && value > _begin && step > _beginStep)
        {
            _length = (step - _beginStep) / (value - _begin);
        }
        (_last, _lastStep) = (value, step);
    }

    public void Sync(StateStream s)
    {
        s.Sync(ref _last);
        s.Sync(ref _lastStep);
        s.Sync(ref _begin);
        s.Sync(ref _beginStep);
        s.Sync(ref _length);
        s.Sync(ref _points);
        s.Sync(ref _whole);
        s.Sync(ref _changes);
        s.Sync(ref _changedStep);
    }
}
