using Tracker.Client;
using Tracker.Client.Probes;

namespace FailureModes;

/// <summary>How all modes of one command are trained.</summary>
/// <param name="Steps">Optimizer steps a run.</param>
/// <param name="Seed">Of the initial weights and of the order of the samples.</param>
/// <param name="StepDelay">Waited after each step, so that curves can be watched as they grow.</param>
internal sealed record Plan(int Steps, int Seed, TimeSpan StepDelay);

/// <summary>What a training came to.</summary>
/// <param name="ClippedShare">Share of the steps in which the gradient was clipped; null where nothing clips.</param>
/// <param name="FirstNonFinite">First step whose loss was no number, or null.</param>
internal sealed record TrainingResult(
    TrackerFinishState State, int Steps, double FirstLoss, double LastLoss, double LastValidationLoss, double BestValidationLoss,
    double ValidationAccuracy, double? ClippedShare, int? FirstNonFinite);

/// <summary>Trains one network in one mode, logging everything that a diagnosis can use.</summary>
internal sealed class Training
{
    private const int Evaluations = 40;
    private const int HistogramsPerRun = 20;
    private const int StepsBetweenLayerLogs = 10;
    private const int ProbeSamples = 100;
    /// <summary>A poisoned network learns nothing more, but people should see that it does not come back.</summary>
    private const int StepsAfterNonFinite = 300;

    private readonly Mode _mode;
    private readonly Plan _plan;
    private readonly RunLog _log;
    private readonly Samples _train;
    private readonly Samples _validation;
    private readonly Network _network;
    private readonly LayerProbe _probe;
    private readonly Sanity _sanity;
    private readonly GradientClipping _clipping = new(null);
    private readonly Shuffle _order;
    private readonly float[] _input;
    private readonly int[] _classes;
    private readonly float[] _gradient;

    public Training(Mode mode, Plan plan, DataSet data, RunLog log)
    {
        (_mode, _plan, _log) = (mode, plan, log);
        _train = mode.Examples is { } examples ? data.Train.Take(examples) : data.Train;
        _validation = data.Validation;
        var random = new Random(plan.Seed);
        _network = new Network(_train.Width, mode.Hidden, mode.Activation, ClassCount, random);
        _network.Spoil(mode.InitScale, mode.DeadShare);
        _sanity = new Sanity(_network, mode, ClassCount);
        _order = new Shuffle(_train.Count, random);
        _probe = new LayerProbe(_network, Scaled(data.Validation.Take(ProbeSamples)), Math.Min(ProbeSamples, data.Validation.Count));
        _input = new float[mode.BatchSize * _train.Width];
        _classes = new int[mode.BatchSize];
        _gradient = new float[mode.BatchSize * ClassCount];
    }

    public const int ClassCount = 10;

    /// <summary>What the one who starts the run believes: it names no fault.</summary>
    public static IReadOnlyDictionary<string, object?> Config(Mode mode, Plan plan, DataSet data)
    {
        var examples = Math.Min(mode.Examples ?? data.Train.Count, data.Train.Count);
        return new Dictionary<string, object?>
        {
            ["model"] = $"mlp {string.Join('-', mode.Hidden)} {mode.Activation.ToString().ToLowerInvariant()}",
            ["dataset"] = data.Name,
            ["train_examples"] = examples,
            ["loss"] = mode.Loss == Loss.CrossEntropy ? "cross_entropy" : "binary_cross_entropy",
            ["optimizer"] = "sgd",
            ["lr"] = mode.LearningRate,
            ["schedule"] = mode.RateDropsAt is null ? "constant" : "step",
            ["batch_size"] = mode.BatchSize,
            ["weight_decay"] = mode.WeightDecay,
            ["max_grad_norm"] = mode.MaxGradNorm,
            ["num_classes"] = ClassCount,
            ["total_steps"] = plan.Steps,
            ["steps_per_epoch"] = (examples + mode.BatchSize - 1) / mode.BatchSize,
            ["precision"] = "fp32",
            ["seed"] = plan.Seed,
        };
    }

