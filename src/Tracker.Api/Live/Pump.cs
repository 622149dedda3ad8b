namespace Tracker.Api.Live;

/// <summary>
/// Reads what is new for all who watch the same thing on this node: one loop, woken by hints and by a sweep, that reads at once and then at most every
/// <see cref="LiveLimits.Pause"/>. When the database is away it tries again with each sweep; what came meanwhile is read then.
/// </summary>
internal abstract partial class Pump<TWatch>(ILogger log) : IDisposable
{
    private readonly CancellationTokenSource ended = new();
    private readonly WakeSignal signal = new();
    private readonly List<TWatch> watches = [];

    /// <summary>Held while what was read is handed out and while watches come and go.</summary>
    protected Lock Gate { get; } = new();

    /// <summary>Read only under <see cref="Gate"/>.</summary>
    protected IReadOnlyList<TWatch> Watches => watches;

    public void Start() => _ = RunAsync(ended.Token);

    public void Wake() => signal.Raise();

    /// <summary>Ends the loop.</summary>
    public virtual void Dispose()
    {
        ended.Cancel();
        ended.Dispose();
    }

    public void Add(TWatch watch)
    {
        lock (Gate) watches.Add(watch);
    }

    /// <summary>Returns whether nobody is left.</summary>
    public bool Remove(TWatch watch)
    {
        lock (Gate)
        {
            watches.Remove(watch);
            return watches.Count == 0;
        }
    }

    /// <summary>Reads and hands out; returns whether more is known to be there.</summary>
    protected abstract Task<bool> StepAsync(CancellationToken cancel);

    private async Task RunAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var more = await StepAsync(cancel);
                await Task.Delay(LiveLimits.Pause, cancel);
                if (!more) await signal.WaitAsync(LiveLimits.Sweep, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                if (!cancel.IsCancellationRequested) LogReadFailed(log, error.Message);
                await Task.Delay(LiveLimits.Sweep, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    [LoggerMessage(3001, LogLevel.Warning, "Live pushes wait, the database cannot be read: {Reason}")]
    private static partial void LogReadFailed(ILogger log, string reason);
}
