using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tracker.Api.Series;

/// <summary>The series of a run.</summary>
/// <param name="Sequence" example="812">Number of the last batch that is counted here.</param>
/// <param name="Items">By first appearance.</param>
/// <param name="NextCursor" example="99">For the next page; null on the last.</param>
public sealed record SeriesCatalogDto(long Sequence, IReadOnlyList<SeriesDto> Items, string? NextCursor);

/// <summary>One series of a run.</summary>
public sealed record SeriesDto
{
    /// <summary>Name as logged.</summary>
    /// <example>train/loss</example>
    public required string Name { get; init; }

    /// <summary><c>scalar</c> or <c>histogram</c>.</summary>
    /// <example>scalar</example>
    public required string Kind { get; init; }

    /// <summary>Points stored, late and repeated ones included.</summary>
    /// <example>4211</example>
    public required long Count { get; init; }

    /// <summary>Points whose step lies below an earlier one.</summary>
    /// <example>0</example>
    public required long Late { get; init; }

    /// <summary>Points whose step equals the greatest one before them.</summary>
    /// <example>0</example>
    public required long Repeated { get; init; }

    /// <summary>Points that are NaN or infinite.</summary>
    /// <example>0</example>
    public required long NonFinite { get; init; }

    /// <summary>Least step.</summary>
    /// <example>0</example>
    public required long FirstStep { get; init; }

    /// <summary>Greatest step.</summary>
    /// <example>4210</example>
    public required long LastStep { get; init; }

    /// <summary>Value at the greatest step; null for histograms.</summary>
    /// <example>0.0553</example>
    public double? Last { get; init; }

    /// <summary>Least finite value.</summary>
    /// <example>0.0412</example>
    public double? Min { get; init; }

    /// <summary>Greatest finite value.</summary>
    /// <example>2.31</example>
    public double? Max { get; init; }

    /// <summary>Mean of the finite values.</summary>
    /// <example>0.31</example>
    public double? Mean { get; init; }

    /// <summary>What the analyzer takes it for, or null: <c>train/loss</c>, <c>grad_norm</c>, …</summary>
    /// <example>train/loss</example>
    public string? Role { get; init; }
}

/// <summary>Columns for charts.</summary>
/// <param name="Sequence" example="812">Number of the last batch that is in them: go on from here with <c>WatchRun</c>.</param>
/// <param name="Series">In the order asked for.</param>
public sealed record ChartDto(long Sequence, IReadOnlyList<ChartSeriesDto> Series);

/// <summary>Columns for charts that show several runs.</summary>
/// <param name="Runs">In the order asked for.</param>
/// <param name="Missing">Runs that are not there.</param>
public sealed record RunChartsDto(IReadOnlyList<RunChartDto> Runs, IReadOnlyList<string> Missing);

/// <param name="Run" example="bright-river-7f3a">Id of the run.</param>
/// <param name="Sequence" example="812">Number of the last batch that is in the columns: go on from here with <c>WatchRun</c>.</param>
/// <param name="Series">In the order asked for.</param>
public sealed record RunChartDto(string Run, long Sequence, IReadOnlyList<ChartSeriesDto> Series);

/// <summary>One series reduced to pixel columns: first, last, least and greatest point of each.</summary>
public sealed record ChartSeriesDto
{
    /// <summary>Name of the series.</summary>
    /// <example>train/loss</example>
    public required string Name { get; init; }

    /// <summary>Every stored point of the series.</summary>
    /// <example>3400000</example>
    public required long Total { get; init; }

    /// <summary>
    /// Width of a pixel column, a power of two, in units of x, or of log2 x with <c>scale=log</c>: column k holds what lies from k · width to below
    /// (k + 1) · width. Absent when there are no points.
    /// </summary>
    /// <example>64</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? ColumnWidth { get; init; }

    /// <summary>Rising. Steps; Unix milliseconds for <c>x=time</c>; seconds since the run's first point for <c>x=relative</c>; or the values of another series.</summary>
    public required double[] X { get; init; }

