using System.Buffers.Binary;
using System.Globalization;

namespace Tracker.Api.Ingest.Rest;

/// <summary>Numbers of JSON text: correctly rounded, and fast for those that metrics have.</summary>
internal static class JsonNumber
{
    /// <summary>Powers of ten that a double holds exactly.</summary>
    private static readonly double[] Powers =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>Reads the number at the beginning of <paramref name="text"/>; its length, or 0 when none stands there. Beyond the doubles the value is infinite.</summary>
    public static int Read(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        ulong digits = 0;
        var i = text.Length > 0 && text[0] == '-' ? 1 : 0;
        var start = i;
        if (i < text.Length && text[i] == '0') i++;
        else i = Digits(text, i, ref digits);
        if (i == start) return 0;
        var significant = digits == 0 ? 0 : i - start;

        var exponent = 0;
        if (i < text.Length && text[i] == '.')
        {
            var point = ++i;
            if (digits == 0) while (i < text.Length && text[i] == '0') i++;
            var first = i;
            i = Digits(text, i, ref digits);
            if (i == point) return 0;
            significant += i - first;
            exponent = point - i;
        }

        if (i < text.Length && (text[i] | 0x20) == 'e' && !TryExponent(text, ref i, ref exponent)) return 0;

        // Up to 2^53 the digits are exact as a double, and so is the power: one division or product rounds once.
        if (significant <= 19 && digits <= 1UL << 53 && Math.Abs(exponent) < Powers.Length)
        {
            value = exponent < 0 ? digits / Powers[-exponent] : digits * Powers[exponent];
            if (text[0] == '-') value = -value;
            return i;
        }

        // Nineteen digits fit in 64 bits.
        if (significant <= 19 && DecimalFloat.TryConvert(digits, exponent, out value))
        {
            if (text[0] == '-') value = -value;
            return i;
        }

        return double.TryParse(text[..i], NumberStyles.Float, CultureInfo.InvariantCulture, out value) ? i : 0;
    }

    /// <summary>Reads a number without fraction and exponent of at most 18 digits; its length, or 0 when something else stands there.</summary>
    public static int ReadInteger(ReadOnlySpan<byte> text, out long value)
    {
        ulong digits = 0;
        var start = text.Length > 0 && text[0] == '-' ? 1 : 0;
        var end = Digits(text, start, ref digits);
        value = start == 0 ? (long)digits : -(long)digits;
        var count = end - start;
        if (count is 0 or > 18 || (count > 1 && text[start] == '0')) return 0;
        return end < text.Length && (text[end] == '.' || (text[end] | 0x20) == 'e') ? 0 : end;
    }

    private static int Digits(ReadOnlySpan<byte> text, int i, ref ulong digits)
    {
        while (i + 8 <= text.Length && TryEight(BinaryPrimitives.ReadUInt64LittleEndian(text[i..]), out var eight))
        {
            digits = unchecked((digits * 100_000_000) + eight);
            i += 8;
        }

        for (uint digit; i < text.Length && (digit = (uint)(text[i] - '0')) <= 9; i++) digits = unchecked((digits * 10) + digit);
        return i;
    }

    /// <summary>Eight ASCII digits at once (D. Lemire, "Number parsing at a gigabyte per second", 2021).</summary>
    private static bool TryEight(ulong text, out ulong value)
    {
        value = 0;
        if (((text & 0xF0F0F0F0F0F0F0F0) | (((text + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) != 0x3333333333333333) return false;
        text = ((text & 0x0F0F0F0F0F0F0F0F) * 2561) >> 8;
        text = ((text & 0x00FF00FF00FF00FF) * 6553601) >> 16;
        value = ((text & 0x0000FFFF0000FFFF) * 42949672960001) >> 32;
        return true;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, ref int i, ref int exponent)
    {
        i++;
        var negative = i < text.Length && text[i] == '-';
        if (i < text.Length && text[i] is (byte)'-' or (byte)'+') i++;
        var start = i;
        var written = 0;
        for (; i < text.Length && (uint)(text[i] - '0') <= 9; i++) written = Math.Min((written * 10) + text[i] - '0', 100_000);
        exponent += negative ? -written : written;
        return i > start;
    }
}
