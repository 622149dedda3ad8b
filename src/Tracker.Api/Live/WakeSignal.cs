namespace Tracker.Api.Live;

/// <summary>Wakes the one loop that waits. Raised any number of times before the loop looks, it wakes it once.</summary>
internal sealed class WakeSignal
{
    private TaskCompletionSource raised = New();

    public void Raise() => Volatile.Read(ref raised).TrySetResult();

    /// <summary>Waits until it is raised, or until the time is over.</summary>
    public async Task WaitAsync(TimeSpan limit, CancellationToken cancel)
    {
        var current = Volatile.Read(ref raised);
        await current.Task.WaitAsync(limit, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
        // Made new before the caller looks for work: a raise from here on wakes it again.
        if (current.Task.IsCompleted) Volatile.Write(ref raised, New());
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
