using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>What a chart asks for, checked.</summary>
/// <param name="Names">Series, in order.</param>
/// <param name="Axis"><c>step</c>, <c>time</c>, <c>relative</c> or the name of a series.</param>
/// <param name="Shape">Columns, range, scale and smoothing.</param>
public sealed record ChartQuery(IReadOnlyList<string> Names, string Axis, ChartShape Shape)
{
    public const int DefaultColumns = 1_000;
    public const int MaxColumns = 10_000;
    public const int MaxNames = 200;

    /// <summary>Most pixel columns in one answer, over all curves: up to four times as many points are held and written.</summary>
    public const int MaxTotalColumns = 1_000_000;

    private const string Smoothings = "none, ema:0…1, time-ema:0…1, gaussian:0…10000, mean:1…100000";

    /// <summary>Whether the times of points are the axis.</summary>
    public bool IsTime => Axis is "time" or "relative";

    /// <summary>Whether another series is the axis.</summary>
    public bool IsMetric => Axis is not ("step" or "time" or "relative");

    public static (ChartQuery? Query, ProblemHttpResult? Problem) Read(ChartRequest request)
    {
        var (names, points, from, to, x, scale, smooth) = request;
        if (names is not { Length: > 0 }) return (null, Problems.Invalid("name", "Name at least one series.", $"1–{MaxNames}"));
        if (names.Length > MaxNames) return (null, Problems.Invalid("name", $"There are {names.Length} names.", $"{MaxNames} names"));
        if (points is < 1 or > MaxColumns) return (null, Problems.Invalid("points", $"points is {points}.", $"1–{MaxColumns}"));
        if (names.Length * (points ?? DefaultColumns) > MaxTotalColumns) return (null, TooManyColumns(names.Length, points ?? DefaultColumns));
        if (from is { } low && !double.IsFinite(low)) return (null, Problems.Invalid("from", "from is not finite."));
        if (to is { } high && !double.IsFinite(high)) return (null, Problems.Invalid("to", "to is not finite."));
        if (from > to) return (null, Problems.Invalid("to", "to lies below from."));
        if (scale is not (null or "" or "linear" or "log")) return (null, Problems.Invalid("scale", $"There is no scale \"{scale}\".", "linear, log"));
        if (!TryReadSmoothing(smooth, out var smoothing)) return (null, Problems.Invalid("smooth", $"There is no smoothing \"{smooth}\".", Smoothings));
        var shape = new ChartShape(points ?? DefaultColumns, from, to, scale == "log" ? AxisScale.Log : AxisScale.Linear, smoothing);
        return (new ChartQuery(names, string.IsNullOrEmpty(x) ? "step" : x, shape), null);
    }

    /// <summary>The refusal of a chart whose answer would be too large.</summary>
    public static ProblemHttpResult TooManyColumns(int curves, int columns) => Problems.Invalid("points", $"{curves} curves × {columns} columns.", $"{MaxTotalColumns} columns in all");

    private static bool TryReadSmoothing(string? text, out Smoothing? smoothing)
    {
        smoothing = null;
        if (string.IsNullOrEmpty(text) || text == "none") return true;
        var parts = text.Split(':');
        (SmoothingKind Kind, double Default)? known = parts[0] switch
        {
            "ema" => (SmoothingKind.Ema, DebiasedEma.DefaultWeight),
            "time-ema" => (SmoothingKind.TimeEma, DebiasedEma.DefaultWeight),
            "gaussian" => (SmoothingKind.Gaussian, 2),
            "mean" => (SmoothingKind.Mean, 5),
            _ => null,
        };
        if (known is not { } found || parts.Length > 2) return false;
        var parameter = found.Default;
        if (parts.Length == 2 && !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out parameter)) return false;
        var (least, greatest) = Smoothing.LimitsOf(found.Kind);
        if (!(parameter >= least && parameter <= greatest) || (found.Kind == SmoothingKind.Mean && parameter != Math.Floor(parameter))) return false;
        smoothing = new Smoothing(found.Kind, parameter);
        return true;
    }
}

/// <summary>A chart as it is asked for, unchecked.</summary>
/// <param name="Name">Names of series.</param>
/// <param name="Points">Pixel columns.</param>
/// <param name="From">Least x.</param>
/// <param name="To">Greatest x.</param>
/// <param name="X">The axis.</param>
/// <param name="Scale">How x is laid out.</param>
/// <param name="Smooth">The smoothing.</param>
public sealed record ChartRequest(string[]? Name, int? Points, double? From, double? To, string? X, string? Scale, string? Smooth);
