namespace Tracker.Core.Diagnosis.Engine;

internal enum AlarmChange
{
    None,
    Raised,
    Cleared,
}

/// <summary>
/// The life of one signal: idle, held for some evaluations, open, clear for some evaluations, idle again.
/// Raising and clearing have thresholds of their own (hysteresis): between the two an alarm stays as it is.
/// </summary>
internal struct Alarm
{
    private bool _open;
    private int _held;
    private int _clear;
    private long _onset;

    public readonly bool IsOpen => _open;

    /// <summary>Step at which the condition first held, of those evaluations in a row that raised it.</summary>
    public readonly long Onset => _onset;

    /// <param name="raise">Whether the condition holds.</param>
    /// <param name="clear">Whether it is clearly over.</param>
    /// <param name="step">Step of this evaluation.</param>
    /// <param name="raiseAfter">Evaluations in a row that raise it.</param>
    /// <param name="clearAfter">Evaluations in a row that clear it.</param>
    public AlarmChange Update(bool raise, bool clear, long step, int raiseAfter = 1, int clearAfter = 1)
    {
        if (!_open)
        {
            if (!raise)
            {
                _held = 0;
                return AlarmChange.None;
            }
            if (_held++ == 0) _onset = step;
            if (_held < raiseAfter) return AlarmChange.None;
            (_open, _held, _clear) = (true, 0, 0);
            return AlarmChange.Raised;
        }
        if (!clear)
        {
            _clear = 0;
            return AlarmChange.None;
        }
        if (++_clear < clearAfter) return AlarmChange.None;
        (_open, _clear) = (false, 0);
        return AlarmChange.Cleared;
    }

    public void Sync(StateStream s)
    {
        s.Sync(ref _open);
        s.Sync(ref _held);
        s.Sync(ref _clear);
        s.Sync(ref _onset);
    }
}
