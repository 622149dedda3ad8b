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

    public void Step(float rate, float weightDecay = 0)
    {
        foreach (var layer in Layers) layer.Step(rate, weightDecay);
    }

    /// <summary>Weights times a factor, and a share of the first layer's units set so that no sample wakes them.</summary>
    public void Spoil(float scale, double deadShare)
    {
        foreach (var layer in Layers)
        {
            foreach (ref var weight in layer.Weights.AsSpan()) weight *= scale;
        }

        Layers[0].Bias.AsSpan(0, (int)(deadShare * Layers[0].Outputs)).Fill(-100);
    }

    /// <summary>Weights and biases, for whoever changes them and has to put them back.</summary>
    public IEnumerable<(string Name, float[] Values)> Parameters() => Layers.SelectMany(layer => new[] { ($"{layer.Name}.weight", layer.Weights), ($"{layer.Name}.bias", layer.Bias) });

    /// <summary>Their gradients, in the same order.</summary>
    public IEnumerable<(string Name, float[] Values)> Gradients() => Layers.SelectMany(layer => new[] { ($"{layer.Name}.weight", layer.WeightGradient), ($"{layer.Name}.bias", layer.BiasGradient) });

    private static double SquareOf(float[] weights, float[] bias) => VectorMath.SquareSum(weights) + VectorMath.SquareSum(bias);
}
