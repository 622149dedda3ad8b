namespace Tracker.Core.Diagnosis.Engine;

/// <summary>One histogram with what detectors ask of it; each figure is computed once, when it is first asked for. Mass is spread evenly within a bin.</summary>
internal sealed class HistogramShape
{
    private readonly double[] _edges;
    private readonly double[] _counts;
    private double _mean = double.NaN;
    private double _deviation = double.NaN;
    private double _entropy = double.NaN;

    /// <param name="step">Its step.</param>
    /// <param name="time">Unix milliseconds.</param>
    /// <param name="edges">Rising, one more than counts.</param>
    /// <param name="counts">Not negative; what is not finite counts 0.</param>
    public HistogramShape(long step, long time, double[] edges, double[] counts)
    {
        (Step, Time, _edges, _counts) = (step, time, edges, counts);
        for (var i = 0; i < counts.Length; i++) Mass += Count(i);
    }

    public long Step { get; }

    public long Time { get; }

    /// <summary>How much was counted; with 0 every other figure is NaN.</summary>
    public double Mass { get; }

    public int Bins => _counts.Length;

    public ReadOnlySpan<double> Edges => _edges;

    public ReadOnlySpan<double> Counts => _counts;

    /// <summary>Least edge with mass above it.</summary>
    public double Min
    {
        get
        {
            for (var i = 0; i < Bins; i++)
            {
                if (Count(i) > 0) return _edges[i];
            }
            return double.NaN;
        }
    }

    /// <summary>Greatest edge with mass below it.</summary>
    public double Max
    {
        get
        {
            for (var i = Bins - 1; i >= 0; i--)
            {
                if (Count(i) > 0) return _edges[i + 1];
            }
            return double.NaN;
        }
    }

    public double Mean
    {
        get
        {
            if (!double.IsNaN(_mean) || Mass == 0) return _mean;
            var sum = 0.0;
            for (var i = 0; i < Bins; i++) sum += Count(i) * Centre(i);
            return _mean = sum / Mass;
        }
    }

    /// <summary>Standard deviation, the spread within bins included.</summary>
    public double Deviation
    {
        get
        {
            if (!double.IsNaN(_deviation) || Mass == 0) return _deviation;
            var sum = 0.0;
            for (var i = 0; i < Bins; i++)
            {
                var (away, width) = (Centre(i) - Mean, _edges[i + 1] - _edges[i]);
                sum += Count(i) * (away * away + width * width / 12);
            }
            return _deviation = Math.Sqrt(sum / Mass);
        }
    }

    /// <summary>Entropy of the shares of the bins over log(bins): 1 when all are alike, 0 when one holds everything. It depends on where the edges are.</summary>
    public double Entropy
    {
        get
        {
            if (!double.IsNaN(_entropy) || Mass == 0 || Bins < 2) return _entropy;
            var sum = 0.0;
            for (var i = 0; i < Bins; i++)
            {
                var share = Count(i) / Mass;
                if (share > 0) sum -= share * Math.Log(share);
            }
            return _entropy = sum / Math.Log(Bins);
        }
    }

    /// <summary>Share of the mass in the bin that holds 0 (the one above, where 0 is an edge); 0 where none does.</summary>
    public double ZeroShare
    {
        get
        {
            if (Mass == 0) return double.NaN;
            for (var i = 0; i < Bins; i++)
            {
                if (_edges[i] <= 0 && (0 < _edges[i + 1] || (i == Bins - 1 && _edges[i + 1] == 0))) return Count(i) / Mass;
            }
            return 0;
        }
    }

    /// <summary>Share of the mass below <paramref name="low"/> and above <paramref name="high"/>.</summary>
    public double ShareOutside(double low, double high) => Mass == 0 ? double.NaN : ShareBelow(low) + (1 - ShareBelow(high));

    /// <summary>Share of the mass below a value.</summary>
    public double ShareBelow(double value)
    {
        if (Mass == 0) return double.NaN;
        var sum = 0.0;
        for (var i = 0; i < Bins && _edges[i] < value; i++)
        {
            var width = _edges[i + 1] - _edges[i];
            sum += Count(i) * (value >= _edges[i + 1] || width <= 0 ? 1 : (value - _edges[i]) / width);
        }
        return sum / Mass;
    }

    /// <summary>The value below which a share <paramref name="q"/> of the mass lies, in 0 to 1.</summary>
    public double Quantile(double q)
    {
        if (Mass == 0) return double.NaN;
        var wanted = Math.Clamp(q, 0, 1) * Mass;
        var sum = 0.0;
        for (var i = 0; i < Bins; i++)
        {
            var count = Count(i);
            if (count > 0 && sum + count >= wanted) return _edges[i] + (wanted - sum) / count * (_edges[i + 1] - _edges[i]);
            sum += count;
        }
        return Max;
    }

    private double Count(int bin) => _counts[bin] > 0 && double.IsFinite(_counts[bin]) ? _counts[bin] : 0;

    private double Centre(int bin) => _edges[bin] / 2 + _edges[bin + 1] / 2;
}
