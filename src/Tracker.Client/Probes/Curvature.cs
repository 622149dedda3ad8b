namespace Tracker.Client.Probes;

/// <summary>How much the loss rises when the parameters are moved at random.</summary>
/// <param name="Base">Loss where the parameters stand.</param>
/// <param name="Perturbed">Mean loss around them.</param>
/// <param name="Ratio">Relative rise; above 0.1 the minimum is sharp.</param>
public sealed record SharpnessResult(double Base, double Perturbed, double Ratio);

/// <summary>The greatest eigenvalue, in size, and whether the iteration settled.</summary>
public sealed record EigenvalueResult(double Value, int Iterations, bool HasConverged);

/// <summary>The shape of the loss around the parameters.</summary>
public static class Curvature
{
    /// <summary>
    /// Moves each tensor of parameters by noise of <paramref name="epsilon"/> times its own norm, several times, and puts it back each time. Logs <c>sharpness</c>.
    /// </summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="step">Number of the optimizer step.</param>
    /// <param name="parameters">As they are used by <paramref name="loss"/>; afterwards they are bit for bit as before, whatever happens.</param>
    /// <param name="loss">On a fixed set of samples, in evaluation mode.</param>
    /// <param name="epsilon">Default: 0.05.</param>
    /// <param name="samples">How often. Default: 20.</param>
    /// <param name="seed">Of the noise.</param>
    public static SharpnessResult Sharpness(TrackerRun? run, long step, IReadOnlyList<Memory<float>> parameters, Func<double> loss, double epsilon = 0.05, int samples = 20, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(loss);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(samples);
        var saved = parameters.Select(values => values.ToArray()).ToArray();
        var (random, start, sum) = (new Random(seed), loss(), 0.0);
        try
        {
            for (var sample = 0; sample < samples; sample++)
            {
                for (var i = 0; i < saved.Length; i++) Move(saved[i], parameters[i].Span, epsilon, random);
                sum += loss();
            }
        }
        finally
        {
            for (var i = 0; i < saved.Length; i++) saved[i].CopyTo(parameters[i]);
        }

        var mean = sum / samples;
        var result = new SharpnessResult(start, mean, (mean - start) / (Math.Abs(start) + 1e-8));
        run.LogProbe("sharpness", step, ("base", start), ("perturbed", mean), ("ratio", result.Ratio), ("epsilon", epsilon), ("samples", samples));
        return result;
    }

    /// <summary>
    /// The eigenvalue of the Hessian that is greatest in size, by power iteration (as PyHessian, Yao et al. 2020). Times the learning rate above 2 it is
    /// the edge of stability. Logs <c>hessian-top-eig</c>.
    /// </summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="step">Number of the optimizer step.</param>
    /// <param name="size">Number of parameters.</param>
    /// <param name="hessianTimes">Writes the Hessian times the first vector into the second.</param>
    /// <param name="iterations">At most. Default: 20.</param>
    /// <param name="tolerance">Relative change that ends it. Default: 1e-3.</param>
    /// <param name="learningRate">In use, where the run does not log it.</param>
    /// <param name="seed">Of the first vector.</param>
    public static EigenvalueResult TopEigenvalue(
        TrackerRun? run, long step, int size, Action<ReadOnlyMemory<double>, Memory<double>> hessianTimes, int iterations = 20, double tolerance = 1e-3, double? learningRate = null, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(hessianTimes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(size);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(iterations);
        var random = new Random(seed);
        var (vector, product) = (new double[size], new double[size]);
        for (var i = 0; i < size; i++) vector[i] = Numbers.Normal(random);
        Normalize(vector);
        var (value, done, converged) = (0.0, 0, false);
        while (done < iterations && !converged)
        {
            hessianTimes(vector, product);
            done++;
            // Rayleigh's quotient: has the sign that the norm of the product lacks.
            var next = Dot(vector, product);
            converged = done > 1 && Math.Abs(next - value) <= tolerance * Math.Abs(next);
            value = next;
            product.CopyTo(vector, 0);
            if (Normalize(vector) == 0) break;
        }

        run.LogProbe("hessian-top-eig", step, ("eigenvalue", value), ("iterations", done), ("lr", learningRate));
        return new EigenvalueResult(value, done, converged);
    }

    /// <summary>
    /// The Hessian times a vector from two gradients, <c>(g(θ + hv) − g(θ − hv)) / 2h</c>, for libraries that cannot differentiate twice.
    /// For <see cref="TopEigenvalue"/>.
    /// </summary>
    /// <param name="parameters">As they are used by <paramref name="gradient"/>; put back after each product.</param>
    /// <param name="gradient">Computes the gradient on fixed samples and writes it, in the order of the parameters.</param>
    /// <param name="h">Length of the step. Default: 1e-3.</param>
    public static Action<ReadOnlyMemory<double>, Memory<double>> ByDifferences(IReadOnlyList<Memory<float>> parameters, Action<Memory<double>> gradient, double h = 1e-3)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(gradient);
        return (vector, result) =>
        {
            var saved = parameters.Select(values => values.ToArray()).ToArray();
            var below = new double[result.Length];
            try
            {
                Shift(saved, parameters, vector.Span, h);
                gradient(result);
                Shift(saved, parameters, vector.Span, -h);
                gradient(below);
            }
            finally
            {
                for (var i = 0; i < saved.Length; i++) saved[i].CopyTo(parameters[i]);
            }

            var all = result.Span;
            for (var i = 0; i < all.Length; i++) all[i] = (all[i] - below[i]) / (2 * h);
        };
    }

