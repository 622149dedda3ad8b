using System.Numerics;

namespace Tracker.Api.Ingest.Rest;

/// <summary>
/// Decimal to double, correctly rounded, without a fallback within its range (D. Lemire, "Number parsing at a gigabyte per second", 2021;
/// N. Mushtak and D. Lemire, "Fast number parsing without fallback", 2023).
/// </summary>
internal static class DecimalFloat
{
    /// <summary>Decimal exponents that are converted here. Metrics stay far inside; the rest of the doubles is left to the framework.</summary>
    private const int MostExponent = 64;

    private const int FractionBits = 52;

    /// <summary>The upper and the lower half of the 128 leading bits of 5^q, q from −<see cref="MostExponent"/>; rounded up where q is negative.</summary>
    private static readonly (ulong High, ulong Low)[] Fives = [.. Enumerable.Range(-MostExponent, (2 * MostExponent) + 1).Select(Five)];

    /// <summary>digits · 10^exponent; false when that lies outside the range of this method.</summary>
    /// <param name="digits">Exact, not cut.</param>
    /// <param name="exponent">Power of ten.</param>
    /// <param name="value">Not negative.</param>
    public static bool TryConvert(ulong digits, int exponent, out double value)
    {
        value = 0;
        if (digits == 0) return true;
        if ((uint)(exponent + MostExponent) > 2 * MostExponent) return false;
        var shift = BitOperations.LeadingZeroCount(digits);
        digits <<= shift;
        var (high, low) = Product(digits, Fives[exponent + MostExponent]);

        // 54 bits, one more than a double has, for the rounding.
        var upper = (int)(high >> 63);
        var cut = upper + 64 - FractionBits - 3;
        var fraction = high >> cut;
        // Only here can the product be exactly between two doubles: then it goes to the even one.
        if (low <= 1 && exponent is >= -4 and <= 23 && (fraction & 3) == 1 && fraction << cut == high) fraction &= ~1UL;
        fraction = (fraction + (fraction & 1)) >> 1;
        // 152170/65536 + 1 is log2(10) closely enough.
        var binary = (((152170 + 65536) * exponent) >> 16) + 63 + upper - shift + 1023;
        if (fraction >= 2UL << FractionBits)
        {
            fraction = 1UL << FractionBits;
            binary++;
        }

        value = BitConverter.UInt64BitsToDouble((fraction & ~(1UL << FractionBits)) | ((ulong)binary << FractionBits));
        return true;
    }

    private static (ulong High, ulong Low) Product(ulong digits, (ulong High, ulong Low) five)
    {
        var high = Math.BigMul(digits, five.High, out var low);
        // The lower half of the power matters only where the bits behind the 55 that are kept are all ones.
        if ((high & (ulong.MaxValue >> (FractionBits + 3))) != ulong.MaxValue >> (FractionBits + 3)) return (high, low);
        var more = Math.BigMul(digits, five.Low, out _);
        low = unchecked(low + more);
        return (more > low ? high + 1 : high, low);
    }

    private static (ulong High, ulong Low) Five(int exponent)
    {
        var power = BigInteger.Pow(5, Math.Abs(exponent));
        if (exponent < 0)
        {
            var bits = (int)(power - 1).GetBitLength();
            // Up to 5^27, the last power that 64 bits hold, the 128th bit itself is rounded up: products with such powers can be exact.
            power = ((BigInteger.One << (exponent >= -27 ? bits + 127 : (2 * bits) + 128)) / power) + 1;
        }

        var excess = (int)power.GetBitLength() - 128;
        power = excess > 0 ? power >> excess : power << -excess;
        return ((ulong)(power >> 64), (ulong)(power & ulong.MaxValue));
    }
}
