namespace Tracker.Api.Alerts;

/// <summary>Wakes every waiter. Take the task before looking for work and wait for it after: no wake-up is lost between the two.</summary>
public sealed class AlertSignal
{
    private TaskCompletionSource next = New();
    private TaskCompletionSource nextChange = New();

    /// <summary>Ends at the next <see cref="Raise"/>.</summary>
    public Task Next => Volatile.Read(ref next).Task;

    /// <summary>Ends at the next <see cref="RaiseChange"/>.</summary>
    public Task NextChange => Volatile.Read(ref nextChange).Task;

    /// <summary>There are deliveries to make.</summary>
    public void Raise() => Interlocked.Exchange(ref next, New()).TrySetResult();

    /// <summary>A channel was made, changed or taken away.</summary>
    public void RaiseChange()
    {
        Interlocked.Exchange(ref nextChange, New()).TrySetResult();
        Raise();
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
