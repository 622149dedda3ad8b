using System.Numerics;

namespace FailureModes;

/// <summary>The two loops in which training spends its time.</summary>
internal static class VectorMath
{
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var sum = Vector<float>.Zero;
        var i = 0;
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count) sum += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
        var total = Vector.Sum(sum);
        for (; i < a.Length; i++) total += a[i] * b[i];
        return total;
    }

    /// <summary><c>target += factor · source</c>.</summary>
    public static void AddScaled(Span<float> target, ReadOnlySpan<float> source, float factor)
    {
        var factors = new Vector<float>(factor);
        var i = 0;
        for (; i <= target.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(target[i..]) + (new Vector<float>(source[i..]) * factors)).CopyTo(target[i..]);
        for (; i < target.Length; i++) target[i] += factor * source[i];
    }

    /// <summary>Sum of squares in double: gradients span more decades than float can add up.</summary>
    public static double SquareSum(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        foreach (var value in values) sum += (double)value * value;
        return sum;
    }
}
