using Microsoft.Extensions.Options;
using Npgsql;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>
/// Sends what the outbox holds, one loop a channel, at least once each. It looks when an alert was committed on this node, when a delivery ended, and
/// every second, which finds what other nodes and earlier lives left behind. When the database is away a loop waits a second and looks again; a delivery
/// whose end could not be written is sent again under the same id when its claim runs out. Channels are read anew when one was changed, and every two seconds.
/// </summary>
public sealed partial class AlertDispatcher(
    Deliveries deliveries, AlertChannels channels, ChannelStore store, MessageComposer composer, AlertSignal signal, IOptions<AlertOptions> options,
    TimeProvider time, ILogger<AlertDispatcher> log) : BackgroundService
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>What is under way when the server stops has this long to end, or the next start sends it again.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, (CancellationTokenSource Stop, Task Loop)> loops = new(StringComparer.Ordinal);

    /// <summary>What is to be sent to, as it was read last. Loops look here before each message, so a change counts at once.</summary>
    private volatile Dictionary<string, IAlertChannel> open = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var graceOver = new CancellationTokenSource();
        await using var onStop = stoppingToken.Register(() => graceOver.CancelAfter(Grace));
        // Channels of the configuration need no database: they are there from the first moment.
        open = channels.Configured.Select(channels.Open).OfType<IAlertChannel>().ToDictionary(channel => channel.Id, StringComparer.Ordinal);
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = signal.NextChange;
            Follow(stoppingToken, graceOver.Token);
            await ReadChannelsAsync(stoppingToken);
            Follow(stoppingToken, graceOver.Token);
            await Task.WhenAny(next, Task.Delay(Sweep * 2, time, stoppingToken));
        }

        await Task.WhenAll(loops.Values.Select(loop => loop.Loop));
        foreach (var (stop, _) in loops.Values) stop.Dispose();
    }

    private async Task ReadChannelsAsync(CancellationToken stop)
    {
        try
        {
            open = (await channels.OpenAsync(stop)).ToDictionary(channel => channel.Id, StringComparer.Ordinal);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
        catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
        {
            LogOutboxUnreachable("every channel", error.Message);
        }
    }

    /// <summary>One loop for each channel that is there.</summary>
    private void Follow(CancellationToken stop, CancellationToken graceOver)
    {
        foreach (var id in open.Keys)
        {
            if (loops.TryGetValue(id, out var running) && !running.Loop.IsCompleted) continue;
            running.Stop?.Dispose();
            var end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            loops[id] = (end, RunAsync(id, end.Token, graceOver));
        }

        foreach (var (id, loop) in loops)
        {
            if (!open.ContainsKey(id) && !loop.Loop.IsCompleted) loop.Stop.Cancel();
        }
    }

    private async Task RunAsync(string id, CancellationToken stop, CancellationToken graceOver)
    {
        var underWay = new HashSet<Task>();
        while (!stop.IsCancellationRequested && open.TryGetValue(id, out var channel))
        {
            var next = signal.Next;
            var free = channel.Concurrency - underWay.Count;
            var claimed = free > 0 ? await ClaimAsync(channel, free, stop) : [];
            foreach (var delivery in claimed) underWay.Add(DeliverAsync(channel, delivery, graceOver));
            if (claimed.Count == 0 || underWay.Count == channel.Concurrency)
            {
                using var enough = CancellationTokenSource.CreateLinkedTokenSource(stop);
                await Task.WhenAny([next, Task.Delay(Sweep, time, enough.Token), .. underWay]);
                await enough.CancelAsync();
            }
            underWay.RemoveWhere(task => task.IsCompleted);
        }
        await Task.WhenAll(underWay);
    }

    private async Task<List<Delivery>> ClaimAsync(IAlertChannel channel, int count, CancellationToken stop)
    {
        try
        {
            return await deliveries.ClaimAsync(channel.Id, count, options.Value.ClaimDuration, channel.Policy, channel.Policy.LeastAt(time.GetUtcNow()), options.Value.BreakerAfter, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception error)
        {
            if (!stop.IsCancellationRequested) LogOutboxUnreachable(channel.Id, error.Message);
            // A raised signal must not turn this into a busy loop.
            await Task.Delay(Sweep, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return [];
        }
    }

    // Never fails: it runs beside the loop, which only waits for its end.
    private async Task DeliverAsync(IAlertChannel channel, Delivery delivery, CancellationToken cancel)
    {
        await Task.Yield();
        try
        {
            var alert = delivery.Alert;
            if (delivery is { Quiet: true, Reference: null } && ChannelKinds.ChangesInPlace(channel.Kind))
            {
                await deliveries.SkipAsync(delivery, "no message to change", cancel);
                signal.Raise();
                return;
            }

            if (delivery.Digest is { } digest && await deliveries.DigestAsync(digest, cancel) is { Count: > 1 } members) alert = DigestAlert.Of(digest, members);
            var began = time.GetTimestamp();
            DeliveryResult result;
            try
            {
                result = await channel.SendAsync(composer.Compose(channel, delivery, alert), cancel);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                // What cannot be put into the channel's form must not block it for ever.
                LogNotComposed(error, channel.Id, alert.Id);
                result = DeliveryResult.Fail($"the message could not be made: {error.GetType().Name}");
            }
            await RecordAsync(channel, delivery, result, time.GetElapsedTime(began), cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            LogLeftBehind(channel.Id, delivery.Alert.Id);
        }
        catch (Exception error)
        {
            LogNotRecorded(channel.Id, delivery.Alert.Id, error is NpgsqlException ? error.Message : error.ToString());
        }
    }

    private async Task RecordAsync(IAlertChannel channel, Delivery delivery, DeliveryResult result, TimeSpan took, CancellationToken cancel)
    {
        if (result.Outcome == DeliveryOutcome.Delivered)
        {
            await deliveries.RecordAsync(channel.Id, delivery, result, took, null, options.Value, cancel);
            DeliveryMeasures.Attempted(channel.Kind, result, isGivenUp: false, time.GetUtcNow() - delivery.Alert.Timestamp);
            LogDelivered(channel.Id, delivery.Alert.Id, delivery.Attempts);
            return;
        }

#pragma warning disable CA5394 // Chance spreads retries; nothing secret hangs on it.
        var chance = Random.Shared.NextDouble();
#pragma warning restore CA5394
        var wait = result.Outcome == DeliveryOutcome.Gone ? null : RetrySchedule.Wait(delivery.Attempts, delivery.Age, result.RetryAfter, options.Value, chance);
        await deliveries.RecordAsync(channel.Id, delivery, result, took, wait, options.Value, cancel);
        DeliveryMeasures.Attempted(channel.Kind, result, isGivenUp: wait is null, TimeSpan.Zero);
        if (wait is not { } delay)
        {
            if (result.Outcome == DeliveryOutcome.Gone) await store.DisableAsync(channel.Id, "the receiver answered 410 Gone", cancel);
            LogDead(channel.Id, delivery.Alert.Id, delivery.Attempts, result.Error ?? "");
            return;
        }

        if (result.RetryAfter is not null) await deliveries.PauseAsync(channel.Id, delay, cancel);
        LogRetry(channel.Id, delivery.Alert.Id, delivery.Attempts, delay.TotalSeconds, result.Error ?? "");
    }

    [LoggerMessage(5001, LogLevel.Debug, "Alert {Alert} delivered to {Channel}, attempt {Attempt}")]
    private partial void LogDelivered(string channel, Guid alert, int attempt);

    [LoggerMessage(5002, LogLevel.Warning, "Alert {Alert} not delivered to {Channel}, attempt {Attempt}, again in {Seconds:0.#} s: {Reason}")]
    private partial void LogRetry(string channel, Guid alert, int attempt, double seconds, string reason);

    [LoggerMessage(5003, LogLevel.Error, "Alert {Alert} given up for {Channel} after {Attempt} attempts and kept as a dead letter: {Reason}")]
    private partial void LogDead(string channel, Guid alert, int attempt, string reason);

    [LoggerMessage(5004, LogLevel.Warning, "Alerts for {Channel} wait, the outbox cannot be read: {Reason}")]
    private partial void LogOutboxUnreachable(string channel, string reason);

    [LoggerMessage(5005, LogLevel.Warning, "Alert {Alert} for {Channel} will be sent again, its delivery could not be recorded: {Reason}")]
    private partial void LogNotRecorded(string channel, Guid alert, string reason);

    [LoggerMessage(5006, LogLevel.Information, "Alert {Alert} for {Channel} was under way when the server stopped and will be sent again")]
    private partial void LogLeftBehind(string channel, Guid alert);

    [LoggerMessage(5007, LogLevel.Error, "Alert {Alert} cannot be put into the form of {Channel}")]
    private partial void LogNotComposed(Exception error, string channel, Guid alert);
}
