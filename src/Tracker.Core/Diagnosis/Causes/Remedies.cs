namespace Tracker.Core.Diagnosis.Causes;

/// <summary>What to do about a condition whose remedy is the same whatever its cause; it stands before the cause's prescriptions.</summary>
internal static class Remedies
{
    private static readonly Dictionary<string, string> All = new(StringComparer.Ordinal)
    {
        ["params-nonfinite"] = "Restore the last checkpoint whose parameters are finite; what came after cannot be repaired.",
        ["amp-scale-collapse"] = "Train in bf16, or keep softmax, norms and the loss in float32.",
        ["nan-input"] = "Find the file or row behind the batch, and check inputs for NaN where they are read.",
        ["nan-target"] = "Find the samples without a target, and drop them where they are read.",
        ["extreme-input"] = "Clip or scale the inputs by the statistics of the training set.",
        ["inputs-not-normalised"] = "Subtract the training set's mean from the inputs and divide by its deviation, in training and evaluation alike.",
        ["outlier-batch"] = "Look at the samples of the named batches, and leave out what is corrupt.",
        ["first-step-decrease"] = "Take one step of plain gradient descent at a tenth of the rate on one batch: the loss must fall, else the gradient is wrong.",
        ["output-shape"] = "Give outputs and targets the same shape before the loss (squeeze or unsqueeze one of them).",
        ["train-mode"] = "Call train() before training and eval() before evaluating, every time.",
        ["no-grad-missing"] = "Wrap the evaluation in no_grad() or inference_mode(), and add up item() instead of tensors.",
        ["scheduler-in-checkpoint"] = "Save and load the scheduler's state beside the optimizer's.",
        ["splits"] = "Print the sizes of the splits, and hold out at least some hundred samples for validation.",
        ["split-leak"] = "Split by identity (patient, user, document) before any copying or augmenting, and remove what stands in both sets.",
        ["augmentation"] = "Check that the augmenting transform is the one that the training loader uses.",
        ["aug-on-val"] = "Give the validation loader a transform without randomness.",
        ["sharpness"] = "Try a smaller batch, or sharpness-aware minimisation (SAM).",
        ["lr-finder"] = "Use the suggested rate as the peak, with a warm-up.",
        ["lr-finder-biased"] = "Repeat the sweep on shuffled, stratified batches.",
        ["gpu-underused"] = "Give the loader more workers, pin memory and prefetch; then try larger batches.",
        ["memory-growth"] = "Look for tensors that are kept: losses added up without item(), lists of outputs, caches without a limit.",
        ["stalled-run"] = "Look at the machine for that time: the loader's workers, disk, network mounts, the other ranks.",
        ["step-time-regression"] = "Compare data time, clock rate and other jobs on the machine before and after.",
        ["ddp-divergence"] = "Use a distributed sampler with set_epoch at every epoch, and call the wrapped model, not the one inside.",
    };

    /// <summary>At most two, the worst condition's first.</summary>
    public static IEnumerable<string> For(IEnumerable<Signal> worstFirst) =>
        worstFirst.Select(s => All.GetValueOrDefault(s.Id)).OfType<string>().Distinct(StringComparer.Ordinal).Take(2);
}
