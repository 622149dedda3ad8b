namespace FailureModes;

internal enum Activation
{
    /// <summary>The outputs are logits.</summary>
    None,
    Relu,
    Sigmoid,
}

/// <summary>A fully connected layer with its gradients; batches are row after row.</summary>
internal sealed class DenseLayer
{
    private float[] _input = [];
    private float[] _gradientOfInput = [];

    public DenseLayer(string name, int inputs, int outputs, Activation activation, Random random)
    {
        (Name, Inputs, Outputs, Activation) = (name, inputs, outputs, activation);
        Weights = new float[inputs * outputs];
        Bias = new float[outputs];
        WeightGradient = new float[Weights.Length];
        BiasGradient = new float[outputs];

        // He for ReLU, Glorot for the others.
        var deviation = Math.Sqrt(activation == Activation.Relu ? 2.0 / inputs : 2.0 / (inputs + outputs));
        for (var i = 0; i < Weights.Length; i++) Weights[i] = (float)(deviation * Normal(random));
    }

    public string Name { get; }

    public int Inputs { get; }

    public int Outputs { get; }

    public Activation Activation { get; }

    /// <summary>One row of weights an output.</summary>
    public float[] Weights { get; }

    public float[] Bias { get; }

    public float[] WeightGradient { get; }

    public float[] BiasGradient { get; }

    /// <summary>What the last <see cref="Forward"/> gave.</summary>
    public float[] Output { get; private set; } = [];

    public float[] Forward(float[] input, int rows)
    {
        _input = input;
        if (Output.Length != rows * Outputs) Output = new float[rows * Outputs];
        for (var row = 0; row < rows; row++)
        {
            var x = input.AsSpan(row * Inputs, Inputs);
            var y = Output.AsSpan(row * Outputs, Outputs);
            for (var o = 0; o < Outputs; o++) y[o] = Activate(Bias[o] + VectorMath.Dot(Weights.AsSpan(o * Inputs, Inputs), x));
        }

        return Output;
    }

    /// <summary>Takes the gradient of the loss by the outputs (and overwrites it), keeps those of the parameters, gives that of the inputs.</summary>
    public float[] Backward(float[] gradient, int rows)
    {
        Array.Clear(WeightGradient);
        Array.Clear(BiasGradient);
        if (_gradientOfInput.Length != rows * Inputs) _gradientOfInput = new float[rows * Inputs];
        else Array.Clear(_gradientOfInput);
        for (var row = 0; row < rows; row++)
        {
            var x = _input.AsSpan(row * Inputs, Inputs);
            var dx = _gradientOfInput.AsSpan(row * Inputs, Inputs);
            for (var o = 0; o < Outputs; o++)
            {
                var dz = gradient[(row * Outputs) + o] * Slope(Output[(row * Outputs) + o]);
                // Not only faster: a dead unit has no part in the gradient. NaN is not zero and goes on.
                if (dz == 0) continue;
                BiasGradient[o] += dz;
                VectorMath.AddScaled(WeightGradient.AsSpan(o * Inputs, Inputs), x, dz);
                VectorMath.AddScaled(dx, Weights.AsSpan(o * Inputs, Inputs), dz);
            }
        }

        return _gradientOfInput;
    }

    /// <summary>Plain gradient descent; the decay pulls weights, not biases, towards zero.</summary>
    public void Step(float rate, float weightDecay = 0)
    {
        if (weightDecay > 0)
        {
            foreach (ref var weight in Weights.AsSpan()) weight *= 1 - (rate * weightDecay);
        }

        VectorMath.AddScaled(Weights, WeightGradient, -rate);
        VectorMath.AddScaled(Bias, BiasGradient, -rate);
    }

    private float Activate(float z) => Activation switch
    {
        // Written so that NaN stays NaN.
        Activation.Relu => z < 0 ? 0 : z,
        Activation.Sigmoid => 1 / (1 + MathF.Exp(-z)),
        _ => z,
    };

    // The slope by the output, which is at hand.
    private float Slope(float output) => Activation switch
    {
        Activation.Relu => output > 0 || float.IsNaN(output) ? 1 : 0,
        Activation.Sigmoid => output * (1 - output),
        _ => 1,
    };

    // Box and Muller.
    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