    /// <summary>Finite values, one for each of <c>x</c>.</summary>
    public required double[] Y { get; init; }

    /// <summary>Smoothed values at the same places, computed over all points before the reduction; absent without <c>smooth</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double[]? Smoothed { get; init; }

    /// <summary>State of <c>smooth=ema</c> after the last point, to go on live: ema ← weight · ema + (1 − weight) · value, count ← count + 1, shown is ema / (1 − weight^count).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SmoothStateDto? SmoothState { get; init; }

    /// <summary>NaN and infinities, at most one of a kind for each pixel column.</summary>
    public required IReadOnlyList<NonFiniteDto> NonFinite { get; init; }
}

/// <param name="Ema" example="0.412">The average before its bias is taken out.</param>
/// <param name="Weight" example="0.6">The smoothing weight, 0 to 1.</param>
/// <param name="Count" example="4211">Finite points folded.</param>
public sealed record SmoothStateDto(double Ema, double Weight, long Count);

/// <param name="X" example="96">Where, on the axis asked for.</param>
/// <param name="Value" example="NaN"><c>"NaN"</c>, <c>"Infinity"</c> or <c>"-Infinity"</c>.</param>
public sealed record NonFiniteDto(double X, double Value);

/// <summary>Histograms of one series on one common grid; no mass is lost.</summary>
/// <param name="Edges">Rising, one more than the counts of each column.</param>
/// <param name="Columns">By step.</param>
/// <param name="Total" example="40">Histograms stored.</param>
public sealed record HistogramsDto(double[] Edges, IReadOnlyList<HistogramColumnDto> Columns, long Total);

/// <param name="Step" example="100">Step of the histogram.</param>
/// <param name="Time" example="1795341600300">Unix milliseconds.</param>
/// <param name="Counts">Mass in each bin.</param>
/// <param name="Statistics">Moments and percentiles of the histogram as it was logged, before it was brought onto the grid.</param>
public sealed record HistogramColumnDto(long Step, long Time, double[] Counts, HistogramStatisticsDto Statistics);

/// <summary>Moments and percentiles, worked out from the bins with the mass of each spread evenly between its edges; null without mass.</summary>
/// <param name="Count" example="4096">The mass of all bins.</param>
/// <param name="Mean" example="0.012">Mean.</param>
/// <param name="Std" example="0.31">Standard deviation.</param>
/// <param name="Min" example="-1.2">Lower edge of the first bin with mass.</param>
/// <param name="Max" example="1.4">Upper edge of the last bin with mass.</param>
/// <param name="P5" example="-0.5">5 % of the mass lie below; within a bin by linear interpolation.</param>
/// <param name="P25" example="-0.2">Lower quartile.</param>
/// <param name="P50" example="0.01">Median.</param>
/// <param name="P75" example="0.22">Upper quartile.</param>
/// <param name="P95" example="0.52">95 % lie below.</param>
public sealed record HistogramStatisticsDto(double Count, double? Mean, double? Std, double? Min, double? Max, double? P5, double? P25, double? P50, double? P75, double? P95);

/// <summary>Something that a run logged besides points.</summary>
public sealed record EventDto
{
    /// <summary>Number of its batch in the run.</summary>
    /// <example>12</example>
    public required long Sequence { get; init; }

    /// <summary><c>probe alert console batch env note resume</c>, or of the server <c>config finish lost returned</c>.</summary>
    /// <example>note</example>
    public required string Kind { get; init; }

    /// <summary>Name of the event.</summary>
    /// <example>checkpoint</example>
    public required string Name { get; init; }

    /// <summary>Step, when it has one.</summary>
    /// <example>400</example>
    public long? Step { get; init; }

    /// <summary>Unix milliseconds.</summary>
    /// <example>1795341600000</example>
    public required long Time { get; init; }

    /// <summary><c>info</c>, <c>warn</c>, <c>error</c>, …</summary>
    /// <example>info</example>
    public string? Level { get; init; }

    /// <summary>Any JSON object.</summary>
    public JsonElement? Data { get; init; }
}
