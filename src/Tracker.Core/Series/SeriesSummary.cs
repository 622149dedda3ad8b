namespace Tracker.Core.Series;

/// <summary>What is known of a series without reading its points: a fold over its batches in canonical order.</summary>
public sealed class SeriesSummary
{
    public required SeriesKind Kind { get; init; }

    /// <summary>Points, late and repeated ones included.</summary>
    public long Count { get; set; }

    /// <summary>Points whose value is NaN or infinite.</summary>
    public long NonFinite { get; set; }

    /// <summary>Points whose step lies below the greatest step that came before them.</summary>
    public long Late { get; set; }

    /// <summary>Points whose step is the greatest step that came before them.</summary>
    public long Repeated { get; set; }

    public long FirstStep { get; set; } = long.MaxValue;

    public long LastStep { get; set; } = long.MinValue;

    /// <summary>Least time of a point, Unix milliseconds.</summary>
    public long FirstTime { get; set; } = long.MaxValue;

    /// <summary>Value at the greatest step, the latest one where the step came repeatedly; null for histograms.</summary>
    public double? Last { get; set; }

    /// <summary>Least finite value; null when there is none.</summary>
    public double? Min { get; set; }

    /// <summary>Greatest finite value; null when there is none.</summary>
    public double? Max { get; set; }

    /// <summary>Sum of the finite values in canonical order.</summary>
    public double Sum { get; set; }

    /// <summary>Mean of the finite values; null when there is none.</summary>
    public double? Mean => Count > NonFinite && Kind == SeriesKind.Scalar ? Sum / (Count - NonFinite) : null;

    public void Add(ScalarColumn column)
    {
        ArgumentNullException.ThrowIfNull(column);
        for (var i = 0; i < column.Count; i++)
        {
            var value = column.Values[i];
            if (See(column.Steps[i], column.Times[i])) Last = value;
            if (!double.IsFinite(value))
            {
                NonFinite++;
                continue;
            }

            Sum += value;
            if (!(value >= Min)) Min = value;
            if (!(value <= Max)) Max = value;
        }
    }

    public void Add(HistogramPoint histogram)
    {
        ArgumentNullException.ThrowIfNull(histogram);
        See(histogram.Step, histogram.Time);
    }

    public SeriesSummary Copy() => (SeriesSummary)MemberwiseClone();

    /// <summary>Counts a step; answers whether it is not late.</summary>
    private bool See(long step, long time)
    {
        Count++;
        FirstTime = Math.Min(FirstTime, time);
        FirstStep = Math.Min(FirstStep, step);
        if (step < LastStep)
        {
            Late++;
            return false;
        }

        if (step == LastStep) Repeated++;
        LastStep = step;
        return true;
    }
}
