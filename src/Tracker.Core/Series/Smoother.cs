using System.Buffers;

namespace Tracker.Core.Series;

/// <summary>
/// Smooths a curve block by block. Where the value depends on what came before alone, <see cref="Feed"/> does the work for all points; where it
/// depends on neighbours on both sides, <see cref="At"/> does it, and only for points that a chart keeps.
/// </summary>
internal abstract class Smoother : IDisposable
{
    private double[] _averages = [];

    /// <summary>Points before a point that its value needs.</summary>
    public virtual int Behind => 0;

    /// <summary>Points after a point that its value needs.</summary>
    public virtual int Ahead => 0;

    /// <summary>The next points, all finite.</summary>
    public virtual void Feed(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
    }

    /// <summary>The smoothed value of a point.</summary>
    /// <param name="y">The points last fed, or, when neighbours are needed, these and what is known around them.</param>
    /// <param name="index">Which of them.</param>
    public abstract double At(ReadOnlySpan<double> y, int index);

    public virtual EmaState? State => null;

    public void Dispose()
    {
        if (_averages.Length > 0) ArrayPool<double>.Shared.Return(_averages);
        _averages = [];
    }

    /// <summary>The averages after each of the points last fed.</summary>
    protected ReadOnlySpan<double> Averages => _averages;

    /// <summary>Room for the averages of a block.</summary>
    protected Span<double> MakeRoom(int count)
    {
        if (_averages.Length < count)
        {
            Dispose();
            _averages = ArrayPool<double>.Shared.Rent(count);
        }

        return _averages.AsSpan(0, count);
    }
}

/// <summary>Gives smoothed values by the position in a block; NaN where nothing is smoothed.</summary>
internal readonly ref struct Sampler(Smoother? smoother, ReadOnlySpan<double> y, int offset)
{
    private readonly ReadOnlySpan<double> _y = y;

    public double At(int index) => smoother?.At(_y, offset + index) ?? double.NaN;

    public Sampler From(int start) => new(smoother, _y, offset + start);
}

/// <summary><see cref="DebiasedEma"/>, block by block, to the same bits.</summary>
internal sealed class EmaSmoother(double weight) : Smoother
{
    private readonly double _gain = weight < 1 ? 1 - weight : 1;
    private double _ema;
    private long _count;
    private long _before;

    public override EmaState? State => new EmaState(_ema, weight, _count);

    public override void Feed(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var averages = MakeRoom(y.Length);
        var ema = _ema;
        for (var i = 0; i < y.Length; i++) averages[i] = ema = (weight * ema) + (_gain * y[i]);
        (_ema, _before, _count) = (ema, _count, _count + y.Length);
    }

    public override double At(ReadOnlySpan<double> y, int index) => new DebiasedEma(new EmaState(Averages[index], weight, _before + index + 1)).Value;
}

/// <summary>
/// The time-weighted average that W&amp;B publishes (docs.wandb.ai, "Smooth line plots"): with w = min(√parameter, 0.999) and
/// a = w^((x − x of the point before) / length of the axis × 1000), sum ← sum · a + y, weights ← weights · a + 1, shown is sum / weights.
/// Where x goes back the difference counts as 0.
/// </summary>
internal sealed class TimeEmaSmoother(double parameter, double rangeOfX) : Smoother
{
    private const double ViewportScale = 1_000;
    private const double MaxWeight = 0.999;

    private readonly double _weight = Math.Min(Math.Sqrt(parameter), MaxWeight);
    private double _sum;
    private double _weights;
    private double _last = double.NaN;
    private double _difference;
    private double _decay = 1;

    public override void Feed(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        var averages = MakeRoom(y.Length);
        for (var i = 0; i < y.Length; i++)
        {
            var difference = double.IsNaN(_last) || rangeOfX == 0 ? 0 : Math.Max(0, x[i] - _last);
            // Regular steps have one power for all.
            if (difference != _difference) (_difference, _decay) = (difference, Math.Pow(_weight, difference / rangeOfX * ViewportScale));
            _last = x[i];
            _sum = (_sum * _decay) + y[i];
            _weights = (_weights * _decay) + 1;
            averages[i] = _sum / _weights;
        }
    }

    public override double At(ReadOnlySpan<double> y, int index) => Averages[index];
}

/// <summary>The weighted mean of the points around a point. At both ends of the curve, where points are missing, the weights of the others are scaled up.</summary>
internal sealed class KernelSmoother : Smoother
{
    /// <summary>Weights of the points from <see cref="Behind"/> before to <see cref="Ahead"/> after; empty when all are equal.</summary>
    private readonly double[] _weights;

    private KernelSmoother(int behind, int ahead, double[] weights) => (Behind, Ahead, _weights) = (behind, ahead, weights);

    public override int Behind { get; }

    public override int Ahead { get; }

    /// <summary>Weights exp(−d² / 2σ²) for a distance of d points, cut off at 4σ, rounded up.</summary>
    public static KernelSmoother Gaussian(double sigma)
    {
        var reach = (int)Math.Ceiling(4 * sigma);
        var weights = new double[(2 * reach) + 1];
        for (var i = 0; i < weights.Length; i++)
        {
            var distance = i - reach;
            weights[i] = distance == 0 ? 1 : Math.Exp(-0.5 * (distance / sigma) * (distance / sigma));
        }

        return new KernelSmoother(reach, reach, weights);
    }

    /// <summary>The plain mean of so many points, the point in their middle; of an even number one more lies before it than after it.</summary>
    public static KernelSmoother Mean(int count) => new(count / 2, (count - 1) / 2, []);

    public override double At(ReadOnlySpan<double> y, int index)
    {
        var start = Math.Max(0, index - Behind);
        var around = y[start..Math.Min(y.Length, index + Ahead + 1)];
        if (_weights.Length == 0) return Extremes.Sum(around) / around.Length;
        var weights = _weights.AsSpan(start - index + Behind, around.Length);
        return Extremes.Dot(around, weights) / Extremes.Sum(weights);
    }
}
