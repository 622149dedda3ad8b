using Tracker.Core.Diagnosis.Detectors;
using Tracker.Core.Diagnosis.Engine;

namespace Tracker.Core.Diagnosis.Causes;

/// <summary>What to do about a cause, most useful first, and how to see that it helped; in the run's own numbers where it has them.</summary>
internal static class Prescriptions
{
    public static (IReadOnlyList<string> Do, string Check) For(string cause, RunContext run, long onset) => cause switch
    {
        "lr-too-high" => ([Rate(run, 0.1), $"Clip gradients at 1.0{Clipped(run)}, and warm the rate up over the first 5 % of the steps.", Restart(onset)],
            "With the lower rate the loss falls from the first hundred steps on and the gradient norm stays near its first values."),
        "lr-too-low" => ([Rate(run, 100), "Run a learning-rate finder from 1e-7 to 10 and take the steepest slope.", "Check that the scheduler does not scale the rate down from its first step."],
            "Update ratios (‖Δw‖/‖w‖) come to about 0.001 and the loss leaves its first value within a hundred steps."),
        "lr-schedule-exhausted" => ([Total(run), $"Set a floor of 1 to 10 % of the peak{(run.Rate.IsLogged ? $" ({Numbers.Text(0.1 * run.Rate.Peak)})" : "")} instead of zero.", $"Resume from the checkpoint at step {onset} with the longer schedule."],
            "The learning rate stays above a hundredth of its peak until four fifths of the run, and the loss falls again."),
        "lr-schedule-misaligned" => ([Total(run)], "The rate reaches its end when the run does."),
        "warmup-missing-or-short" => ([WarmUp(run), Rate(run, 0.3, "Or, without a warm-up: "), "Clip gradients at 1.0 in the first steps."],
            "The loss falls from its first value on, without a jump in the first steps."),
        "ordering-or-shuffle" => (["Shuffle the training data anew in every epoch (shuffle=True; with several processes give each its own part and call sampler.set_epoch(epoch)).", "Check that the data are not sorted by class, source or length.", "If the loss is a running mean that starts again with each epoch, log the raw loss of the batch."],
            "The loss does not jump where an epoch begins."),
        "healthy" => (["Nothing needs to be done."], "The loss goes on falling, and validation with it."),
        "not-logged" => (["Add the lines named above to the training loop.", "Layer series every 20 steps are enough."], "The next run has them, and more conditions can be seen."),
        "schedule-kick" => (["Nothing needs to be done: the curve has a step because the rate was cut."], "The loss goes on falling, or stays at its new level."),
        "cyclic-lr" => (["Nothing needs to be done; compare the loss at the ends of the cycles, where the rate is lowest."], "Each cycle ends at a lower loss than the one before."),
        "bad-init-or-scale" => (["Scale the inputs to mean 0 and deviation 1, and regression targets too.", "Use He initialisation for ReLU and Xavier for tanh and sigmoid; biases at 0.", FirstLoss(run)],
            "The first loss is near that of guessing and few units are dead at step 0."),
        "vanishing-architecture" => (["Replace sigmoid and tanh in hidden layers by ReLU or GELU.", "Add residual connections or normalisation between the layers.", "Initialise by He (ReLU) or Xavier (tanh)."],
            "The first layer's gradient comes to more than a hundredth of the last layer's."),
        "dead-units" => (["Use leaky ReLU or GELU.", "Initialise by He with biases at 0 or slightly above.", Rate(run, 0.3)],
            "The dead fraction stays below 0.3 in every layer."),
        "attention-logits-too-large" => (["Normalise queries and keys before their product (QK-norm).", "Check the scale of the attention logits: 1/√d of the head, and no large initial weights in the query and key projections.", Rate(run, 0.3)],
            "The attention entropy stays above a quarter of that of uniform attention in every layer."),
        "weight-decay-too-high" => ([Decay(run, 0.1), "With AdamW the weights shrink by rate × decay at every step: keep that product below 1e-4.", "Leave biases and norms out of the decay."],
            "The norm of the parameters stays above half of its first value."),
        "weight-decay-too-low" => ([Decay(run, 10), "Add a z-loss (the square of the log of the softmax's denominator, times 1e-4) where it is the logits that grow.", Rate(run, 0.3)],
            "The norm of the parameters levels off instead of growing by the same factor again and again."),
        "disconnected-or-frozen" => (["Check that the optimizer was given the parameters (all of them) and that they require gradients.", "Look for detach(), no_grad() or item() between the parameters and the loss.", "Overfit one batch of 32 examples: if that fails, the loop or the graph is broken."],
            "Every layer's gradient norm and update ratio are above zero."),
        "data-or-label-bug" => (["Print ten inputs with their labels and look at them.", "Overfit one batch of 32 examples without regularisation: it must reach almost zero.", "Check that inputs and labels are shuffled together and that the loss gets them in the right order."],
            "The training loss falls clearly below that of guessing."),
        "bad-batches" => ([$"Look at the batch of step {onset}: NaN or infinite inputs, empty targets, extreme values.", "Drop or clamp bad samples in the pipeline, and fail loudly on them.", "Log batch ids, so that the next one can be named."],
            "The same step passes with the batch left out."),
        "numeric-precision" => (["Clamp what goes into log, sqrt and divisions (1e-8), and compute the loss from logits (log-softmax).", Precision(run), $"Find the first operation that gives NaN (anomaly detection or hooks) at step {onset}."],
            "The loss stays finite beyond the step at which it failed."),
        "clip-threshold-too-low" => ([ClipAt(run), "Log the gradient norm before clipping, so that the threshold can be chosen from it.", Rate(run, 0.3, "If raising it makes training unstable, the rate is what is too high: ")],
            "Fewer than one step in ten is clipped once the warm-up is over."),
        "capacity-too-small" => (["Make the model wider or deeper.", $"Reduce weight decay{(run.Hints.WeightDecay is { } much ? $" (now {Numbers.Text(much)})" : "")}, dropout and augmentation; train longer, at a higher rate.", "Train a larger model on one tenth of the data: if that fits, capacity was it."],
            "The training loss falls below its present level."),
        "overfitting" => ([$"Stop at step {onset}, or restore the checkpoint from there.", "Add data or augmentation; add weight decay or dropout.", "Use a smaller model."],
            "The validation loss keeps falling, or stays flat, while the training loss falls."),
        "eval-bug" => Evaluation(run),
        "class-imbalance" => (["Count the samples of each class in training: is one missing, or mapped to another label?", "Weight the loss by the inverse frequency of the classes, or draw the rare ones more often.", "Watch the worst class, not the mean, when choosing a checkpoint."],
            "The class's accuracy leaves 0 within a few evaluations."),
        "catastrophic-forgetting" => ([$"Mix 5 to 20 % of the earlier task's data into each batch (replay); the checkpoint of step {onset} still has both.", Rate(run, 0.1), "Hold on to the old weights: elastic weight consolidation, or train adapters only."],
            "The earlier task's loss stays within a tenth of its descent while the new one falls."),
        "grokking-candidate" => (["Keep training if you can afford several times the steps so far; validation may follow late.", $"Keep the weight decay{(run.Hints.WeightDecay is { } decay ? $" ({Numbers.Text(decay)})" : " on")}, or raise it: it is what drives grokking.", "More data brings the moment forward."],
            "Validation accuracy leaves chance while the training loss stays at nothing."),
        "double-descent" => (["Go on: validation is better than before the rise.", "Keep the best checkpoint by validation loss."], "Validation goes on falling below its first best."),
        "saddle-point" => ([Rate(run, 3), "Use momentum or Adam, and smaller batches: noise leaves saddle points."], "The gradient norm grows again and both losses fall."),
        "resource-starved" => (["Profile ten steps, and see where the time or the memory goes."], "Steps take as long as they did at first, and memory is level."),
        "converged" => (["Nothing needs to be done; stop here if the level is good enough."], "A longer run would end at the same level."),
        _ => (["Log learning rate, gradient norm per layer and update ratios: they separate the causes of this symptom."], "The diagnosis names a cause."),
    };

