using Tracker.Client.Spooling;

namespace Tracker.Client;

/// <summary>Which run is sent, and to whom troubles are told.</summary>
internal sealed record SendTarget(string Run, Uri Url, byte[] Create, TimeProvider Clock, Action<string> Report)
{
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long to go on without any success. Default: for ever.</summary>
    public TimeSpan? Patience { get; init; }
}

/// <summary>
/// Creates the run, sends its batches in order and its heartbeats, and keeps count. A lost server is waited for without end,
/// and so is one that does not take the key: it may be mended while the training lasts.
/// </summary>
internal sealed class Sender
{
    private const int MostConflicts = 3;
    private const int MostTold = 100;

    private readonly SendTarget _target;
    private readonly BatchQueue _queue;
    private readonly ITransport _transport;
    private readonly TaskCompletionSource _firstContact = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<string> _told = [];
    private readonly Lock _toldGate = new();
    private byte[] _create;
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

    public Sender(SendTarget target, BatchQueue queue, ITransport transport)
    {
        (_target, _queue, _transport, _create) = (target, queue, transport, target.Create);
        _runUrl = new Uri(target.Url, $"runs/{target.Run}");
        _lastContact = target.Clock.GetTimestamp();
    }

    /// <summary>Done after the first attempt to create the run, whatever came of it.</summary>
    public Task FirstContact => _firstContact.Task;

    public Uri RunUrl => _runUrl;

    public string? StopReason => _stopReason;

    public string? LastError => _lastError;

    /// <summary>False once the server will take nothing more for this run: it was refused or deleted.</summary>
    public bool IsOpen => !_isClosed;

    public bool IsCreated => _isCreated;

    /// <summary>Why the server does not take the run; null where it does, or has not answered yet.</summary>
    public string? Refusal { get; private set; }

    public long Acknowledged => Interlocked.Read(ref _acknowledged);

    public long Dropped => Interlocked.Read(ref _dropped) + _queue.Unreadable;

    public long Rejected => Interlocked.Read(ref _rejected);

