using Shouldly;
using Tracker.Core.Diagnosis;
using Xunit;

namespace Tracker.Core.Tests.Diagnosis;

/// <summary>
/// Names as they come from Keras, PyTorch Lightning, Hugging Face, TensorBoard, W&amp;B, fastai, PaddlePaddle, Flax, timm, YOLO, nnU-Net, detectron2,
/// Stable-Baselines, Spinning Up, CleanRL, fairseq, Megatron, Composer and single projects, and the role of each; a dash for none.
/// </summary>
public sealed class SeriesNamesTests
{
    private const string Table = """
        val_accuracy → val/accuracy
        acc → train/accuracy
        val_acc → val/accuracy
        sparse_categorical_accuracy → train/accuracy
        categorical_accuracy → train/accuracy
        val_categorical_accuracy → val/accuracy
        binary_accuracy → train/accuracy
        val_binary_accuracy → val/accuracy
        val_auc → val/auc
        val_precision → val/precision
        val_mean_absolute_error → val/mean_absolute_error
        val_mae → val/mae
        epoch_val_loss → val/loss
        epoch_accuracy → train/accuracy
        epoch_learning_rate → lr
        evaluation_accuracy_vs_iterations → val/accuracy
        train_loss → train/loss
        training_loss → train/loss
        validation_loss → val/loss
        val_loss_epoch → val/loss
        train_acc_epoch → train/accuracy
        valid_acc → val/accuracy
        val_acc_step → val/accuracy
        lr-AdamW/pg1 → lr/adam_w_pg1
        lr-SGD-momentum → lr/sgd_momentum
        grad_2.0_norm/layer1.weight → grad_norm/layer1.weight
        grad_norm_total → grad_norm/total
        eval_loss → val/loss
        train_runtime → -
        eval/accuracy → val/accuracy
        eval_f1 → val/f1
        eval/rouge1 → val/rouge1
        train/num_input_tokens_seen → -
        Loss/val → val/loss
        Loss/test → val/loss
        Accuracy/train → train/accuracy
        Accuracy/val → val/accuracy
        Val Loss → val/loss
        Train Loss → train/loss
        Train Accuracy → train/accuracy
        Validation Accuracy → val/accuracy
        Training/Loss → train/loss
        losses/train → train/loss
        losses/val → val/loss
        metrics/train_loss → train/loss
        Learning Rate → lr
        LearningRate → lr
        lr/group0 → lr/group0
        opt/lr → lr
        optim/lr → lr
        optimizer/lr → lr
        optimizer/learning_rate → lr
        hparams/lr → lr
        charts/learning_rate → lr
        train/lr → lr
        train_lr → lr
        current_lr → lr
        base_lr → lr
        max_lr → -
        Train/LR → lr
        train/lr_0 → lr
        valAcc → val/accuracy
        valid.loss → val/loss
        valid_loss → val/loss
        error_rate → -
        val_error_rate → val/error_rate
        validation/accuracy → val/accuracy
        raw_loss → train/loss
        eps_0 → -
        mom_0 → -
        wd_0 → -
        lr_0 → lr
        train/loss/total → train/loss
        total_loss → train/loss
        train/total_loss → train/loss
        val/total_loss → val/loss
        loss/total → train/loss
        loss_total → train/loss
        train_step_loss → train/loss
        step_loss → train/loss
        iter/loss → train/loss
        batch/loss → train/loss
        avg_loss → train/loss
        mean_loss → train/loss
        train/avg_loss → train/loss
        running_loss → train/loss
        smoothed_loss → -
        eval/avg_loss → val/loss
        train/ce_loss → train/loss
        val/ce_loss → val/loss
        train/nll → -
        train/ppl → -
        train/perplexity → -
        ce → -
        train/box_loss → train/loss_box
        train/cls_loss → train/loss_cls
        train/dfl_loss → train/loss_dfl
        train/obj_loss → train/loss_obj
        val/box_loss → -
        val/cls_loss → -
        val/dfl_loss → -
        metrics/mAP50(B) → val/metrics_m_ap50_b
        metrics/mAP50-95(B) → val/metrics_m_ap50_95_b
        metrics/precision(B) → val/metrics_precision_b
        metrics/recall(B) → val/metrics_recall_b
        metrics/mAP_0.5 → val/metrics_m_ap_0_5
        metrics/mAP_0.5:0.95 → val/metrics_m_ap_0_5_0_95
        metrics/accuracy_top1 → val/accuracy
        x/lr0 → lr
        x/lr1 → lr/1
        lr/pg0 → lr/pg0
        lr/pg1 → lr/pg1
        train_losses → train/loss
        val_losses → val/loss
        mean_fg_dice → val/mean_fg_dice
        ema_fg_dice → -
        dice_per_class_or_region → -
        lrs → lr
        loss_rpn_cls → train/loss_rpn_cls
        loss_box_reg → train/loss_box_reg
        loss_cls → train/loss_cls
        loss_mask → train/loss_mask
        bbox/AP → val/bbox_ap
        bbox/AP50 → val/bbox_ap50
        segm/AP → val/segm_ap
        fast_rcnn/cls_accuracy → -
        time → -
        eta_seconds → -
        rollout/ep_len_mean → -
        train/policy_gradient_loss → train/loss_policy_gradient
        train/value_loss → train/loss_value
        train/entropy_loss → train/loss_entropy
        train/approx_kl → -
        train/clip_fraction → -
        train/explained_variance → -
        train/n_updates → -
        train/clip_range → -
        time/fps → -
        eval/mean_reward → train/reward
        eval/mean_ep_length → -
        episode_reward → train/reward
        episode_return → train/reward
        losses/value_loss → train/loss_value
        losses/policy_loss → train/loss_policy
        losses/entropy → train/loss_entropy
        losses/qf1_loss → train/loss_qf1
        losses/actor_loss → train/loss_actor
        EpRet → train/reward
        AverageEpRet → train/reward
        d_loss → train/loss_d
        g_loss → train/loss_g
        loss_D → train/loss_d
        loss_G → train/loss_g
        Loss_D → train/loss_d
        lossD → train/loss_d
        lossG → train/loss_g
        D_real → -
        gen_loss → train/loss_gen
        disc_loss → train/loss_disc
        generator_loss → train/loss_generator
        train/kl_loss → train/loss_kl
        train/elbo → train/loss_elbo
        kl_divergence → -
        train_loss_iter → train/loss
        train/train_loss → train/loss
        val/val_loss → val/loss
        val/val_acc → val/accuracy
        train/train_acc → train/accuracy
        train/loss_step → train/loss
        train/loss_epoch → train/loss
        top1 → train/accuracy
        train_top1 → train/accuracy
        eval_top1 → val/accuracy
        eval_top5 → val/top5
        val/top1_acc → val/accuracy
        Acc@1 → train/accuracy
        test_acc1 → val/accuracy
        test_acc5 → val/acc5
        train_min_lr → -
        acc/val → val/accuracy
        acc/train → train/accuracy
        train_accuracy → train/accuracy
        test_accuracy → val/accuracy
        dev_loss → val/loss
        dev/acc → val/accuracy
        holdout_loss → val/loss
        val_bpb → val/bpb
        val/bpb → val/bpb
        train/mfu → -
        lm loss → train/loss
        lm loss validation → val/loss
        lm-loss-training/lm loss → train/loss
        grad-norm → grad_norm/total
        grad_norm → grad_norm/total
        grad_global_norm → grad_norm/total
        gradients/global_norm → grad_norm/total
        global_norm/grads → grad_norm/total
        train/grad_norm_total → grad_norm/total
        grads/total_norm → grad_norm/total
        optim/grad_norm → grad_norm/total
        l2_grad_norm → grad_norm/total
        grad_l2_norm → grad_norm/total
        norm/grad → grad_norm/total
        g_norm → grad_norm/total
        l2_norm/grads → grad_norm/total
        params-norm → param_norm/total
        param_norm → param_norm/total
        l2_params → param_norm/total
        loss-scale → amp/scale
        train/grad_scale → amp/scale
        amp/loss_scale → amp/scale
        gradients/layer1.weight → -
        Gradients/layer1/norm → grad_norm/layer1
        layer1/grad_norm → grad_norm/layer1
        grad_norm/encoder.layer.0.attention → grad_norm/encoder.layer.0.attention
        l2_norm/grad/blocks.0.attn → grad_norm/blocks.0.attn
        grad_norms/fc1 → grad_norm/fc1
        gradnorm/fc1 → grad_norm/fc1
        weight_norms/fc1 → param_norm/fc1
        param_norms/fc1 → param_norm/fc1
        weights_norm/fc1 → param_norm/fc1
        update_ratios/fc1 → update_ratio/fc1
        dead_neurons/fc1 → dead_fraction/fc1
        dead_relu_fraction/fc1 → dead_fraction/fc1
        frac_dead/fc1 → dead_fraction/fc1
        attn_entropy/block0 → attention_entropy/block0
        attention_entropies/h0 → attention_entropy/h0
        saturation/fc1 → saturated_fraction/fc1
        saturated_frac/fc1 → saturated_fraction/fc1
        acts/std/fc1 → act_std/fc1
        ece/val → val/ece
        calibration_error → val/ece
        val/acc_class_3 → val/acc_class_3
        val/class_3_acc → val/acc_class_3
        val_acc_class3 → val/acc_class_3
        val/recall_3 → val/recall_3
        recall/class_3 → val/acc_class_3
        val/per_class_accuracy/3 → val/acc_class_3
        val/class_acc/3 → val/acc_class_3
        accuracy/class_3 → val/acc_class_3
        val/task_a/loss → val/loss_task_a
        task_a/val_loss → val/loss_task_a
        val/accuracy_task_a → val/accuracy_task_a
        eval/task_a/accuracy → val/accuracy_task_a
        Epoch → epoch
        epochs → epoch
        progress/epoch → epoch
        trainer/global_step → -
        batch_time → step_time
        iter_time → step_time
        time_per_step → step_time
        samples_per_second → -
        tokens_per_sec → -
        Avg_loss → train/loss
        objective → train/loss
        cost → train/loss
        train/cost → train/loss
        val/cost → val/loss
        criterion → train/loss
        train_mse → -
        mse → -
        val_mse → val/mse
        train_error → -
        test_error → val/error
        rmse/val → val/rmse
        score → -
        val_score → -
        train/clip_active → clip/active
        clipped → clip/active
        grad_clipped → clip/active
        clip_frac → -
        logits/max → logit_max
        max_logit → logit_max
        logit_scale → -
        actor/loss → train/loss_actor
        critic/loss → train/loss_critic
        policy_loss → train/loss_policy
        alpha_loss → train/loss_alpha
        learner/loss → train/loss
        train_loss/dataloader_idx_0 → train/loss
        val_loss/dataloader_idx_0 → val/loss
        val_acc/dataloader_idx_0 → val/accuracy
        train/loss_avg → train/loss
        train/loss_ema → -
        pretrain_loss → train/loss
        finetune/loss → train/loss
        model/loss → train/loss
        fit/loss → train/loss
        loss/epoch → train/loss
        loss_iter → train/loss
        loss_per_step → train/loss
        valid/ppl → val/ppl
        train_inner/loss → train/loss
        train_inner/nll_loss → train/loss
        train_inner/gnorm → grad_norm/total
        train_inner/lr → lr
        train_inner/ppl → -
        valid/nll_loss → val/loss
        valid/best_loss → -
        best_val_loss → -
        best_acc → -
        min_loss → -
        loss/min → -
        loss_weight → -
        aux_loss → train/loss_aux
        train/aux_loss → train/loss_aux
        moe/aux_loss → train/loss_moe_aux
        z_loss → train/loss_z
        train/z_loss → train/loss_z
        val/z_loss → -
        reg_loss → train/loss_reg
        """;

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var row in Table.Split('\n'))
            {
                var cells = row.Split(" → ");
                rows.Add(cells[0].Trim(), cells[1].Trim());
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_usual_name_has_its_role(string name, string role) => (SeriesRoles.Recognize(name)?.Name ?? "-").ShouldBe(role);
}
