namespace Tracker.Client.Probes;

/// <summary>A bin of a reliability diagram: predictions whose greatest probability lies in (<paramref name="Low"/>, <paramref name="High"/>].</summary>
public sealed record ReliabilityBin(double Low, double High, int Count, double Confidence, double Accuracy);

/// <summary>How good predictions are, class by class, and how far their probabilities can be trusted.</summary>
/// <param name="Accuracy">Share that is right.</param>
/// <param name="AccuracyByClass">Of the samples of each class; NaN for a class without samples.</param>
/// <param name="CalibrationError">Expected calibration error: mean distance of confidence and accuracy over the bins, by their samples.</param>
/// <param name="Bins">Of equal width over 0 to 1; empty ones have NaN.</param>
public sealed record PredictionQuality(double Accuracy, IReadOnlyList<double> AccuracyByClass, double CalibrationError, IReadOnlyList<ReliabilityBin> Bins)
{
    /// <param name="probabilities">Of the classes, sample after sample; each row sums to 1.</param>
    /// <param name="classes">Right class of each sample.</param>
    /// <param name="classCount">Classes a row.</param>
    /// <param name="bins">Default: 15 (Guo et al. 2017).</param>
    /// <exception cref="ArgumentException">There are not <paramref name="classCount"/> probabilities a sample, or no sample.</exception>
    public static PredictionQuality Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<int> classes, int classCount, int bins = 15)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        if (classes.IsEmpty || probabilities.Length != classes.Length * classCount)
            throw new ArgumentException($"{probabilities.Length} probabilities for {classes.Length} samples of {classCount} classes.", nameof(probabilities));
        var (right, counts) = (new int[classCount], new int[classCount]);
        var (inBin, sure, correct) = (new int[bins], new double[bins], new int[bins]);
        for (var row = 0; row < classes.Length; row++)
        {
            var all = probabilities.Slice(row * classCount, classCount);
            var best = 0;
            for (var k = 1; k < classCount; k++)
            {
                if (all[k] > all[best]) best = k;
            }

            var bin = Math.Clamp((int)Math.Ceiling((double)all[best] * bins) - 1, 0, bins - 1);
            var isRight = best == classes[row];
            counts[classes[row]]++;
            inBin[bin]++;
            sure[bin] += all[best];
            if (!isRight) continue;
            right[classes[row]]++;
            correct[bin]++;
        }

        var reliability = new ReliabilityBin[bins];
        var error = 0.0;
        for (var b = 0; b < bins; b++)
        {
            reliability[b] = new ReliabilityBin((double)b / bins, (b + 1.0) / bins, inBin[b], sure[b] / inBin[b], (double)correct[b] / inBin[b]);
            if (inBin[b] > 0) error += Math.Abs(sure[b] - correct[b]) / classes.Length;
        }

        return new PredictionQuality((double)right.Sum() / classes.Length, [.. right.Select((n, k) => (double)n / counts[k])], error, reliability);
    }

    /// <summary>Logs <c>val/accuracy</c>, <c>val/acc_class_&lt;k&gt;</c> and <c>val/ece</c>, and the bins as the event <c>calibration</c>.</summary>
    public void Log(TrackerRun run, long step)
    {
        ArgumentNullException.ThrowIfNull(run);
        run.Log(step, ("val/accuracy", Accuracy), ("val/ece", CalibrationError));
        for (var k = 0; k < AccuracyByClass.Count; k++)
        {
            if (!double.IsNaN(AccuracyByClass[k])) run.Log(step, ($"val/acc_class_{k}", AccuracyByClass[k]));
        }

        run.LogProbe(
            "calibration", step, ("ece", CalibrationError), ("samples", Bins.Sum(bin => bin.Count)),
            ("bins", Bins.Select(bin => new object?[] { bin.Low, bin.High, bin.Count, bin.Count > 0 ? bin.Confidence : null, bin.Count > 0 ? bin.Accuracy : null }).ToArray()));
    }
}
