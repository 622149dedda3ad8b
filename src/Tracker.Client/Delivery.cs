using System.Buffers;
using System.Text.Json;
using Tracker.Client.Spooling;

namespace Tracker.Client;

/// <summary>
/// The way of what is logged: buffer, packer, queue and disk, sender. The packer turns what was logged into numbered batches, on disk before
/// they are sent; the sender sends the oldest until it is acknowledged, then the next: one batch is under way at a time.
/// Neither loop ends before the run does, whatever fails. Offline there is no sender.
/// </summary>
internal sealed class Delivery : IDisposable
{
    private static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(1);

    private readonly RunSettings _settings;
    private readonly MemoryBudget _budget;
    private readonly LogBuffer _buffer;
    private readonly BatchQueue _queue;
    private readonly Spool? _spool;
    private readonly Sender _sender;
    private readonly Recovery? _recovery;
    private readonly ITransport _transport;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _end = new();
    private Task _packing = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private Task _beside = Task.CompletedTask;
    private volatile bool _closing;

    public Delivery(RunSettings settings, ITransport transport)
    {
        _settings = settings;
        _transport = transport;
        var writer = BatchQueue.NewWriter();
        var create = RunRequests.Create(settings);
        _spool = OpenSpool(settings, writer, create);
        _budget = new MemoryBudget(settings.Options.MaxBufferedBytes);
        _buffer = new LogBuffer(_budget, () => _wake.Release(), settings.Prefix);
        _queue = new BatchQueue(_budget, writer, _spool, trouble => _sender!.TellOnce(trouble));
        var target = new SendTarget(settings.Id, settings.Url, create, settings.Clock, settings.Report) { HeartbeatInterval = settings.Options.HeartbeatInterval };
        _sender = new Sender(target, _queue, transport);
        if (_spool is not null && !IsOffline) _recovery = new Recovery(settings, transport);
    }

    public Uri RunUrl => _sender.RunUrl;

    public string? StopReason => _sender.StopReason;

    public string? Refusal => _sender.Refusal;

    /// <summary>The last step that was logged; null before.</summary>
    public long? LastStep => _buffer.LastStep;

    public bool HasLogged(Func<string, bool> series) => Array.Exists(_buffer.Names, name => name is not null && series(name));

    private bool IsOffline => _settings.Mode == TrackerMode.Offline;

    /// <summary>Starts the loops and waits for the first answer of the server, or for its absence, 5 s at most.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _packing = Task.Run(PackAsync, CancellationToken.None);
        if (IsOffline) return;
        // What an earlier process left of this very run comes before what this one logs, so that the order is that of the steps.
        _sending = Task.Run(() => _sender.RunAsync(_recovery is null ? null : () => _recovery.SendOwnAsync(_end.Token), _end.Token), CancellationToken.None);
        _beside = Task.WhenAll(
            Task.Run(() => _sender.HeartbeatAsync(_end.Token), CancellationToken.None),
            _recovery is null ? Task.CompletedTask : Task.Run(() => RecoverAsync(_recovery), CancellationToken.None));
        try
        {
            await _sender.FirstContact.WaitAsync(TimeSpan.FromSeconds(5), _settings.Clock, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or OperationCanceledException)
        {
            // The run goes on without the server's answer.
        }
    }

    public void Log(long step, DateTimeOffset? time, ReadOnlySpan<(string Name, double Value)> values) => _buffer.Add(step, Millis(time), values);

    public void LogHistogram(string name, Histogram histogram, long step, DateTimeOffset? time) =>
        _buffer.Add(new HistogramEntry(name, step, Millis(time), histogram));

    public void LogEvent(TrackerEvent item) =>
        _buffer.Add(new EventEntry(item.Kind, item.Name, item.Step, Millis(item.Time), item.Level, item.Data is null ? null : Serialize(item.Data)));

    public void Update(TrackerRunUpdate update)
    {
        if (!_closing) _queue.Add(RunRequests.Update(_settings.Id, update));
    }

    public TrackerStatistics Statistics()
    {
        // In this order, so that what moves on meanwhile is never counted as lost.
        var (acknowledged, refused) = (_sender.Acknowledged, _sender.Dropped);
        var (logged, dropped) = _buffer.Counts;
        return new TrackerStatistics
        {
            Logged = logged,
            Acknowledged = acknowledged,
            Dropped = dropped + refused,
            Pending = logged - dropped - refused - acknowledged,
            PendingBytes = _budget.Used,
            SpooledBytes = _spool?.Bytes ?? 0,
            Recovered = _recovery?.Sent ?? 0,
            Rejected = _sender.Rejected,
            Batches = _sender.Batches,
            Retries = _sender.Retries,
            LastError = _sender.LastError,
        };
    }

