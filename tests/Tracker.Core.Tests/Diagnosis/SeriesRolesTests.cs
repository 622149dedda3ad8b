using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

public sealed class SeriesRolesTests
{
    [Theory]
    // The canonical names are their own.
    [InlineData("train/loss", "train/loss")]
    [InlineData("val/loss", "val/loss")]
    [InlineData("train/accuracy", "train/accuracy")]
    [InlineData("val/accuracy", "val/accuracy")]
    [InlineData("lr", "lr")]
    [InlineData("grad_norm/total", "grad_norm/total")]
    [InlineData("grad_norm/layers.0", "grad_norm/layers.0")]
    [InlineData("grad_norm/blocks.0.attn.qkv", "grad_norm/blocks.0.attn.qkv")]
    [InlineData("param_norm/total", "param_norm/total")]
    [InlineData("param_norm/fc1", "param_norm/fc1")]
    [InlineData("update_ratio/fc1", "update_ratio/fc1")]
    [InlineData("dead_fraction/fc1", "dead_fraction/fc1")]
    [InlineData("saturated_fraction/fc1", "saturated_fraction/fc1")]
    [InlineData("attention_entropy/block0", "attention_entropy/block0")]
    [InlineData("act_mean/fc1", "act_mean/fc1")]
    [InlineData("act_std/fc1", "act_std/fc1")]
    [InlineData("clip/threshold", "clip/threshold")]
    [InlineData("clip/active", "clip/active")]
    [InlineData("logit_max", "logit_max")]
    [InlineData("amp/scale", "amp/scale")]
    [InlineData("val/acc_class_7", "val/acc_class_7")]
    [InlineData("val/ece", "val/ece")]
    [InlineData("val/loss_task_a", "val/loss_task_a")]
    [InlineData("epoch", "epoch")]
    [InlineData("step_time", "step_time")]
    [InlineData("data_time", "data_time")]
    [InlineData("system/cpu", "system/cpu")]
    [InlineData("rank3/train/loss", "rank3/train/loss")]
    // Keras.
    [InlineData("loss", "train/loss")]
    [InlineData("val_loss", "val/loss")]
    [InlineData("accuracy", "train/accuracy")]
    [InlineData("val_sparse_categorical_accuracy", "val/accuracy")]
    [InlineData("learning_rate", "lr")]
    [InlineData("weight_norm", "param_norm/total")]
    // Lightning.
    [InlineData("train_loss_step", "train/loss")]
    [InlineData("train_loss_epoch", "train/loss")]
    [InlineData("train_acc", "train/accuracy")]
    [InlineData("lr-AdamW", "lr/adam_w")]
    [InlineData("grad_2.0_norm_total", "grad_norm/total")]
    [InlineData("grad_2.0_norm/layers.1", "grad_norm/layers.1")]
    // Hugging Face.
    [InlineData("eval/loss", "val/loss")]
    [InlineData("eval_accuracy", "val/accuracy")]
    [InlineData("train/grad_norm", "grad_norm/total")]
    [InlineData("train/learning_rate", "lr")]
    [InlineData("train/epoch", "epoch")]
    // TensorBoard, W&B and others.
    [InlineData("Loss/train", "train/loss")]
    [InlineData("Loss/validation", "val/loss")]
    [InlineData("Accuracy/test", "val/accuracy")]
    [InlineData("epoch_loss", "train/loss")]
    [InlineData("valLoss", "val/loss")]
    [InlineData("trainLoss", "train/loss")]
    [InlineData("TRAIN LOSS", "train/loss")]
    [InlineData("train.loss", "train/loss")]
    [InlineData("total_grad_norm", "grad_norm/total")]
    [InlineData("gradient_norm", "grad_norm/total")]
    [InlineData("grad/pre_clip_norm", "grad_norm/total")]
    [InlineData("train/loss_d", "train/loss_d")]
    public void Names_in_use_are_recognised(string name, string role) => SeriesRoles.Recognize(name).ShouldNotBeNull().Name.ShouldBe(role);

    [Theory]
    [InlineData("")]
    [InlineData("///")]
    [InlineData("weights/fc1")]
    [InlineData("my/number")]
    [InlineData("glossary")]
    [InlineData("lr_scheduler_step")]
    [InlineData("grad_norm_clipped")]
    [InlineData("tokens_per_second")]
    [InlineData("損失")]
    public void Other_names_are_left_alone(string name) => SeriesRoles.Recognize(name).ShouldBeNull();
}
