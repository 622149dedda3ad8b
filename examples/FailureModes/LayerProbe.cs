namespace FailureModes;

/// <summary>Looks into the layers: norms, updates, what the units do on a fixed set of samples.</summary>
internal sealed class LayerProbe(Network network, float[] samples, int count)
{
    private readonly Dictionary<string, Names> _names = network.Layers.ToDictionary(layer => layer.Name, layer => new Names(layer.Name));

    /// <summary>Norms of gradients (before clipping) and parameters, and the state of the units. After the backward pass.</summary>
    public void LogGradients(RunLog log, int step)
    {
        foreach (var layer in network.Layers)
        {
            var names = _names[layer.Name];
            log.Log(step, (names.GradientNorm, Network.GradientNorm(layer)), (names.ParameterNorm, Network.ParameterNorm(layer)));
        }

        network.Forward(samples, count);
        foreach (var layer in network.Layers) LogUnits(log, step, layer);
    }

    /// <summary>Size of the coming change of the weights over their own size: about 1e-3 when all is well. After clipping.</summary>
    public void LogUpdates(RunLog log, int step, double rate)
    {
        foreach (var layer in network.Layers)
        {
            var ratio = rate * Math.Sqrt(VectorMath.SquareSum(layer.WeightGradient) / VectorMath.SquareSum(layer.Weights));
            log.Log(step, (_names[layer.Name].UpdateRatio, ratio));
        }
    }

    /// <summary>Gradients as they stand, weights, and the outputs on the fixed samples.</summary>
    public void LogHistograms(RunLog log, int step)
    {
        network.Forward(samples, count);
        foreach (var layer in network.Layers)
        {
            var names = _names[layer.Name];
            log.LogHistogram(names.Activations, layer.Output, step);
            log.LogHistogram(names.Gradients, layer.WeightGradient, step);
            log.LogHistogram(names.Weights, layer.Weights, step);
        }
    }

    private void LogUnits(RunLog log, int step, DenseLayer layer)
    {
        var names = _names[layer.Name];
        double sum = 0, squares = 0;
        foreach (var value in layer.Output)
        {
            sum += value;
            squares += (double)value * value;
        }

        var mean = sum / layer.Output.Length;
        log.Log(step, (names.Mean, mean), (names.Deviation, Math.Sqrt(Math.Max(0, (squares / layer.Output.Length) - (mean * mean)))));
        if (layer.Activation == Activation.Relu) log.Log(step, (names.Dead, DeadShare(layer)));
        if (layer.Activation == Activation.Sigmoid) log.Log(step, (names.Saturated, SaturatedShare(layer)));
    }

    /// <summary>Share of the units that are zero on every sample.</summary>
    private double DeadShare(DenseLayer layer)
    {
        var dead = 0;
        for (var unit = 0; unit < layer.Outputs; unit++)
        {
            var alive = false;
            for (var row = 0; row < count && !alive; row++) alive = layer.Output[(row * layer.Outputs) + unit] != 0;
            if (!alive) dead++;
        }

        return (double)dead / layer.Outputs;
    }

    /// <summary>Share of the outputs outside 0.01 to 0.99.</summary>
    private static double SaturatedShare(DenseLayer layer)
    {
        var saturated = 0;
        foreach (var value in layer.Output)
        {
            if (value is < 0.01f or > 0.99f) saturated++;
        }

        return (double)saturated / layer.Output.Length;
    }

    /// <summary>Made once: a name that is made anew at each step costs more than the logging.</summary>
    private sealed record Names(string Layer)
    {
        public string GradientNorm { get; } = $"grad_norm/{Layer}";

        public string ParameterNorm { get; } = $"param_norm/{Layer}";

        public string UpdateRatio { get; } = $"update_ratio/{Layer}";

        public string Mean { get; } = $"act_mean/{Layer}";

        public string Deviation { get; } = $"act_std/{Layer}";

        public string Dead { get; } = $"dead_fraction/{Layer}";

        public string Saturated { get; } = $"saturated_fraction/{Layer}";

        public string Activations { get; } = $"activations/{Layer}";

        public string Gradients { get; } = $"grads/{Layer}";

        public string Weights { get; } = $"weights/{Layer}";
    }
}
