namespace Tracker.Client.Surroundings;

/// <summary>Everything that a run logs without being asked: facts at its start, the console and the machine's load while it lasts.</summary>
internal sealed class RunSurroundings : IAsyncDisposable
{
    private static readonly TimeSpan s_gitTime = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _end = new();
    private readonly ConsoleCapture? _console;
    private readonly Task _git;
    private readonly Task _system;

    public RunSurroundings(Delivery delivery, RunSettings settings)
    {
        var (options, collect) = (settings.Options, settings.Options.Collect);
        if (collect.HasFlag(TrackerCollect.Environment))
            delivery.LogEvent(new TrackerEvent { Kind = TrackerEventKind.Env, Name = "process", Data = EnvironmentFacts.Read(settings.Rank) });
        if (collect.HasFlag(TrackerCollect.Console)) _console = new ConsoleCapture(delivery.LogEvent, settings.Clock);
        _git = collect.HasFlag(TrackerCollect.Git) && !settings.Joins ? Task.Run(() => GitFacts.LogAsync(delivery.LogEvent, _end.Token)) : Task.CompletedTask;
        _system = collect.HasFlag(TrackerCollect.System) && options.SystemInterval > TimeSpan.Zero
            ? Task.Run(() => new SystemWatch(delivery, settings.Clock, options.SystemInterval).RunAsync(_end.Token))
            : Task.CompletedTask;
    }

    /// <summary>Ends it; what was found is logged.</summary>
    public async ValueTask DisposeAsync()
    {
        _console?.Dispose();
        // A short run still gets its commit.
        await _git.WaitAsync(s_gitTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_git, _system).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }
}
