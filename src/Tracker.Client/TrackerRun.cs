using Tracker.Client.Surroundings;

namespace Tracker.Client;

/// <summary>
/// A run that is being logged. Every call returns at once and throws nothing: batches are sent in the background, again and again
/// until the server has acknowledged them, and count once. May be used by many threads.
/// </summary>
/// <example>
/// <code>
/// await using var run = await TrackerRun.StartAsync(new TrackerRunOptions { Project = "digits" });
/// for (var step = 0; step &lt; steps &amp;&amp; !run.ShouldStop; step++)
///     run.Log(step, ("train/loss", Train()), ("lr", rate));
/// </code>
/// </example>
public sealed class TrackerRun : IAsyncDisposable
{
    private const int MostIds = 64;
    private const int MostTitles = 10_000;

    private readonly Delivery? _delivery;
    private readonly RunSurroundings? _surroundings;
    private readonly RunSettings _settings;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, object?> _summary = [];
    private readonly Dictionary<string, long> _alerted = [];
    private Task<TrackerFinish>? _finish;

    private TrackerRun(RunSettings settings, Delivery? delivery)
    {
        _settings = settings;
        _delivery = delivery;
        if (delivery is null) return;
        _surroundings = new RunSurroundings(delivery, settings);
        ProcessEnd.Add(this);
    }

    /// <summary>The run's id, known before the server is.</summary>
    public string Id => _settings.Id;

    /// <summary>The run's page in the dashboard; null when the mode is disabled or offline.</summary>
    public Uri? Url => _settings.Mode == TrackerMode.Online ? _delivery?.RunUrl : null;

    /// <summary>True once somebody asked for the run to end: by the dashboard, a rule or the API. The training loop decides what to do.</summary>
    public bool ShouldStop => _delivery?.StopReason is not null;

    /// <summary>Why the run should stop, or null; empty when no reason was given.</summary>
    public string? StopReason => _delivery?.StopReason;

    /// <summary>What became of everything logged so far.</summary>
    public TrackerStatistics Statistics => _delivery?.Statistics() ?? new TrackerStatistics
    {
        Logged = 0, Acknowledged = 0, Dropped = 0, Pending = 0, PendingBytes = 0, SpooledBytes = 0, Recovered = 0, Rejected = 0, Batches = 0, Retries = 0, LastError = null,
    };

    internal bool HasLogged(Func<string, bool> series) => _delivery?.HasLogged(series) ?? false;

    internal bool EndsOnSignals => _settings.Options.EndsOnSignals;

    /// <summary>
    /// Starts a run. When the server cannot be reached this does not throw: the run is created later, with the points logged until then.
    /// </summary>
    /// <param name="options">What the run is; null takes everything from the environment.</param>
    /// <param name="cancellationToken">Ends the wait for the server's first answer (5 s at most), not the run.</param>
    /// <exception cref="ArgumentException">An option, or a variable of the environment, is not valid.</exception>
    /// <exception cref="IOException">The mode is offline, and the folder cannot be written.</exception>
    /// <exception cref="TrackerRefusedException">The server says no: the id is taken, or the project's name is none. A refusal that comes later is told once.</exception>
    public static Task<TrackerRun> StartAsync(TrackerRunOptions? options = null, CancellationToken cancellationToken = default) =>
        StartAsync(options, settings => new RestTransport(settings.Url, settings.ApiKey, settings.Clock), cancellationToken);

