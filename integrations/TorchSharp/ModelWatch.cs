using Tracker.Client.Probes;
using static TorchSharp.torch;

namespace Tracker.Client.TorchSharp;

/// <summary>
/// Logs what happens inside a model every n steps: gradient and parameter norms by layer, sizes of the updates, mean and deviation of activations,
/// dead and saturated fractions, learning rate by group, histograms. Numbers are reduced on the tensors' own device; only scalars leave it, histograms excepted.
/// </summary>
public sealed class ModelWatch : IDisposable
{
    private readonly TrackerRun _run;
    private readonly nn.Module _model;
    private readonly optim.Optimizer? _optimizer;
    private readonly int _every;
    private readonly int _histogramEvery;
    private readonly List<Action> _removals = [];
    private readonly Dictionary<string, Tensor> _before = [];
    private long _step;
    private bool _isLooking;

    /// <param name="run">Gets the series.</param>
    /// <param name="model">Hooks are set on its modules that take and give one tensor; call it by <c>call</c>, since <c>forward</c> runs no hooks.</param>
    /// <param name="optimizer">For the rates; null: none are logged.</param>
    /// <param name="every">Steps between two looks.</param>
    /// <param name="histogramEvery">Steps between two sets of histograms; 0: none.</param>
    public ModelWatch(TrackerRun run, nn.Module model, optim.Optimizer? optimizer = null, int every = 50, int histogramEvery = 500)
    {
        (_run, _model, _optimizer, _every, _histogramEvery) = (run, model, optimizer, every, histogramEvery);
        foreach (var (name, module) in model.named_modules())
        {
            if (module is not nn.Module<Tensor, Tensor> layer || module.named_children().Any()) continue;
            var hook = layer.register_forward_hook((_, _, output) =>
            {
                if (_isLooking) LogActivations(name, module, output);
                return output;
            });
            _removals.Add(hook.remove);
        }
    }

    /// <summary>Call before the forward pass.</summary>
    public void BeforeStep(long step) => (_step, _isLooking) = (step, step % _every == 0);

    /// <summary>Call after the backward pass and before clipping and the optimizer's step.</summary>
    public void AfterBackward()
    {
        if (!_isLooking) return;
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        double gradients = 0, parameters = 0;
        foreach (var (name, parameter) in _model.named_parameters())
        {
            var size = Norm(parameter);
            parameters += size * size;
            _run.Log(_step, ("param_norm/" + name, size));
            if (parameter.grad is { } gradient)
            {
                var norm = Norm(gradient);
                gradients += norm * norm;
                _run.Log(_step, ("grad_norm/" + name, norm));
                if (IsHistogramStep) _run.LogHistogram("grads/" + name, Values(gradient), _step);
            }

            if (IsHistogramStep) _run.LogHistogram("weights/" + name, Values(parameter), _step);
            _before[name] = parameter.detach().clone().MoveToOuterDisposeScope();
        }

        _run.Log(_step, ("grad_norm/total", Math.Sqrt(gradients)), ("param_norm/total", Math.Sqrt(parameters)));
        var group = 0;
        foreach (var controller in _optimizer?.ParamGroups ?? [])
        {
            if (group == 0) _run.Log(_step, ("lr", controller.LearningRate));
            _run.Log(_step, ($"lr/group_{group++}", controller.LearningRate));
        }
    }

    /// <summary>Call after the optimizer's step.</summary>
    public void AfterStep()
    {
        if (!_isLooking) return;
        _isLooking = false;
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        foreach (var (name, parameter) in _model.named_parameters())
        {
            if (!_before.Remove(name, out var before)) continue;
            var size = Norm(before);
            if (size > 0) _run.Log(_step, ("update_ratio/" + name, Norm(parameter - before) / size));
            before.Dispose();
        }
    }

    /// <summary>Takes the hooks away.</summary>
    public void Dispose()
    {
        _removals.ForEach(remove => remove());
        _removals.Clear();
        foreach (var tensor in _before.Values) tensor.Dispose();
        _before.Clear();
    }

    private bool IsHistogramStep => _histogramEvery > 0 && _step % _histogramEvery == 0;

    private void LogActivations(string name, nn.Module module, Tensor output)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        var values = output.detach().to_type(ScalarType.Float32);
        _run.Log(_step, ("act_mean/" + name, values.mean().item<float>()), ("act_std/" + name, values.std().item<float>()));
        if (module is global::TorchSharp.Modules.ReLU)
            _run.Log(_step, ("dead_fraction/" + name, values.flatten(0, Math.Max(0, values.dim() - 2)).eq(0).all(0).to_type(ScalarType.Float32).mean().item<float>()));
        else if (module is global::TorchSharp.Modules.Sigmoid)
            _run.Log(_step, ("saturated_fraction/" + name, (values.lt(0.01) | values.gt(0.99)).to_type(ScalarType.Float32).mean().item<float>()));
        else if (module is global::TorchSharp.Modules.Tanh)
            _run.Log(_step, ("saturated_fraction/" + name, values.abs().gt(0.99).to_type(ScalarType.Float32).mean().item<float>()));
        if (IsHistogramStep) _run.LogHistogram("activations/" + name, Values(output), _step);
    }

    private static double Norm(Tensor tensor) => tensor.detach().to_type(ScalarType.Float32).norm().item<float>();

    private static float[] Values(Tensor tensor) => tensor.detach().to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
}
