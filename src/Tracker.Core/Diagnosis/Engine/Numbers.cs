using System.Globalization;

namespace Tracker.Core.Diagnosis.Engine;

/// <summary>Numbers as people read them, and as evidence keeps them.</summary>
internal static class Numbers
{
    /// <summary>About four significant digits: <c>0.2513</c>, <c>20820</c>, <c>2.5e-6</c>, <c>NaN</c>.</summary>
    public static string Text(double value)
    {
        if (value == 0) return "0";
        if (!double.IsFinite(value)) return value.ToString(CultureInfo.InvariantCulture);
        var rounded = Round(value, 4);
        var size = Math.Abs(rounded);
        return rounded.ToString(size is >= 1e-3 and < 1e6 ? "0.######" : "0.###e+0", CultureInfo.InvariantCulture).Replace("e+", "e", StringComparison.Ordinal);
    }

    /// <summary>A share as a whole percentage: <c>97 %</c>.</summary>
    public static string Percent(double share) => Math.Floor(100 * share + 0.5).ToString("0", CultureInfo.InvariantCulture) + " %";

    /// <summary>Evidence keeps six significant digits, so that a replay prints the same text on every machine.</summary>
    public static double Round6(double value) => Round(value, 6);

    private static double Round(double value, int digits) =>
        value == 0 || !double.IsFinite(value)
            ? value
            : double.Parse(value.ToString("E" + (digits - 1), CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
