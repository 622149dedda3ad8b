using Tracker.Client;
using Tracker.Client.Probes;

namespace FailureModes;

/// <summary>What only the training process can find out, by the probes of the client.</summary>
internal sealed class Sanity(Network network, Mode mode, int classCount)
{
    private const int OverfitSteps = 200;

    /// <summary>The ten points before the training; afterwards the network is as it was.</summary>
    public void CheckBefore(TrackerRun run, Samples batch, float[] input)
    {
        var saved = network.Parameters().Select(parameter => parameter.Values.ToArray()).ToArray();
        var gradient = new float[batch.Count * classCount];
        double Loss() => mode.Loss(network.Forward(input, batch.Count), batch.Classes, classCount, gradient).Loss;
        double Train()
        {
            var loss = Loss();
            network.Backward(gradient, batch.Count);
            network.Step(mode.LearningRate, mode.WeightDecay);
            return loss;
        }

        void Restore()
        {
            foreach (var (parameter, values) in network.Parameters().Zip(saved)) values.CopyTo(parameter.Values, 0);
        }

        SanityChecks.LossAtStart(run, Loss(), classCount);
        network.Backward(gradient, batch.Count);
        SanityChecks.GradientsReachAll(run, 0, network.Gradients().Select(item => new NamedGradient(item.Name, item.Values)));
        Checklist.Check(
            run,
            new ChecklistSubject
            {
                Shape = ([batch.Count, network.Layers[^1].Outputs], [-1, classCount]),
                BatchLoss = Loss,
                TrainOnBatch = Train,
                Restore = Restore,
                OverfitSteps = OverfitSteps,
                Inputs = input,
                TrainHashes = Enumerable.Range(0, batch.Count).Select(i => Health.Hash(batch.Row(i))),
                // Logged in every step below.
                LogsRate = true,
            },
            TextWriter.Null);
    }

    /// <summary>The loss is no number: where did it begin?</summary>
    public void Hunt(TrackerRun run, int step, float[] input, int rows)
    {
        var hunt = new NanHunt(run);
        hunt.SearchTensors(step, network.Parameters().Select(item => new NamedTensor(item.Name, item.Values)));
        network.Forward(input, rows);
        var from = input;
        foreach (var layer in network.Layers)
        {
            hunt.Forward(step, layer.Name, from, layer.Output);
            from = layer.Output;
        }
    }

    /// <summary>Accuracy class by class, and whether the probabilities can be trusted.</summary>
    public void LogQuality(RunLog log, int step, float[] logits, int[] classes)
    {
        var quality = PredictionQuality.Of(Softmax(logits), classes, classCount);
        log.Log(step, ("val/ece", quality.CalibrationError));
        for (var k = 0; k < classCount; k++)
        {
            if (!double.IsNaN(quality.AccuracyByClass[k])) log.Log(step, ($"val/acc_class_{k}", quality.AccuracyByClass[k]));
        }
    }

    private float[] Softmax(float[] logits)
    {
        var probabilities = new float[logits.Length];
        for (var row = 0; row < logits.Length; row += classCount)
        {
            var z = logits.AsSpan(row, classCount);
            float greatest = float.NegativeInfinity, sum = 0;
            foreach (var value in z) greatest = Math.Max(greatest, value);
            for (var k = 0; k < classCount; k++) sum += probabilities[row + k] = MathF.Exp(z[k] - greatest);
            for (var k = 0; k < classCount; k++) probabilities[row + k] /= sum;
        }

        return probabilities;
    }
}
