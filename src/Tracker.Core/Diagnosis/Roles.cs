namespace Tracker.Core.Diagnosis;

/// <summary>What a series is to the analyzer.</summary>
public enum RoleKind
{
    TrainLoss,
    ValLoss,
    TrainAccuracy,
    ValAccuracy,

    /// <summary>A part of the training loss, such as a GAN's two sides or a VAE's terms; the scope names it.</summary>
    PartLoss,

    /// <summary>Validation loss of one task of several; the scope names it.</summary>
    TaskLoss,
    TaskAccuracy,
    ClassAccuracy,
    CalibrationError,
    LearningRate,
    GradNorm,
    LayerGradNorm,
    ParamNorm,
    LayerParamNorm,
    UpdateRatio,
    DeadFraction,
    SaturatedFraction,
    AttentionEntropy,
    ActivationMean,
    ActivationStd,
    LogitMax,
    LossScale,
    ClipThreshold,
    ClipActive,
    Reward,
    Epoch,
    StepTime,
    DataTime,

    /// <summary>Mean of the inputs of a batch.</summary>
    InputMean,

    /// <summary>Standard deviation of the inputs of a batch.</summary>
    InputStd,

    /// <summary>How busy a device is, 0 to 1 or in percent.</summary>
    GpuUtilization,
    GpuMemory,

    /// <summary>Memory of the process or of the machine.</summary>
    HostMemory,
    System,

    /// <summary>Another measure of validation whose better direction is known from its name; the scope names it.</summary>
    Metric,
    ActivationHistogram,
    WeightHistogram,
    GradHistogram,
}

/// <summary>The role of a series, found from its name.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Scope">The layer, class, task or part that it is of; empty where it is of the whole.</param>
/// <param name="Rank">The process that logged it, from <c>rank3/…</c>; 0 for the first or only one.</param>
public sealed record SeriesRole(RoleKind Kind, string Scope = "", int Rank = 0)
{
    /// <summary>The canonical name of a series with this role: <c>train/loss</c>, <c>grad_norm/fc1</c>, <c>rank1/train/loss</c>.</summary>
    public string Name => (Rank > 0 ? $"rank{Rank}/" : "") + Kind switch
    {
        RoleKind.TrainLoss => "train/loss",
        RoleKind.ValLoss => "val/loss",
        RoleKind.TrainAccuracy => "train/accuracy",
        RoleKind.ValAccuracy => "val/accuracy",
        RoleKind.PartLoss => "train/loss_" + Scope,
        RoleKind.TaskLoss => "val/loss_" + Scope,
        RoleKind.TaskAccuracy => "val/accuracy_" + Scope,
        RoleKind.ClassAccuracy => "val/acc_class_" + Scope,
        RoleKind.CalibrationError => "val/ece",
        RoleKind.LearningRate => Scope.Length == 0 ? "lr" : "lr/" + Scope,
        RoleKind.GradNorm => "grad_norm/total",
        RoleKind.LayerGradNorm => "grad_norm/" + Scope,
        RoleKind.ParamNorm => "param_norm/total",
        RoleKind.LayerParamNorm => "param_norm/" + Scope,
        RoleKind.UpdateRatio => "update_ratio/" + Scope,
        RoleKind.DeadFraction => "dead_fraction/" + Scope,
        RoleKind.SaturatedFraction => "saturated_fraction/" + Scope,
        RoleKind.AttentionEntropy => "attention_entropy/" + Scope,
        RoleKind.ActivationMean => "act_mean/" + Scope,
        RoleKind.ActivationStd => "act_std/" + Scope,
        RoleKind.LogitMax => "logit_max",
        RoleKind.LossScale => "amp/scale",
        RoleKind.ClipThreshold => "clip/threshold",
        RoleKind.ClipActive => "clip/active",
        RoleKind.Reward => "train/reward",
        RoleKind.Epoch => "epoch",
        RoleKind.StepTime => "step_time",
        RoleKind.DataTime => "data_time",
        RoleKind.InputMean => "input/mean",
        RoleKind.InputStd => "input/std",
        RoleKind.GpuUtilization => "system/gpu_util",
        RoleKind.GpuMemory => "system/gpu_mem",
        RoleKind.HostMemory => "system/memory",
        RoleKind.Metric => "val/" + Scope,
        RoleKind.ActivationHistogram => "activations/" + Scope,
        RoleKind.WeightHistogram => "weights/" + Scope,
        RoleKind.GradHistogram => "grads/" + Scope,
        _ => "system/" + Scope,
    };

    /// <summary>More is better: accuracies, rewards, and metrics such as f1; for all else less is, or neither.</summary>
    public bool HigherIsBetter => Kind switch
    {
        RoleKind.TrainAccuracy or RoleKind.ValAccuracy or RoleKind.TaskAccuracy or RoleKind.ClassAccuracy or RoleKind.Reward => true,
        RoleKind.Metric => SeriesRoles.RisesWhenBetter(Scope),
        _ => false,
    };

    /// <summary>Logged at evaluations rather than at steps.</summary>
    internal bool IsEvaluation => Kind is RoleKind.ValLoss or RoleKind.TrainAccuracy or RoleKind.ValAccuracy or RoleKind.TaskLoss
        or RoleKind.TaskAccuracy or RoleKind.CalibrationError or RoleKind.Metric;

    /// <summary>Has its whole course kept.</summary>
    internal bool NeedsTrend => Kind is RoleKind.TrainLoss or RoleKind.PartLoss or RoleKind.GradNorm or RoleKind.ParamNorm or RoleKind.Reward || IsEvaluation;

    /// <summary>Has its last points kept, and its course in few buckets.</summary>
    internal bool NeedsRecent => Kind is RoleKind.LayerGradNorm or RoleKind.UpdateRatio or RoleKind.DeadFraction or RoleKind.SaturatedFraction
        or RoleKind.AttentionEntropy or RoleKind.ActivationMean or RoleKind.ActivationStd or RoleKind.LogitMax or RoleKind.LossScale
        or RoleKind.LayerParamNorm or RoleKind.ClassAccuracy or RoleKind.StepTime or RoleKind.DataTime or RoleKind.InputMean or RoleKind.InputStd
        or RoleKind.GpuUtilization or RoleKind.GpuMemory or RoleKind.HostMemory;
}
