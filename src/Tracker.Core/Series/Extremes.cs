using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tracker.Core.Series;

/// <summary>Scans over columns of doubles, by vector instructions where the machine has them.</summary>
internal static class Extremes
{
    /// <summary>Where the first of the least and the first of the greatest values stand.</summary>
    /// <param name="values">Finite, at least one.</param>
    public static (int Least, int Greatest) Of(ReadOnlySpan<double> values)
    {
        if (!Vector.IsHardwareAccelerated || values.Length < 4 * Vector<double>.Count) return OfFew(values);
        var (min, max) = Range(values);
        return (IndexOf(values, min), IndexOf(values, max));
    }

    /// <summary>The least and the greatest value.</summary>
    /// <param name="values">No NaN, at least one.</param>
    public static (double Least, double Greatest) Range(ReadOnlySpan<double> values)
    {
        double min = values[0], max = values[0];
        var i = 0;
        if (Vector.IsHardwareAccelerated && values.Length >= Vector<double>.Count)
        {
            var low = new Vector<double>(values);
            var high = low;
            ref var start = ref MemoryMarshal.GetReference(values);
            for (i = Vector<double>.Count; i <= values.Length - Vector<double>.Count; i += Vector<double>.Count)
            {
                var next = Vector.LoadUnsafe(ref start, (nuint)i);
                // By comparison: Min and Max of the framework order zeros and NaN, which costs and is not wanted.
                low = Vector.ConditionalSelect(Vector.LessThan(next, low), next, low);
                high = Vector.ConditionalSelect(Vector.GreaterThan(next, high), next, high);
            }

            for (var k = 0; k < Vector<double>.Count; k++)
            {
                if (low[k] < min) min = low[k];
                if (high[k] > max) max = high[k];
            }
        }

        for (; i < values.Length; i++)
        {
            if (values[i] < min) min = values[i];
            if (values[i] > max) max = values[i];
        }

        return (min, max);
    }

    /// <summary>Whether no value is NaN or infinite.</summary>
    public static bool AreFinite(ReadOnlySpan<double> values)
    {
        var i = 0;
        if (Vector.IsHardwareAccelerated)
        {
            ref var start = ref MemoryMarshal.GetReference(values);
            var bad = Vector<long>.Zero;
            for (; i <= values.Length - Vector<double>.Count; i += Vector<double>.Count)
            {
                var value = Vector.LoadUnsafe(ref start, (nuint)i);
                // x − x is 0 for finite x alone.
                bad |= Vector.OnesComplement(Vector.Equals(value - value, Vector<double>.Zero));
            }

            if (bad != Vector<long>.Zero) return false;
        }

        for (; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i])) return false;
        }

        return true;
    }

    /// <summary>Whether no value lies below the one before it.</summary>
    public static bool AreRising(ReadOnlySpan<double> values)
    {
        var i = 1;
        if (Vector.IsHardwareAccelerated)
        {
            ref var start = ref MemoryMarshal.GetReference(values);
            for (; i <= values.Length - Vector<double>.Count; i += Vector<double>.Count)
            {
                if (Vector.LessThanAny(Vector.LoadUnsafe(ref start, (nuint)i), Vector.LoadUnsafe(ref start, (nuint)(i - 1)))) return false;
            }
        }

        for (; i < values.Length; i++)
        {
            if (values[i] < values[i - 1]) return false;
        }

        return true;
    }

    /// <summary>The sum of products.</summary>
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sums = Vector<double>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<double>.Count; i += Vector<double>.Count) sums += new Vector<double>(a[i..]) * new Vector<double>(b[i..]);
        var sum = Vector.Sum(sums);
        for (; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }

    public static double Sum(ReadOnlySpan<double> values)
    {
        var sums = Vector<double>.Zero;
        var i = 0;
        for (; i <= values.Length - Vector<double>.Count; i += Vector<double>.Count) sums += new Vector<double>(values[i..]);
        var sum = Vector.Sum(sums);
        for (; i < values.Length; i++) sum += values[i];
        return sum;
    }

    private static (int Least, int Greatest) OfFew(ReadOnlySpan<double> values)
    {
        int least = 0, greatest = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] < values[least]) least = i;
            if (values[i] > values[greatest]) greatest = i;
        }

        return (least, greatest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IndexOf(ReadOnlySpan<double> values, double wanted)
    {
        var i = 0;
        var all = new Vector<double>(wanted);
        ref var start = ref MemoryMarshal.GetReference(values);
        while (i <= values.Length - Vector<double>.Count && !Vector.EqualsAny(Vector.LoadUnsafe(ref start, (nuint)i), all)) i += Vector<double>.Count;
        while (values[i] != wanted) i++;
        return i;
    }
}
