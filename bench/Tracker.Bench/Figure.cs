using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tracker.Bench;

/// <summary>One measured figure; one line of JSON on standard output.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">How much, in <paramref name="Unit"/>.</param>
/// <param name="Unit">Such as <c>points/s</c>.</param>
/// <param name="Roof">What the machine itself gave in the same run, in the same unit; null where there is no such thing.</param>
/// <param name="Target">In words; null for a figure that only explains another.</param>
/// <param name="Pass">Whether the target is reached; null without one.</param>
internal sealed record Figure(string Name, double Value, string Unit, double? Roof = null, string? Target = null, bool? Pass = null)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
    };

    /// <summary>The value as a multiple of the roof.</summary>
    public double? Ratio => Roof is { } roof ? Value / roof : null;

    public static Figure AtLeast(string name, double value, string unit, double target) =>
        new(name, value, unit, null, $"≥ {Short(target)}", value >= target);

    public static Figure AtMost(string name, double value, string unit, double target) =>
        new(name, value, unit, null, $"≤ {Short(target)}", value <= target);

    public string ToLine() => JsonSerializer.Serialize(
        new { Name, Value = Round(Value), Unit, Roof = Round(Roof), Ratio = Round(Ratio), Target, Pass }, Json);

    private static string Short(double value) => value.ToString("#,0.##", CultureInfo.InvariantCulture);

    /// <summary>Four digits that count: the rest is noise. What could not be measured is null.</summary>
    private static double? Round(double? value) => value is { } exact && double.IsFinite(exact)
        ? double.Parse(exact.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
        : null;
}
