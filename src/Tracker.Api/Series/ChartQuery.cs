using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;

namespace Tracker.Api.Series;

/// <summary>What a chart asks for, checked.</summary>
/// <param name="Names">Series, in order.</param>
/// <param name="Columns">Pixel columns.</param>
/// <param name="From">Least x shown, or null.</param>
/// <param name="To">Greatest x shown, or null.</param>
/// <param name="Axis"><c>step</c>, <c>time</c>, <c>relative</c> or the name of a series.</param>
/// <param name="SmoothWeight">Weight of the debiased EMA, or null.</param>
public sealed record ChartQuery(IReadOnlyList<string> Names, int Columns, double? From, double? To, string Axis, double? SmoothWeight)
{
    public const int DefaultColumns = 1_000;
    public const int MaxColumns = 10_000;
    public const int MaxNames = 200;

    public static (ChartQuery? Query, ProblemHttpResult? Problem) Read(string[]? names, int? points, double? from, double? to, string? x, string? smooth)
    {
        if (names is not { Length: > 0 }) return (null, Problems.Invalid("name", "Name at least one series.", $"1–{MaxNames}"));
        if (names.Length > MaxNames) return (null, Problems.Invalid("name", $"There are {names.Length} names.", $"{MaxNames} names"));
        if (points is < 1 or > MaxColumns) return (null, Problems.Invalid("points", $"points is {points}.", $"1–{MaxColumns}"));
        if (from is { } low && !double.IsFinite(low)) return (null, Problems.Invalid("from", "from is not finite."));
        if (to is { } high && !double.IsFinite(high)) return (null, Problems.Invalid("to", "to is not finite."));
        if (from > to) return (null, Problems.Invalid("to", "to lies below from."));
        double? weight = null;
        if (!string.IsNullOrEmpty(smooth) && smooth != "none")
        {
            var parts = smooth.Split(':');
            if (parts[0] != "ema" || parts.Length > 2) return (null, Problems.Invalid("smooth", $"There is no smoothing \"{smooth}\".", "none, ema:0…1"));
            weight = Core.Series.DebiasedEma.DefaultWeight;
            if (parts.Length == 2)
            {
                if (!double.TryParse(parts[1], CultureInfo.InvariantCulture, out var given) || given is not (>= 0 and <= 1))
                {
                    return (null, Problems.Invalid("smooth", $"\"{parts[1]}\" is no smoothing weight.", "0–1"));
                }

                weight = given;
            }
        }

        return (new ChartQuery(names, points ?? DefaultColumns, from, to, string.IsNullOrEmpty(x) ? "step" : x, weight), null);
    }
}
