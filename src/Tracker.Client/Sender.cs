namespace Tracker.Client;

/// <summary>Creates the run, sends its batches in order and its heartbeats, and keeps count. A lost server is waited for without end.</summary>
internal sealed class Sender : IDisposable
{
    private const int MostConflicts = 3;
    private const int MostTold = 100;

    private readonly RunSettings _settings;
    private readonly BatchQueue _queue;
    private readonly ServerApi _api;
    private readonly TaskCompletionSource _firstContact = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _told = [];
    private readonly Lock _toldGate = new();
    private long _acknowledged;
    private long _dropped;
    private long _rejected;
    private long _batches;
    private long _retries;
    private long _lastContact;
    private volatile bool _isCreated;
    private volatile bool _isClosed;
    private volatile string? _stopReason;
    private volatile string? _lastError;
    private volatile Uri _runUrl;

    public Sender(RunSettings settings, BatchQueue queue)
    {
        _settings = settings;
        _queue = queue;
        _api = new ServerApi(settings);
        _runUrl = new Uri(settings.Url, $"runs/{settings.Id}");
    }

    /// <summary>Done after the first attempt to create the run, whatever came of it.</summary>
    public Task FirstContact => _firstContact.Task;

    public Uri RunUrl => _runUrl;

    public string? StopReason => _stopReason;

    public string? LastError => _lastError;

    /// <summary>False once the server will take nothing more for this run: it was refused or deleted.</summary>
    public bool IsOpen => !_isClosed;

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long Dropped => Interlocked.Read(ref _dropped);

    public long Rejected => Interlocked.Read(ref _rejected);

    public long Batches => Interlocked.Read(ref _batches);

    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Ends when the queue is complete and empty, or by cancellation.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await CreateAsync(cancellationToken).ConfigureAwait(false);
        while (await _queue.NextAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            if (_isClosed) DropOldest(batch);
            else await SendAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps the run alive, and the stop flag fresh, while nothing else is sent.</summary>
    public async Task HeartbeatAsync(CancellationToken cancellationToken)
    {
        var interval = _settings.Options.HeartbeatInterval;
        while (!cancellationToken.IsCancellationRequested && !_isClosed)
        {
            var due = interval - _settings.Clock.GetElapsedTime(Interlocked.Read(ref _lastContact));
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, _settings.Clock, cancellationToken).ConfigureAwait(false);
                continue;
            }

            Interlocked.Exchange(ref _lastContact, _settings.Clock.GetTimestamp());
            if (!_isCreated) continue;
            var answer = await _api.HeartbeatAsync(_queue.Writer, cancellationToken).ConfigureAwait(false);
            if (answer.Outcome == Outcome.Done) Heard(answer);
        }
    }

    /// <summary>Tells the server that the run has ended; true when it has taken note.</summary>
    public async Task<bool> FinishAsync(TrackerFinishState state, int? exitCode, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_settings.Clock);
        while (!_isClosed)
        {
            var answer = await _api.FinishAsync(state, exitCode, cancellationToken).ConfigureAwait(false);
            if (answer.Outcome == Outcome.Done) return true;
            if (answer.Outcome != Outcome.Later)
            {
                TellOnce($"the end of the run was refused: {answer.Detail}");
                return false;
            }

            await TryLaterAsync(backoff, answer, cancellationToken).ConfigureAwait(false);
        }

        return false;
    }

    /// <summary>Counts what was lost before it could be sent.</summary>
    public void Lost(int count, string why)
    {
        Interlocked.Add(ref _dropped, count);
        TellOnce($"a batch could not be written and was dropped: {why}");
    }

    /// <summary>Remembers trouble that costs nothing.</summary>
    public void Note(string trouble) => _lastError = trouble;

    public void Dispose() => _api.Dispose();

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_settings.Clock);
        while (!_isClosed)
        {
            var answer = await _api.CreateAsync(cancellationToken).ConfigureAwait(false);
            if (answer.Outcome == Outcome.Done)
            {
                if (answer.Url is { } url && Uri.TryCreate(_settings.Url, url, out var page)) _runUrl = page;
                _isCreated = true;
                Heard(answer);
            }
            else if (answer.Outcome != Outcome.Later)
            {
                Close($"the run was refused: {answer.Detail}");
            }

            _firstContact.TrySetResult();
            if (_isCreated) return;
            if (!_isClosed) await TryLaterAsync(backoff, answer, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(Batch oldest, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_settings.Clock);
        var batch = _queue.Numbered(oldest);
        var conflicts = 0;
        var recreated = false;
        while (true)
        {
            var answer = await _api.LogAsync(batch, cancellationToken).ConfigureAwait(false);
            switch (answer.Outcome)
            {
                case Outcome.Done:
                case Outcome.Conflict when answer.AcceptedThrough >= batch.Number:
                    Acknowledge(batch, answer);
                    return;
                case Outcome.Conflict when ++conflicts <= MostConflicts:
                    // The server does not hold what it acknowledged (its data was put back), or holds another batch under our number.
                    TellOnce($"the server expects another batch ({answer.Detail}); numbering starts anew");
                    _queue.Renumber();
                    batch = _queue.Numbered(oldest);
                    break;
                case Outcome.Later:
                    await TryLaterAsync(backoff, answer, cancellationToken).ConfigureAwait(false);
                    break;
                case Outcome.Unknown when !recreated:
                    // The server lost the run with its data: create it again rather than lose the rest too.
                    recreated = true;
                    _isCreated = false;
                    await CreateAsync(cancellationToken).ConfigureAwait(false);
                    if (_isClosed) goto default;
                    break;
                case Outcome.Gone:
                    Close("the run was deleted");
                    goto default;
                default:
                    DropOldest(oldest);
                    TellOnce($"a batch was refused and dropped: {answer.Detail}");
                    return;
            }
        }
    }

    private void Acknowledge(Batch batch, Answer answer)
    {
        _queue.Acknowledge();
        Interlocked.Add(ref _acknowledged, batch.Count);
        Interlocked.Increment(ref _batches);
        if (answer.Rejected > 0)
        {
            Interlocked.Add(ref _rejected, answer.Rejected);
            TellOnce($"the server could not keep {answer.Rejected} points of a batch: see the answer's 'rejected', or the series' kinds and steps");
        }

        Heard(answer);
    }

    private void DropOldest(Batch batch)
    {
        _queue.Drop();
        Interlocked.Add(ref _dropped, batch.Count);
    }

    private Task TryLaterAsync(Backoff backoff, Answer answer, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _retries);
        TellOnce($"{_settings.Url} does not take the run's data now, trying on: {answer.Detail}");
        return backoff.WaitAsync(answer.RetryAfter, cancellationToken);
    }

    private void Heard(Answer answer)
    {
        Interlocked.Exchange(ref _lastContact, _settings.Clock.GetTimestamp());
        if (answer.StopReason is { } reason) _stopReason = reason;
    }

    private void Close(string why)
    {
        _isClosed = true;
        TellOnce($"{why}; nothing more is sent");
    }

    private void TellOnce(string trouble)
    {
        _lastError = trouble;
        lock (_toldGate)
        {
            if (_told.Count >= MostTold || !_told.Add(trouble)) return;
        }

        _settings.Report($"tracker: run {_settings.Id}: {trouble}");
    }
}