    private static (IReadOnlyList<string>, string) Evaluation(RunContext run)
    {
        if (run.Signals.IsActive(StaleValidation.Id))
        {
            return (["Evaluate the model that is being trained: copy or reload its weights (or the averaged ones) before each evaluation.", "Compute the metric anew each time: look for a cached value or an iterator that is used up.", "Choose checkpoints by training loss until this is repaired; the best step of validation means nothing."],
                "The validation loss differs from one evaluation to the next.");
        }
        if (run.Signals.IsActive(ValErratic.Id) || run.Signals.IsActive(ValErratic.BnId) || run.Signals.IsActive(ValMuchHigher.Id))
        {
            return (["Call model.eval() before and model.train() after every evaluation, and check that both take effect in all parts.", "Evaluate on the training set in evaluation mode: if that is as bad, the mode or the running statistics are to blame; if it is good, the validation data are.", "With batch normalisation use larger batches, a smaller momentum, or group normalisation; prepare validation inputs exactly as training inputs."],
                "Validation moves as smoothly as training, and stands near it in the first epoch.");
        }
        return run.Signals.IsActive(LossAgainstAccuracy.Metric)
            ? (["Compute the accuracy of one batch by hand: the argmax over the classes, against the labels as the loss gets them.", "Check shapes, label encoding (one-hot or index, from 0 or from 1) and that predictions are not thresholded logits.", "Check that the metric is reset at each evaluation."],
                "Accuracy leaves chance at the step where the loss does.")
            : (["Check that the logged value is computed anew at every step, from the current batch.", "Log the loss before any rounding or caching."], "The logged loss differs from step to step.");
    }