    /// <summary>
    /// Starts a run, trains, and ends it: as finished, as killed when <paramref name="training"/> was cancelled, as failed when it threw.
    /// </summary>
    /// <param name="options">As in <see cref="StartAsync(TrackerRunOptions, CancellationToken)"/>.</param>
    /// <param name="training">Gets the run; what it throws is thrown on once the run has ended.</param>
    /// <param name="cancellationToken">As in <see cref="StartAsync(TrackerRunOptions, CancellationToken)"/>.</param>
    /// <exception cref="ArgumentException">An option, or a variable of the environment, is not valid.</exception>
    public static async Task<TrackerFinish> RunAsync(TrackerRunOptions? options, Func<TrackerRun, Task> training, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(training);
        var run = await StartAsync(options, cancellationToken).ConfigureAwait(false);
        try
        {
            await training(run).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            await run.FinishAsync(TrackerFinishState.Killed, cancellationToken: CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        catch (Exception error)
        {
            run.LogFailure(error);
            await run.FinishAsync(TrackerFinishState.Failed, cancellationToken: CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        return await run.FinishAsync(run.ShouldStop ? TrackerFinishState.Killed : TrackerFinishState.Finished, cancellationToken: CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Logs scalars of one step, at the time of the call. NaN and infinities are kept. Allocates nothing once the names are known.</summary>
    /// <param name="step">Usually the number of optimizer steps done; within ±2^53. May come late, twice or out of order.</param>
    /// <param name="values">Names (1 to 512 characters) and values.</param>
    public void Log(long step, params ReadOnlySpan<(string Name, double Value)> values) => _delivery?.Log(step, null, values);

    /// <summary>Logs scalars of one step that were measured at another time than now.</summary>
    /// <param name="step">As in the other form.</param>
    /// <param name="time">When they were measured; kept to the millisecond.</param>
    /// <param name="values">Names (1 to 512 characters) and values.</param>
    public void Log(long step, DateTimeOffset time, params ReadOnlySpan<(string Name, double Value)> values) => _delivery?.Log(step, time, values);

    /// <summary>
    /// Logs how values are spread: 64 bins of equal width from the least to the greatest. Values that are not finite are left out;
    /// without a finite value nothing is logged. The span is read before the call returns.
    /// </summary>
    /// <param name="name">Such as <c>grads/fc1</c>; 1 to 512 characters.</param>
    /// <param name="values">The values themselves, any number of them.</param>
    /// <param name="step">As in <see cref="Log(long, ReadOnlySpan{ValueTuple{string, double}})"/>.</param>
    public void LogHistogram(string name, ReadOnlySpan<float> values, long step)
    {
        if (_delivery is not null && Histogram.Of(values) is { } histogram) _delivery.LogHistogram(name, histogram, step, null);
    }

    /// <inheritdoc cref="LogHistogram(string, ReadOnlySpan{float}, long)"/>
    public void LogHistogram(string name, ReadOnlySpan<double> values, long step)
    {
        if (_delivery is not null && Histogram.Of(values) is { } histogram) _delivery.LogHistogram(name, histogram, step, null);
    }

    /// <summary>Logs a histogram that was counted elsewhere.</summary>
    /// <param name="name">1 to 512 characters.</param>
    /// <param name="edges">Finite and strictly rising, one more than <paramref name="counts"/>; at most 1,025.</param>
    /// <param name="counts">Not negative.</param>
    /// <param name="step">As in <see cref="Log(long, ReadOnlySpan{ValueTuple{string, double}})"/>.</param>
    /// <param name="time">When it was measured; null: now.</param>
    public void LogHistogram(string name, ReadOnlySpan<double> edges, ReadOnlySpan<double> counts, long step, DateTimeOffset? time = null) =>
        _delivery?.LogHistogram(name, new Histogram(edges.ToArray(), counts.ToArray()), step, time);

    /// <summary>Logs something that is no number: see <see cref="TrackerEvent.Kind"/>.</summary>
    /// <param name="item">The event; null is ignored.</param>
    public void LogEvent(TrackerEvent item)
    {
        if (item is not null) _delivery?.LogEvent(item);
    }

    /// <summary>Logs which samples a step saw: when the loss of that step is odd, the diagnosis names them.</summary>
    /// <param name="step">As in <see cref="Log(long, ReadOnlySpan{ValueTuple{string, double}})"/>.</param>
    /// <param name="ids">Of the samples, or one of the batch; the first 64 are kept.</param>
    public void LogBatch(long step, params ReadOnlySpan<string> ids)
    {
        if (_delivery is null || ids.IsEmpty) return;
        LogEvent(new TrackerEvent
        {
            Kind = TrackerEventKind.Batch,
            Name = "batch",
            Step = step,
            Data = new Dictionary<string, object?> { ["ids"] = ids[..Math.Min(ids.Length, MostIds)].ToArray() },
        });
    }

    /// <summary>Sends a message of your own to the run's page and to the project's channels.</summary>
    /// <param name="title">One line, at most 512 characters.</param>
    /// <param name="text">More about it.</param>
    /// <param name="level">Default: warn.</param>
    /// <param name="step">The step that it belongs to, if any.</param>
    /// <param name="wait">
    /// Time within which another alert with the same title is left out. Default: none is, and the channels get one message a minute.
    /// </param>
    public void Alert(string title, string? text = null, TrackerLevel level = TrackerLevel.Warn, long? step = null, TimeSpan wait = default)
    {
        if (_delivery is null || title is null || !IsDue(title, wait)) return;
        var data = new Dictionary<string, object?>();
        if (text is not null) data["text"] = text;
        if (wait > TimeSpan.Zero) data["wait"] = wait.TotalSeconds;
        LogEvent(new TrackerEvent { Kind = TrackerEventKind.Alert, Name = title, Step = step, Level = level, Data = data.Count > 0 ? data : null });
    }

    /// <summary>
    /// Says what the run came to, such as the best validation accuracy; the last value of a name counts. All of them are logged as a note
    /// <c>summary</c> with each call.
    /// </summary>
    /// <param name="name">1 to 512 characters.</param>
    /// <param name="value">As a value of <see cref="TrackerRunOptions.Config"/>.</param>
    public void Summarize(string name, object? value)
    {
        if (_delivery is null || string.IsNullOrEmpty(name)) return;
        Dictionary<string, object?> all;
        lock (_gate)
        {
            _summary[name] = value;
            all = new Dictionary<string, object?>(_summary);
        }

        LogEvent(new TrackerEvent { Kind = TrackerEventKind.Note, Name = "summary", Data = all });
    }

    /// <summary>Changes name, tags, notes, config… of the run, in the background and in its turn.</summary>
    /// <param name="update">What is null stays as it is.</param>
    public void Update(TrackerRunUpdate update)
    {
        if (update is not null) _delivery?.Update(update);
    }

    /// <summary>
    /// Sends what is left and ends the run; returns within <paramref name="timeout"/> whatever the server does, and throws nothing.
    /// What is logged afterwards is dropped. Only the first call counts; later ones give its result.
    /// </summary>
    /// <param name="state">How the run ended.</param>
    /// <param name="timeout">Default: <see cref="TrackerRunOptions.FinishTimeout"/>; at most a day.</param>
    /// <param name="exitCode">Exit code of the process, where there is one.</param>
    /// <param name="cancellationToken">Ends the wait early, as the timeout does.</param>
    public Task<TrackerFinish> FinishAsync(
        TrackerFinishState state = TrackerFinishState.Finished, TimeSpan? timeout = null, int? exitCode = null, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return _finish ??= _delivery is null
                ? Task.FromResult(new TrackerFinish(true, 0, 0))
                : EndAsync(_delivery, state, Bounded(timeout ?? _settings.FinishTimeout), exitCode, cancellationToken);
        }
    }

    /// <summary>Ends the run as <see cref="TrackerRunOptions.StateOnDispose"/> says, unless it has ended.</summary>
    public async ValueTask DisposeAsync() => await FinishAsync(_settings.StateOnDispose).ConfigureAwait(false);

    internal static async Task<TrackerRun> StartAsync(TrackerRunOptions? options, Func<RunSettings, ITransport> transport, CancellationToken cancellationToken)
    {
        var settings = RunSettings.From(options ?? new TrackerRunOptions());
        if (settings.Mode == TrackerMode.Disabled) return new TrackerRun(settings, null);
        var delivery = new Delivery(settings, transport(settings));
        var run = new TrackerRun(settings, delivery);
        await delivery.StartAsync(cancellationToken).ConfigureAwait(false);
        if (delivery.Refusal is not { } refusal) return run;
        await run.FinishAsync(timeout: TimeSpan.Zero, cancellationToken: CancellationToken.None).ConfigureAwait(false);
        throw new TrackerRefusedException($"The server refused run {settings.Id}: {refusal}");
    }

    /// <summary>The process ends and nobody ended the run.</summary>
    /// <param name="state">Null: as <see cref="TrackerRunOptions.StateOnDispose"/> and the exit code say.</param>
    /// <param name="exitCode">Of the process, if it is known.</param>
    /// <param name="failure">What nobody caught.</param>
    /// <param name="time">Most of it.</param>
    internal Task EndWithProcessAsync(TrackerFinishState? state, int? exitCode, Exception? failure, TimeSpan time)
    {
        if (failure is not null) LogFailure(failure);
        var ended = state ?? (exitCode is null or 0 ? _settings.StateOnDispose : TrackerFinishState.Failed);
        return FinishAsync(ended, time < _settings.FinishTimeout ? time : _settings.FinishTimeout, exitCode);
    }

    private async Task<TrackerFinish> EndAsync(Delivery delivery, TrackerFinishState state, TimeSpan timeout, int? exitCode, CancellationToken cancellationToken)
    {
        await _surroundings!.DisposeAsync().ConfigureAwait(false);
        var finish = await delivery.FinishAsync(state, exitCode, timeout, cancellationToken).ConfigureAwait(false);
        ProcessEnd.Remove(this);
        return finish;
    }

    private bool IsDue(string title, TimeSpan wait)
    {
        lock (_gate)
        {
            var isKnown = _alerted.TryGetValue(title, out var last);
            if (isKnown && wait > TimeSpan.Zero && _settings.Clock.GetElapsedTime(last) < wait) return false;
            if (isKnown || _alerted.Count < MostTitles) _alerted[title] = _settings.Clock.GetTimestamp();
            return true;
        }
    }

    private void LogFailure(Exception failure) => LogEvent(new TrackerEvent
    {
        Kind = TrackerEventKind.Note,
        Name = "exception",
        Level = TrackerLevel.High,
        Data = new Dictionary<string, object?> { ["type"] = failure.GetType().FullName, ["message"] = failure.Message, ["stack"] = failure.StackTrace },
    });

    // Nothing at the end of a training may throw: a timeout that is none is mended.
    private static TimeSpan Bounded(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan || timeout > TimeSpan.FromDays(1)) return TimeSpan.FromDays(1);
        return timeout < TimeSpan.Zero ? TimeSpan.Zero : timeout;
    }
}
