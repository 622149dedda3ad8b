using Tracker.Client.Probes;
using static TorchSharp.torch;

namespace Tracker.Client.TorchSharp;

/// <summary>What the probes of <c>Tracker.Client.Probes</c> ask for, from a TorchSharp model.</summary>
public static class TorchProbes
{
    /// <summary>Gradients of the trainable parameters, copied to the processor: for <see cref="GradientTable"/> and <see cref="SanityChecks.GradientsReachAll"/>.</summary>
    public static IEnumerable<NamedGradient> Gradients(this nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (var (name, parameter) in model.named_parameters())
        {
            if (parameter.requires_grad) yield return new NamedGradient(name, parameter.grad is { } gradient ? Copy(gradient) : null);
        }
    }

    /// <summary>Parameters, copied to the processor: for <see cref="NanHunt.SearchTensors"/>.</summary>
    public static IEnumerable<NamedTensor> Parameters(this nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.named_parameters().Select(item => new NamedTensor(item.name, Copy(item.parameter)));
    }

    /// <summary>Buffers, such as running statistics, copied to the processor.</summary>
    public static IEnumerable<NamedTensor> Buffers(this nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.named_buffers().Select(item => new NamedTensor(item.name, Copy(item.buffer)));
    }

    /// <summary>For <see cref="ModeScope"/>: sets and reads the mode of the model and of all its modules.</summary>
    public static ModelMode Mode(this nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ModelMode(isTraining => model.train(isTraining), () => model.named_modules().Select(item => item.module.training).Prepend(model.training));
    }

    private static float[] Copy(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var quiet = no_grad();
        return tensor.detach().to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
    }
}
