namespace FailureModes;

/// <summary>Mean loss over a batch, its gradient by the logits, and the share of samples whose greatest logit is right.</summary>
internal sealed record LossResult(double Loss, double Accuracy);

internal static class Loss
{
    public delegate LossResult Function(ReadOnlySpan<float> logits, ReadOnlySpan<int> classes, int classCount, Span<float> gradient);

    /// <summary>Softmax and cross-entropy in one, by the logarithm of the sum: safe for every logit that is a number.</summary>
    public static LossResult CrossEntropy(ReadOnlySpan<float> logits, ReadOnlySpan<int> classes, int classCount, Span<float> gradient)
    {
        double loss = 0;
        var right = 0;
        for (var row = 0; row < classes.Length; row++)
        {
            var z = logits.Slice(row * classCount, classCount);
            var d = gradient.Slice(row * classCount, classCount);
            var greatest = Greatest(z);
            double sum = 0;
            for (var k = 0; k < classCount; k++) sum += Math.Exp(z[k] - z[greatest]);
            loss += Math.Log(sum) - (z[classes[row]] - z[greatest]);
            for (var k = 0; k < classCount; k++)
                d[k] = (float)(((Math.Exp(z[k] - z[greatest]) / sum) - (k == classes[row] ? 1 : 0)) / classes.Length);
            if (greatest == classes[row]) right++;
        }

        return new LossResult(loss / classes.Length, (double)right / classes.Length);
    }

    /// <summary>
    /// Ten questions of yes or no, by the textbook's formula as it stands, in single precision: <c>p = sigmoid(z)</c>,
    /// then <c>-y·log(p) - (1-y)·log(1-p)</c>, without a clamp. A network that learns well grows sure of itself: beyond a logit of about 17
    /// p is rounded to 1, log(1-p) is log(0), and 0·∞ is not a number.
    /// </summary>
    public static LossResult BinaryCrossEntropyByTheBook(ReadOnlySpan<float> logits, ReadOnlySpan<int> classes, int classCount, Span<float> gradient)
    {
        double loss = 0;
        var right = 0;
        for (var row = 0; row < classes.Length; row++)
        {
            var z = logits.Slice(row * classCount, classCount);
            for (var k = 0; k < classCount; k++)
            {
                var y = k == classes[row] ? 1f : 0f;
                var p = 1 / (1 + MathF.Exp(-z[k]));
                loss -= (y * MathF.Log(p)) + ((1 - y) * MathF.Log(1 - p));
                // By the chain rule through logarithm and sigmoid, as an automatic derivative goes: where p is 1 this is NaN too.
                gradient[(row * classCount) + k] = (((1 - y) / (1 - p)) - (y / p)) * p * (1 - p) / logits.Length;
            }

            if (Greatest(z) == classes[row]) right++;
        }

        return new LossResult(loss / logits.Length, (double)right / classes.Length);
    }

    private static int Greatest(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var k = 1; k < values.Length; k++)
        {
            if (values[k] > values[best]) best = k;
        }

        return best;
    }
}
