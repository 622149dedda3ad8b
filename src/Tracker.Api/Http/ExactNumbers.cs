using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tracker.Api.Http;

/// <summary>
/// Doubles as text that gives the same double again: the shortest form, which .NET 10 gets wrong by one in the last place for ±2^-25 and ±2^-958.
/// NaN and infinities are "NaN", "Infinity" and "-Infinity".
/// </summary>
public sealed class ExactNumbers : JsonConverter<double>
{
    /// <summary>The longest text of a number, in bytes.</summary>
    public const int MaxLength = 32;

    /// <summary>With a fraction: many readers take "-0" for an integer, and integers have no negative zero.</summary>
    private static ReadOnlySpan<byte> NegativeZero => "-0.0"u8;

    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String) return reader.GetDouble();
        return reader.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            var text => throw new JsonException($"\"{text}\" is no number."),
        };
    }

    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) => Write(writer, value);

    public static void Write(Utf8JsonWriter writer, double value)
    {
        if (!double.IsFinite(value))
        {
            writer.WriteStringValue(NonFinite(value));
        }
        else if (IsOdd(value))
        {
            Span<byte> text = stackalloc byte[MaxLength];
            writer.WriteRawValue(text[..Write(text, value)], skipInputValidation: true);
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }

    /// <summary>Writes a number as text, non-finite ones by name; gives the length.</summary>
    public static int Write(Span<byte> into, double value)
    {
        if (!double.IsFinite(value)) return Encoding.UTF8.GetBytes(NonFinite(value), into);
        if (value == 0 && double.IsNegative(value))
        {
            NegativeZero.CopyTo(into);
            return NegativeZero.Length;
        }

        value.TryFormat(into, out var length, IsOdd(value) ? "G17" : default, CultureInfo.InvariantCulture);
        return length;
    }

    /// <summary>Negative zero, and the powers of two of which the shortest text is wrong.</summary>
    private static bool IsOdd(double value) => (BitConverter.DoubleToInt64Bits(value) & long.MaxValue) switch
    {
        0 => double.IsNegative(value),
        0x3e60_0000_0000_0000 or 0x0410_0000_0000_0000 => true,
        _ => false,
    };

    private static string NonFinite(double value) => double.IsNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}
