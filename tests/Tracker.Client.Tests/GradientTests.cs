using FailureModes;
using Shouldly;
using Xunit;

namespace Tracker.Client.Tests;

/// <summary>The example's backpropagation against differences of its loss.</summary>
public sealed class GradientTests
{
    private const int Inputs = 6, Classes = 4, Rows = 5;
    private const float Nudge = 1e-2f;

    private readonly float[] _input;
    private readonly int[] _classes;

    public GradientTests()
    {
        var random = new Random(7);
        _input = Array.ConvertAll(new float[Rows * Inputs], _ => (float)random.NextDouble() - 0.5f);
        _classes = Array.ConvertAll(new int[Rows], _ => random.Next(Classes));
    }

    [Theory]
    [InlineData("sigmoid", "softmax")]
    [InlineData("sigmoid", "binary")]
    [InlineData("relu", "softmax")]
    [InlineData("relu", "binary")]
    public void Every_gradient_is_the_slope_of_the_loss(string activation, string loss)
    {
        Loss.Function function = loss == "softmax" ? Loss.CrossEntropy : Loss.BinaryCrossEntropyByTheBook;
        var network = new Network(Inputs, [7, 5], activation == "relu" ? Activation.Relu : Activation.Sigmoid, Classes, new Random(3));
        var gradient = new float[Rows * Classes];
        function(network.Forward(_input, Rows), _classes, Classes, gradient);
        network.Backward(gradient, Rows);

        var pairs = new List<(double Analytic, double Numeric)>();
        foreach (var layer in network.Layers)
        {
            var analytic = layer.WeightGradient.Concat(layer.BiasGradient).ToArray();
            for (var i = 0; i < analytic.Length; i++)
            {
                var isWeight = i < layer.Weights.Length;
                var values = isWeight ? layer.Weights : layer.Bias;
                pairs.Add((analytic[i], SlopeAt(network, function, values, isWeight ? i : i - layer.Weights.Length)));
            }
        }

        // Relative to all gradients together: single precision leaves the small ones few digits, and a nudge may cross a kink of a ReLU.
        var error = Math.Sqrt(pairs.Sum(p => (p.Analytic - p.Numeric) * (p.Analytic - p.Numeric)) / pairs.Sum(p => p.Numeric * p.Numeric));
        pairs.Count(p => p.Numeric != 0).ShouldBeGreaterThan(pairs.Count / 3);
        error.ShouldBeLessThan(activation == "relu" ? 2e-2 : 2e-3);
    }

    [Fact]
    public void Clipping_scales_all_gradients_to_the_limit_and_leaves_smaller_ones_alone()
    {
        var network = new Network(Inputs, [7], Activation.Relu, Classes, new Random(3));
        var gradient = new float[Rows * Classes];
        Loss.CrossEntropy(network.Forward(_input, Rows), _classes, Classes, gradient);
        network.Backward(gradient, Rows);
        var norm = network.GradientNorm();
        var clipping = new Tracker.Client.Probes.GradientClipping(null);
        var gradients = network.Gradients().Select(item => item.Values.AsMemory()).ToList();
        clipping.ByNorm(0, gradients, norm * 2).ShouldBe(norm, norm * 1e-6);
        clipping.ByNorm(1, gradients, norm / 4).ShouldBe(norm, norm * 1e-6);
        clipping.Clipped.ShouldBe(1);
        network.GradientNorm().ShouldBe(norm / 4, norm * 1e-5);
    }

    private double SlopeAt(Network network, Loss.Function loss, float[] values, int i)
    {
        var kept = values[i];
        values[i] = kept + Nudge;
        var above = LossOf(network, loss);
        values[i] = kept - Nudge;
        var below = LossOf(network, loss);
        values[i] = kept;
        return (above - below) / (2 * Nudge);
    }

    private double LossOf(Network network, Loss.Function loss) =>
        loss(network.Forward(_input, Rows), _classes, Classes, new float[Rows * Classes]).Loss;
}