    /// <summary>The diagonal of the empirical Fisher information: mean squares of the gradients of single samples. Logs <c>fisher</c> with its sum.</summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="step">Number of the optimizer step.</param>
    /// <param name="gradients">One a sample, all of the same length; each is read before the next is asked for.</param>
    public static double[] FisherDiagonal(TrackerRun? run, long step, IEnumerable<ReadOnlyMemory<float>> gradients)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        double[] diagonal = [];
        var samples = 0;
        foreach (var gradient in gradients)
        {
            if (samples++ == 0) diagonal = new double[gradient.Length];
            var values = gradient.Span;
            for (var i = 0; i < diagonal.Length; i++) diagonal[i] += (double)values[i] * values[i];
        }

        for (var i = 0; i < diagonal.Length; i++) diagonal[i] /= samples;
        run.LogProbe("fisher", step, ("samples", samples), ("trace", diagonal.Sum()));
        return diagonal;
    }

    /// <summary>
    /// The gradient noise scale from the norms of two batches: about the batch size beyond which larger ones are of little use
    /// (McCandlish et al. 2018, appendix A.1). Noisy: average it over steps. Logs <c>gradient-noise-scale</c> and the series <c>gradient_noise_scale</c>.
    /// </summary>
    /// <param name="run">Gets the result; null: nothing is logged.</param>
    /// <param name="step">Number of the optimizer step.</param>
    /// <param name="smallBatch">Samples of the small batch.</param>
    /// <param name="smallNorm">L2 norm of its mean gradient.</param>
    /// <param name="largeBatch">Samples of the large one, more than of the small one.</param>
    /// <param name="largeNorm">L2 norm of its mean gradient.</param>
    public static double GradientNoiseScale(TrackerRun? run, long step, int smallBatch, double smallNorm, int largeBatch, double largeNorm)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(smallBatch);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(largeBatch, smallBatch);
        var (small, large) = (smallNorm * smallNorm, largeNorm * largeNorm);
        var signal = ((largeBatch * large) - (smallBatch * small)) / (largeBatch - smallBatch);
        var noise = (small - large) / ((1.0 / smallBatch) - (1.0 / largeBatch));
        var scale = noise / signal;
        run.LogProbe("gradient-noise-scale", step, ("scale", scale), ("samples", largeBatch));
        if (double.IsFinite(scale)) run?.Log(step, ("gradient_noise_scale", scale));
        return scale;
    }

    private static void Move(float[] saved, Span<float> values, double epsilon, Random random)
    {
        var noise = new double[saved.Length];
        for (var k = 0; k < noise.Length; k++) noise[k] = Numbers.Normal(random);
        var scale = epsilon * Numbers.Norm(saved) / (Math.Sqrt(Dot(noise, noise)) + 1e-8);
        for (var k = 0; k < noise.Length; k++) values[k] = (float)(saved[k] + (scale * noise[k]));
    }

    private static void Shift(float[][] saved, IReadOnlyList<Memory<float>> parameters, ReadOnlySpan<double> vector, double h)
    {
        var at = 0;
        for (var i = 0; i < saved.Length; i++)
        {
            var values = parameters[i].Span;
            for (var k = 0; k < values.Length; k++) values[k] = (float)(saved[i][k] + (h * vector[at++]));
        }
    }

    private static double Normalize(double[] vector)
    {
        var norm = Math.Sqrt(Dot(vector, vector));
        if (norm == 0 || !double.IsFinite(norm)) return 0;
        for (var i = 0; i < vector.Length; i++) vector[i] /= norm;
        return norm;
    }

    private static double Dot(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++) sum += a[i] * b[i];
        return sum;
    }
}
