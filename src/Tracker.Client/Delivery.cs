using System.Buffers;
using System.Text.Json;

namespace Tracker.Client;

/// <summary>
/// The way of what is logged: buffer, packer, queue, sender. The packer turns what was logged into numbered batches; the sender sends
/// the oldest until it is acknowledged, then the next: one batch is under way at a time. Neither loop ends before the run does, whatever fails.
/// </summary>
internal sealed class Delivery : IDisposable
{
    private static readonly TimeSpan s_longestHold = TimeSpan.FromSeconds(5);

    private readonly RunSettings _settings;
    private readonly MemoryBudget _budget;
    private readonly LogBuffer _buffer;
    private readonly BatchQueue _queue;
    private readonly Sender _sender;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly CancellationTokenSource _end = new();
    private Task _packing = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private Task _heartbeat = Task.CompletedTask;
    private volatile bool _closing;

    public Delivery(RunSettings settings)
    {
        _settings = settings;
        _budget = new MemoryBudget(settings.Options.MaxBufferedBytes);
        _buffer = new LogBuffer(_budget, () => _wake.Release());
        _queue = new BatchQueue(_budget);
        _sender = new Sender(settings, _queue);
    }

    public Uri RunUrl => _sender.RunUrl;

    public string? StopReason => _sender.StopReason;

    /// <summary>Starts the loops and waits for the first answer of the server, or for its absence, 5 s at most.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _packing = Task.Run(PackAsync, CancellationToken.None);
        _sending = Task.Run(() => _sender.RunAsync(_end.Token), CancellationToken.None);
        _heartbeat = Task.Run(() => _sender.HeartbeatAsync(_end.Token), CancellationToken.None);
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
            Rejected = _sender.Rejected,
            Batches = _sender.Batches,
            Retries = _sender.Retries,
            LastError = _sender.LastError,
        };
    }

    public async Task<TrackerFinish> FinishAsync(TrackerFinishState state, int? exitCode, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _buffer.Close();
        _closing = true;
        _wake.Release();
        var told = false;
        using var deadline = new CancellationTokenSource(timeout, _settings.Clock);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            await _packing.WaitAsync(linked.Token).ConfigureAwait(false);
            await _sending.WaitAsync(linked.Token).ConfigureAwait(false);
            told = await _sender.FinishAsync(state, exitCode, linked.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time is up; what is left is said below.
        }

        await _end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_packing, _sending, _heartbeat).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Dispose();
        return Result(told, timeout);
    }

    public void Dispose()
    {
        _sender.Dispose();
        _queue.Dispose();
        _wake.Dispose();
        _end.Dispose();
    }

    private TrackerFinish Result(bool told, TimeSpan timeout)
    {
        var statistics = Statistics();
        if (statistics.Pending > 0)
            _settings.Report($"tracker: run {_settings.Id}: {statistics.Pending} points were not sent within {timeout.TotalSeconds:0.#} s and are lost ({statistics.LastError})");
        else if (!told && _sender.IsOpen)
            _settings.Report($"tracker: run {_settings.Id}: the server was not told of the end within {timeout.TotalSeconds:0.#} s ({statistics.LastError})");
        if (statistics.Dropped > 0) _settings.Report($"tracker: run {_settings.Id}: {statistics.Dropped} points were dropped");
        return new TrackerFinish(told && statistics is { Pending: 0, Dropped: 0 }, statistics.Pending, statistics.Dropped);
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
            // While batches wait for the server, the open segment is left to grow: fewer, larger batches; but not for ever.
            var isFree = _queue.Count == 0 || _settings.Clock.GetElapsedTime(lastOpen) >= s_longestHold;
            var open = closing || (idle && isFree && !_budget.IsSpent);
            if (open) lastOpen = _settings.Clock.GetTimestamp();
            while (!_end.IsCancellationRequested && _buffer.Take(open) is { } segment) Pack(encoder, segment);
            if (!complained && _buffer.Counts.Dropped > 0)
            {
                complained = true;
                _settings.Report($"tracker: run {_settings.Id}: points are being dropped: no memory left for more, or names out of their limits");
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
