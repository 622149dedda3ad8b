using Tracker.Core.Diagnosis;

namespace Tracker.Bench.Diagnosis;

/// <summary>What others call the series; null where their habit has no name for one.</summary>
internal static class Names
{
    public static string? Keras(SeriesRole role) => role.Kind switch
    {
        RoleKind.TrainLoss => "loss",
        RoleKind.ValLoss => "val_loss",
        RoleKind.TrainAccuracy => "sparse_categorical_accuracy",
        RoleKind.ValAccuracy => "val_sparse_categorical_accuracy",
        RoleKind.LearningRate => "learning_rate",
        RoleKind.GradNorm => "gradient_norm",
        RoleKind.ParamNorm => "weight_norm",
        RoleKind.LayerGradNorm => $"gradient_norm/{role.Scope}",
        RoleKind.LayerParamNorm => $"weight_norm/{role.Scope}",
        RoleKind.PartLoss => $"{role.Scope}_loss",
        RoleKind.TaskLoss => $"val_{role.Scope}_loss",
        RoleKind.TaskAccuracy => $"val_{role.Scope}_accuracy",
        _ => null,
    };

    public static string? HuggingFace(SeriesRole role) => role.Kind switch
    {
        RoleKind.TrainLoss => "train/loss",
        RoleKind.ValLoss => "eval/loss",
        RoleKind.TrainAccuracy => "train/accuracy",
        RoleKind.ValAccuracy => "eval/accuracy",
        RoleKind.LearningRate => "train/learning_rate",
        RoleKind.GradNorm => "train/grad_norm",
        RoleKind.Epoch => "train/epoch",
        RoleKind.ClassAccuracy => $"eval/accuracy_class_{role.Scope}",
        RoleKind.CalibrationError => "eval/ece",
        RoleKind.TaskLoss => $"eval/{role.Scope}_loss",
        RoleKind.TaskAccuracy => $"eval/{role.Scope}_accuracy",
        RoleKind.PartLoss => $"train/{role.Scope}_loss",
        _ => null,
    };

    public static string? Composer(SeriesRole role) => role.Kind switch
    {
        RoleKind.TrainLoss => "loss/train/total",
        RoleKind.ValLoss => "metrics/eval/CrossEntropy",
        RoleKind.TrainAccuracy => "metrics/train/MulticlassAccuracy",
        RoleKind.ValAccuracy => "metrics/eval/MulticlassAccuracy",
        RoleKind.LearningRate => "lr-DecoupledAdamW/group0",
        RoleKind.GradNorm => "l2_norm/grad/global",
        RoleKind.LayerGradNorm => $"l2_norm/grad/{role.Scope}",
        RoleKind.LayerParamNorm => $"l2_norm/param/{role.Scope}",
        RoleKind.Epoch => "trainer/epoch",
        _ => null,
    };

    public static string? ByHand(SeriesRole role) => role.Kind switch
    {
        RoleKind.TrainLoss => "Training Loss",
        RoleKind.ValLoss => "Test Loss",
        RoleKind.TrainAccuracy => "Training Accuracy",
        RoleKind.ValAccuracy => "Test Acc",
        RoleKind.LearningRate => "Learning Rate",
        RoleKind.GradNorm => "Gradient L2 Norm",
        RoleKind.ParamNorm => "Weight L2 Norm",
        RoleKind.LayerGradNorm => $"grads/norm/{role.Scope}",
        RoleKind.LayerParamNorm => $"params/norm/{role.Scope}",
        RoleKind.UpdateRatio => $"update_to_weight_ratio/{role.Scope}",
        RoleKind.DeadFraction => $"dead_units/{role.Scope}",
        RoleKind.SaturatedFraction => $"saturation/{role.Scope}",
        RoleKind.AttentionEntropy => $"attn_entropy/{role.Scope}",
        RoleKind.ClassAccuracy => $"Test Acc/class {role.Scope}",
        RoleKind.CalibrationError => "Test ECE",
        RoleKind.Epoch => "Epoch",
        _ => null,
    };
}