    public async Task<TrainingResult> RunAsync(CancellationToken cancellationToken)
    {
        var evaluation = (Loss: double.NaN, Accuracy: double.NaN);
        double first = double.NaN, last = double.NaN, best = double.PositiveInfinity;
        int step = 0, clipped = 0;
        int? broken = null;
        var state = TrackerFinishState.Finished;
        _sanity.CheckBefore(_log.Run, _train.Take(32), Scaled(_train.Take(32)));
        for (; step < _plan.Steps; step++)
        {
            if (cancellationToken.IsCancellationRequested || _log.ShouldStop)
            {
                state = TrackerFinishState.Killed;
                break;
            }

            if (step % Every(Evaluations) == 0)
            {
                evaluation = Evaluate(step);
                if (evaluation.Loss < best) best = evaluation.Loss;
            }

            var (loss, wasClipped) = Step(step);
            last = loss;
            if (step == 0) first = loss;
            if (wasClipped) clipped++;
            if (broken is null && !double.IsFinite(loss))
            {
                broken = step;
                _sanity.Hunt(_log.Run, step, _input, _mode.BatchSize);
            }

            if (step - broken >= StepsAfterNonFinite)
            {
                state = TrackerFinishState.Failed;
                step++;
                break;
            }

            if (_plan.StepDelay > TimeSpan.Zero)
                await Task.Delay(_plan.StepDelay, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (state == TrackerFinishState.Finished) evaluation = Evaluate(step);
        best = Math.Min(best, double.IsNaN(evaluation.Loss) ? best : evaluation.Loss);
        return new TrainingResult(
            state, step, first, last, evaluation.Loss, best, evaluation.Accuracy, _mode.MaxGradNorm is null || step == 0 ? null : (double)clipped / step, broken);
    }

    private (double Loss, bool Clipped) Step(int step)
    {
        _order.Fill(_train, _mode.InputScale, _input, _classes);
        var result = _mode.Loss(_network.Forward(_input, _mode.BatchSize), _classes, ClassCount, _gradient);
        _network.Backward(_gradient, _mode.BatchSize);

        var norm = _network.GradientNorm();
        _log.Log(
            step,
            ("train/loss", result.Loss), ("lr", _mode.RateAt(step, _plan.Steps)), ("grad_norm/total", norm),
            ("param_norm/total", _network.ParameterNorm()), ("epoch", (double)step * _mode.BatchSize / _train.Count));

        var logLayers = step % StepsBetweenLayerLogs == 0;
        if (logLayers) _probe.LogGradients(_log, step);
        if (step % Every(HistogramsPerRun) == 0) _probe.LogHistograms(_log, step);
        var clipped = false;
        if (_mode.MaxGradNorm is { } limit)
        {
            _clipping.ByNorm(step, _network.Gradients().Select(gradient => gradient.Values.AsMemory()), limit);
            clipped = norm > limit;
            _log.Log(step, ("clip/threshold", limit), ("clip/active", clipped ? 1 : 0));
        }

        var rate = _mode.RateAt(step, _plan.Steps);
        if (logLayers) _probe.LogUpdates(_log, step, rate);
        _network.Step(rate, _mode.WeightDecay);
        return (result.Loss, clipped);
    }

    private (double Loss, double Accuracy) Evaluate(int step)
    {
        var validation = LossOn(_validation);
        _sanity.LogQuality(_log, step, _network.Forward(Scaled(_validation), _validation.Count), _validation.Classes);
        var train = LossOn(_train.Take(_validation.Count));
        _log.Log(step, ("val/loss", validation.Loss), ("val/accuracy", validation.Accuracy), ("train/accuracy", train.Accuracy));
        return (validation.Loss, validation.Accuracy);
    }

    private LossResult LossOn(Samples samples) =>
        _mode.Loss(_network.Forward(Scaled(samples), samples.Count), samples.Classes, ClassCount, new float[samples.Count * ClassCount]);

    private float[] Scaled(Samples samples) => Array.ConvertAll(samples.Pixels, pixel => pixel * _mode.InputScale);

    private int Every(int times) => Math.Max(1, _plan.Steps / times);
}

/// <summary>The samples in a new order each epoch.</summary>
internal sealed class Shuffle(int count, Random random)
{
    private readonly int[] _order = Enumerable.Range(0, count).ToArray();
    private int _next = count;

    public void Fill(Samples samples, float scale, float[] input, int[] classes)
    {
        for (var row = 0; row < classes.Length; row++)
        {
            if (_next == _order.Length)
            {
                random.Shuffle(_order);
                _next = 0;
            }

            var sample = _order[_next++];
            classes[row] = samples.Classes[sample];
            var from = samples.Row(sample);
            for (var k = 0; k < from.Length; k++) input[(row * samples.Width) + k] = from[k] * scale;
        }
    }
}
