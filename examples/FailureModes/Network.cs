namespace FailureModes;

/// <summary>Dense layers, one after the other; the last gives logits.</summary>
internal sealed class Network
{
    public Network(int inputs, IReadOnlyList<int> hidden, Activation activation, int classes, Random random)
    {
        var layers = new List<DenseLayer>();
        foreach (var width in hidden)
        {
            layers.Add(new DenseLayer($"fc{layers.Count + 1}", inputs, width, activation, random));
            inputs = width;
        }

        layers.Add(new DenseLayer("head", inputs, classes, Activation.None, random));
        Layers = layers;
        Classes = classes;
    }

    public IReadOnlyList<DenseLayer> Layers { get; }

    public int Classes { get; }

    public float[] Forward(float[] input, int rows)
    {
        foreach (var layer in Layers) input = layer.Forward(input, rows);
        return input;
    }

    /// <param name="gradient">Gradient of the loss by the logits.</param>
    /// <param name="rows">Samples in the batch.</param>
    public void Backward(float[] gradient, int rows)
    {
        for (var i = Layers.Count - 1; i >= 0; i--) gradient = Layers[i].Backward(gradient, rows);
    }

    /// <summary>L2 norm of all gradients.</summary>
    public double GradientNorm() => Math.Sqrt(Layers.Sum(layer => SquareOf(layer.WeightGradient, layer.BiasGradient)));

    public double ParameterNorm() => Math.Sqrt(Layers.Sum(layer => SquareOf(layer.Weights, layer.Bias)));

    public static double GradientNorm(DenseLayer layer) => Math.Sqrt(SquareOf(layer.WeightGradient, layer.BiasGradient));

    public static double ParameterNorm(DenseLayer layer) => Math.Sqrt(SquareOf(layer.Weights, layer.Bias));

    /// <summary>Scales all gradients so that their norm is at most <paramref name="limit"/>; true when they were scaled.</summary>
    public bool Clip(double norm, double limit)
    {
        if (!(norm > limit)) return false;
        var scale = (float)(limit / norm);
        foreach (var layer in Layers)
        {
            foreach (ref var value in layer.WeightGradient.AsSpan()) value *= scale;
            foreach (ref var value in layer.BiasGradient.AsSpan()) value *= scale;
        }

        return true;
    }

    public void Step(float rate)
    {
        foreach (var layer in Layers) layer.Step(rate);
    }

    private static double SquareOf(float[] weights, float[] bias) => VectorMath.SquareSum(weights) + VectorMath.SquareSum(bias);
}