    private static string Rate(RunContext run, double factor, string before = "")
    {
        var verb = factor < 1 ? "lower" : "raise";
        if (before.Length == 0) verb = char.ToUpperInvariant(verb[0]) + verb[1..];
        var known = run.Rate.IsLogged ? run.Rate.Peak : run.Hints.LearningRate;
        return known is > 0 and var rate
            ? $"{before}{verb} the learning rate: {Numbers.Text(rate)} → try {Numbers.Text(rate * factor)}."
            : $"{before}{verb} the learning rate by a factor of {Numbers.Text(factor < 1 ? 1 / factor : factor)}.";
    }

    private static string WarmUp(RunContext run)
    {
        var steps = run.Hints.TotalSteps is { } total ? $"over the first {Math.Max(1, total / 20)} of {total} steps" : "over the first 5 % of the steps";
        return $"Warm the learning rate up linearly {steps}{(run.LearningRate is > 0 ? $", to {Numbers.Text(run.Rate.IsLogged ? run.Rate.Peak : run.LearningRate.Value)}" : "")}.";
    }

    private static string Decay(RunContext run, double factor) => run.Hints.WeightDecay is > 0 and var decay
        ? $"{(factor < 1 ? "Lower" : "Raise")} weight decay: {Numbers.Text(decay)} → try {Numbers.Text(decay * factor)}."
        : factor < 1 ? "Lower weight decay, and look for a second penalty on the weights in the loss." : "Set a weight decay: 0.01 to 0.1 with AdamW, 1e-4 with SGD; look for code that scales the weights or the sign of a penalty.";

    private static string Restart(long onset) => onset < 100
        ? $"Start again from the beginning: the parameters are spoilt since step {onset}."
        : $"Go back to a checkpoint before step {onset}; what came after is spoilt.";

    private static string Clipped(RunContext run) => Clipping.Threshold(run) is { } threshold ? $" (now {Numbers.Text(threshold)})" : "";

    private static string ClipAt(RunContext run)
    {
        if (run.Gradient?.Trend is not { Tail.Count: > 0 } trend || Clipping.Threshold(run) is not { } threshold) return "Raise the clipping threshold to the 90th percentile of the norm before clipping.";
        Span<double> norms = stackalloc double[Math.Min(200, trend.Tail.Count)];
        var ninetieth = Statistics.Quantile(trend.Tail.CopyLast(norms), 0.9);
        return ninetieth > 1.05 * threshold
            ? $"Raise the clipping threshold: {Numbers.Text(threshold)} → try {Numbers.Text(ninetieth)}, the 90th percentile of the last {norms.Length} norms."
            : $"Raise the clipping threshold well above {Numbers.Text(threshold)}; the logged norm seems to be the one after clipping, so log the one before to choose it.";
    }

    private static string Total(RunContext run) => run.TotalSteps is { } total
        ? $"Give the scheduler the true length of the run, {total} steps."
        : "Give the scheduler the true length of the run.";

    private static string FirstLoss(RunContext run) => run is { ChanceLoss: { } chance, Loss: { Finite: > 0 } loss }
        ? $"Check the first loss: it was {Numbers.Text(loss.First)}, guessing gives {Numbers.Text(chance)}."
        : "Check the first loss against that of a constant prediction.";

    private static string Precision(RunContext run) => run.Hints.Precision.Contains("16", StringComparison.Ordinal) && !run.Hints.Precision.Contains("bf", StringComparison.Ordinal)
        ? $"Use bf16 instead of {run.Hints.Precision}, or dynamic loss scaling."
        : "Keep losses, norms and softmax in fp32.";
}
