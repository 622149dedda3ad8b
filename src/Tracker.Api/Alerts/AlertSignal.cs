namespace Tracker.Api.Alerts;

/// <summary>Wakes every waiter. Take <see cref="Next"/> before looking for work and wait for it after: no wake-up is lost between the two.</summary>
public sealed class AlertSignal
{
    private TaskCompletionSource next = New();

    /// <summary>Ends at the next <see cref="Raise"/>.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    public void Raise() => Interlocked.Exchange(ref next, New()).TrySetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
