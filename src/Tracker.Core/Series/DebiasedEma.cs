namespace Tracker.Core.Series;

/// <summary>The state of a <see cref="DebiasedEma"/>, enough to go on elsewhere: <c>ema ← weight · ema + (1 − weight) · value; count ← count + 1</c>.</summary>
/// <param name="Ema">The average before its bias is taken out; 0 at the beginning.</param>
/// <param name="Weight">The smoothing weight, 0 to 1.</param>
/// <param name="Count">Finite values folded so far.</param>
public readonly record struct EmaState(double Ema, double Weight, long Count);

/// <summary>
/// TensorBoard's smoothing: an exponential moving average that starts at 0, divided by <c>1 − weight^count</c> so that the beginning
/// is not drawn to 0. NaN and infinities are skipped. A weight of 1 is the limit: the mean of all values so far.
/// </summary>
public struct DebiasedEma
{
    /// <summary>TensorBoard's default.</summary>
    public const double DefaultWeight = 0.6;

    private readonly double _weight;
    private double _ema;
    private long _count;

    public DebiasedEma()
        : this(DefaultWeight)
    {
    }

    /// <param name="weight">0 (no smoothing) to 1 (mean of all).</param>
    public DebiasedEma(double weight)
        : this(new EmaState(0, weight, 0))
    {
    }

    /// <summary>Goes on from where another one stood; the results are the same to the last bit.</summary>
    public DebiasedEma(EmaState state)
    {
        if (!(state.Weight >= 0 && state.Weight <= 1)) throw new ArgumentOutOfRangeException(nameof(state), state.Weight, "A smoothing weight is 0 to 1.");
        (_ema, _weight, _count) = state;
    }

    /// <summary>What a new value counts for; at the limit of weight 1 every value counts once, and the sum is divided by their number.</summary>
    private readonly double Gain => _weight < 1 ? 1 - _weight : 1;

    public readonly EmaState State => new(_ema, _weight, _count);

    /// <summary>The smoothed value after all values added; NaN before the first finite one.</summary>
    public readonly double Value
    {
        get
        {
            if (_count == 0) return double.NaN;
            return _weight < 1 ? _ema / (1 - Math.Pow(_weight, _count)) : _ema / _count;
        }
    }

    public void Add(double value)
    {
        if (!double.IsFinite(value)) return;
        _ema = (_weight * _ema) + (Gain * value);
        _count++;
    }

    public void Add(ReadOnlySpan<double> values)
    {
        var (ema, count, gain) = (_ema, _count, Gain);
        foreach (var value in values)
        {
            if (!double.IsFinite(value)) continue;
            ema = (_weight * ema) + (gain * value);
            count++;
        }

        (_ema, _count) = (ema, count);
    }
}