    public async Task<TrackerFinish> FinishAsync(TrackerFinishState state, int? exitCode, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _closing = true;
        _buffer.Close();
        _wake.Release();
        // Packing waits for nobody, and what is packed is on disk; so it is not part of the time.
        await _packing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var request = RunRequests.Finish(_settings.Id, state, exitCode);
        var told = !IsOffline && await SendRestAsync(request, timeout, cancellationToken).ConfigureAwait(false);
        await _end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_packing, _sending, _beside).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var finish = Result(told, KeepRest(told, request), timeout);
        Dispose();
        return finish;
    }

    public void Dispose()
    {
        _spool?.Dispose();
        _transport.Dispose();
        _queue.Dispose();
        _wake.Dispose();
        _end.Dispose();
    }

    private static Spool? OpenSpool(RunSettings settings, string writer, byte[] create)
    {
        var isOffline = settings.Mode == TrackerMode.Offline;
        if (settings.SpoolFolder.Length == 0 || settings.Options.MaxSpoolBytes == 0)
            return isOffline ? throw new ArgumentException("Mode offline needs a folder to write to.", nameof(settings)) : null;
        try
        {
            return Spool.Create(settings.SpoolFolder, new SpoolHead(writer, settings.Id, settings.Url.ToString().TrimEnd('/'), create, isOffline), settings.Options.MaxSpoolBytes);
        }
        catch (Exception error) when (!isOffline && error is IOException or UnauthorizedAccessException)
        {
            settings.Report($"tracker: run {settings.Id}: nothing can be kept in {settings.SpoolFolder} ({error.Message}); what the server does not take is kept in memory alone");
            return null;
        }
    }

    private async Task<bool> SendRestAsync(byte[] request, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, _settings.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await _sending.WaitAsync(linked.Token).ConfigureAwait(false);
            // Another process ends a run that this one has only joined.
            return _settings.Joins ? _sender.IsCreated && _sender.IsOpen : await _sender.FinishAsync(request, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time is up; what is left is said below.
            return false;
        }
    }

    /// <summary>Where what the server does not have lies; null where nothing is left to send, or where it is in memory alone.</summary>
    private string? KeepRest(bool told, byte[] finish)
    {
        if (_spool is null) return null;
        if (told || !_sender.IsOpen)
        {
            _spool.Delete();
            return null;
        }

        if (!_settings.Joins) _queue.Add(finish);
        return _spool.Folder;
    }

    private TrackerFinish Result(bool told, string? kept, TimeSpan timeout)
    {
        var (statistics, run) = (Statistics(), _settings.Id);
        if (IsOffline)
            _settings.Report($"tracker: run {run} is in {kept}; to send it: tracker sync \"{kept}\"");
        else if (statistics.Pending > 0 && kept is not null)
            _settings.Report($"tracker: run {run}: {statistics.Pending} points were not sent within {timeout.TotalSeconds:0.#} s ({statistics.LastError}); the next run on this machine sends them, or: tracker sync \"{kept}\"");
        else if (statistics.Pending > 0)
            _settings.Report($"tracker: run {run}: {statistics.Pending} points were not sent within {timeout.TotalSeconds:0.#} s and are lost ({statistics.LastError})");
        else if (!told && _sender.IsOpen)
            _settings.Report($"tracker: run {run}: the server was not told of the end within {timeout.TotalSeconds:0.#} s ({statistics.LastError})");
        if (statistics.Dropped > 0) _settings.Report($"tracker: run {run}: {statistics.Dropped} points were dropped");
        return new TrackerFinish(told && statistics is { Pending: 0, Dropped: 0 }, statistics.Pending, statistics.Dropped, kept);
    }

    private async Task RecoverAsync(Recovery recovery)
    {
        // Not before the server has answered: until then there is nobody to send it to.
        await _sender.FirstContact.WaitAsync(_end.Token).ConfigureAwait(false);
        while (!_sender.IsCreated && _sender.IsOpen) await Task.Delay(TimeSpan.FromSeconds(1), _settings.Clock, _end.Token).ConfigureAwait(false);
        if (_sender.IsOpen) await recovery.SendOthersAsync(_end.Token).ConfigureAwait(false);
    }

    private async Task PackAsync()
    {
        using var encoder = new BatchEncoder();
        var complained = false;
        var idle = false;
        var lastOpen = _settings.Clock.GetTimestamp();
        while (!_end.IsCancellationRequested)
        {
            var closing = _closing;
            // While batches wait for the server, the open segment is left to grow: fewer, larger batches; but what is not packed is not on disk.
            var isFree = _queue.Count == 0 || _settings.Clock.GetElapsedTime(lastOpen) >= s_longestHold;
            var open = closing || (idle && isFree && !_budget.IsSpent);
            if (open) lastOpen = _settings.Clock.GetTimestamp();
            while (_buffer.Take(open) is { } segment) Pack(encoder, segment);
            if (!complained && _buffer.Counts.Dropped > 0 && !closing)
            {
                complained = true;
                _settings.Report($"tracker: run {_settings.Id}: points are being dropped: no room left for more, or names out of their limits");
            }

            if (closing) break;

            // A full segment, or the end of the run, wakes the packer before its time.
            idle = !await _wake.WaitAsync(_settings.Options.FlushInterval).ConfigureAwait(false);
        }

        _queue.Complete();
    }

    private void Pack(BatchEncoder encoder, LogSegment segment)
    {
        try
        {
            _queue.Add(encoder, segment, _buffer.Names);
        }
        catch (Exception error)
        {
            // One batch that cannot be written must not keep the others back.
            _sender.Lost(segment.Count, error.Message);
        }

        _buffer.Return(segment);
    }

    private long Millis(DateTimeOffset? time) => (time ?? _settings.Clock.GetUtcNow()).ToUnixTimeMilliseconds();

    private byte[]? Serialize(IReadOnlyDictionary<string, object?> data)
    {
        try
        {
            var bytes = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(bytes)) JsonValues.Write(json, data);
            return bytes.WrittenSpan.ToArray();
        }
        catch (Exception error)
        {
            // A value's own ToString may throw; the event is kept without its details.
            _sender.Note(error.Message);
            return null;
        }
    }
}