    public long Batches => Interlocked.Read(ref _batches);

    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Ends when the queue is complete and empty, or by cancellation.</summary>
    /// <param name="beforeBatches">Done after the run is created and before its first batch; may be null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="TimeoutException">The patience is over.</exception>
    public async Task RunAsync(Func<Task>? beforeBatches, CancellationToken cancellationToken)
    {
        await CreateAsync(cancellationToken).ConfigureAwait(false);
        if (beforeBatches is not null && _isCreated) await beforeBatches().ConfigureAwait(false);
        while (await _queue.NextAsync(cancellationToken).ConfigureAwait(false) is { } batch)
        {
            if (_isClosed) Forget(batch);
            else if (batch.Kind == SpoolRecordKind.Request) await RequestAsync(batch, cancellationToken).ConfigureAwait(false);
            else await SendAsync(batch, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Keeps the run alive, and the stop flag fresh, while nothing else is sent.</summary>
    public async Task HeartbeatAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && !_isClosed)
        {
            var due = _target.HeartbeatInterval - _target.Clock.GetElapsedTime(Interlocked.Read(ref _lastContact));
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, _target.Clock, cancellationToken).ConfigureAwait(false);
                continue;
            }

            Interlocked.Exchange(ref _lastContact, _target.Clock.GetTimestamp());
            if (!_isCreated) continue;
            var answer = await _transport.HeartbeatAsync(_target.Run, _queue.Writer, cancellationToken).ConfigureAwait(false);
            if (answer.Outcome == Outcome.Done) Heard(answer);
        }
    }

    /// <summary>Tells the server that the run has ended; true when it has taken note.</summary>
    public async Task<bool> FinishAsync(byte[] request, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_target.Clock);
        while (!_isClosed)
        {
            var answer = await _transport.RequestAsync(request, cancellationToken).ConfigureAwait(false);
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

    public void TellOnce(string trouble)
    {
        _lastError = trouble;
        lock (_toldGate)
        {
            if (_told.Count >= MostTold || !_told.Add(trouble)) return;
        }

        _target.Report($"tracker: run {_target.Run}: {trouble}");
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_target.Clock);
        while (!_isClosed)
        {
            var answer = await _transport.CreateAsync(_create, cancellationToken).ConfigureAwait(false);
            // The server may have created it without our hearing of it; an attempt that did not reach it must join nobody else's run.
            if (answer.MayHaveArrived) _create = RunRequests.CreateAgain(_create, keepMust: true);
            if (answer.Outcome == Outcome.Done)
            {
                if (answer.Url is { } url && Uri.TryCreate(_target.Url, url, out var page)) _runUrl = page;
                _isCreated = true;
                Heard(answer);
            }
            else if (answer.Outcome != Outcome.Later)
            {
                Refusal = answer.Detail;
                Close($"the run was refused: {answer.Detail}");
            }

            _firstContact.TrySetResult();
            if (_isCreated) return;
            if (!_isClosed) await TryLaterAsync(backoff, answer, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task SendAsync(Batch batch, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_target.Clock);
        var conflicts = 0;
        var recreated = false;
        while (true)
        {
            var answer = await _transport.LogAsync(_target.Run, batch, cancellationToken).ConfigureAwait(false);
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
                    batch = (await _queue.NextAsync(cancellationToken).ConfigureAwait(false))!;
                    break;
                case Outcome.Later:
                    await TryLaterAsync(backoff, answer, cancellationToken).ConfigureAwait(false);
                    break;
                case Outcome.Unknown when !recreated:
                    // The server lost the run with its data: create it again rather than lose the rest too.
                    recreated = true;
                    _create = RunRequests.CreateAgain(_create, keepMust: false);
                    _isCreated = false;
                    await CreateAsync(cancellationToken).ConfigureAwait(false);
                    if (_isClosed) return;
                    break;
                case Outcome.Gone:
                    Close("the run was deleted");
                    return;
                case var _ when batch.IsFiller:
                    _queue.Acknowledge();
                    return;
                default:
                    Interlocked.Add(ref _dropped, batch.Count);
                    _queue.Refuse();
                    TellOnce($"a batch was refused and dropped: {answer.Detail}");
                    return;
            }
        }
    }

    private async Task RequestAsync(Batch request, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(_target.Clock);
        while (true)
        {
            var answer = await _transport.RequestAsync(request.Json, cancellationToken).ConfigureAwait(false);
            if (answer.Outcome != Outcome.Later)
            {
                if (answer.Outcome != Outcome.Done) TellOnce($"a change of the run was refused: {answer.Detail}");
                _queue.Acknowledge();
                return;
            }

            await TryLaterAsync(backoff, answer, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Acknowledge(Batch batch, Answer answer)
    {
        _queue.Acknowledge();
        Interlocked.Add(ref _acknowledged, batch.Count);
        if (!batch.IsFiller) Interlocked.Increment(ref _batches);
        if (answer.Rejected > 0)
        {
            Interlocked.Add(ref _rejected, answer.Rejected);
            TellOnce($"the server could not keep {answer.Rejected} points of a batch: see the answer's 'rejected', or the series' kinds and steps");
        }

        Heard(answer);
    }

    private void Forget(Batch batch)
    {
        _queue.Acknowledge();
        Interlocked.Add(ref _dropped, batch.Count);
    }

    private Task TryLaterAsync(Backoff backoff, Answer answer, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _retries);
        TellOnce($"{_target.Url} does not take the run's data now, trying on: {answer.Detail}");
        if (_target.Patience is { } patience && _target.Clock.GetElapsedTime(Interlocked.Read(ref _lastContact)) > patience) throw new TimeoutException(answer.Detail);
        return backoff.WaitAsync(answer.RetryAfter, cancellationToken);
    }

    private void Heard(Answer answer)
    {
        Interlocked.Exchange(ref _lastContact, _target.Clock.GetTimestamp());
        if (answer.StopReason is { } reason) _stopReason = reason;
    }

    private void Close(string why)
    {
        _isClosed = true;
        TellOnce($"{why}; nothing more is sent");
    }
}
