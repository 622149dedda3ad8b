namespace Tracker.Client.Probes;

/// <summary>Says when validation has not got better for too long.</summary>
/// <param name="patience">Evaluations without progress that are borne; one more is too many. Default: 5.</param>
/// <param name="minDelta">Less progress than this is none. Default: 0.001.</param>
public sealed class EarlyStop(int patience = 5, double minDelta = 0.001)
{
    private int _waited;

    /// <summary>The least loss so far.</summary>
    public double Best { get; private set; } = double.PositiveInfinity;

    /// <summary>Where that was; −1 before the first evaluation.</summary>
    public long BestStep { get; private set; } = -1;

    /// <summary>Takes a validation loss; NaN is no progress.</summary>
    /// <returns>True: stop, and go back to <see cref="BestStep"/>.</returns>
    public bool ShouldStop(long step, double validationLoss)
    {
        if (validationLoss < Best - minDelta)
        {
            (Best, BestStep, _waited) = (validationLoss, step, 0);
            return false;
        }

        return ++_waited > patience;
    }
}
