using Microsoft.Extensions.Options;
using Npgsql;

namespace Tracker.Api.Alerts;

/// <summary>
/// Sends what the outbox holds, one loop a channel, at least once each. It looks when an alert was committed on this node, when a delivery ended, and
/// every second, which finds what other nodes and earlier lives left behind. When the database is away a loop waits a second and looks again; a delivery
/// whose end could not be written is sent again under the same id when its claim runs out.
/// </summary>
public sealed partial class AlertDispatcher(
    Deliveries deliveries, AlertChannels channels, AlertSender sender, AlertLinks links, AlertSignal signal, IOptions<AlertOptions> options,
    TimeProvider time, ILogger<AlertDispatcher> log) : BackgroundService
{
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>What is under way when the server stops has this long to end, or the next start sends it again.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var graceOver = new CancellationTokenSource();
        await using var onStop = stoppingToken.Register(() => graceOver.CancelAfter(Grace));
        await Task.WhenAll(channels.All.Select(channel => RunAsync(channel, stoppingToken, graceOver.Token)));
    }

    private async Task RunAsync(IAlertChannel channel, CancellationToken stop, CancellationToken graceOver)
    {
        var underWay = new HashSet<Task>();
        while (!stop.IsCancellationRequested)
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
            return await deliveries.ClaimAsync(channel.Name, count, options.Value.ClaimDuration, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception error)
        {
            if (!stop.IsCancellationRequested) LogOutboxUnreachable(channel.Name, error.Message);
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
            var alert = links.Complete(delivery.Alert);
            using var request = channel.Compose(alert);
            var result = await sender.SendAsync(request, cancel);
            await RecordAsync(channel, delivery, result, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            LogLeftBehind(channel.Name, delivery.Alert.Id);
        }
        catch (Exception error)
        {
            LogNotRecorded(channel.Name, delivery.Alert.Id, error is NpgsqlException ? error.Message : error.ToString());
        }
    }

    private async Task RecordAsync(IAlertChannel channel, Delivery delivery, DeliveryResult result, CancellationToken cancel)
    {
        var (outcome, error, retryAfter) = result;
        error ??= "";
        if (outcome == DeliveryOutcome.Delivered)
        {
            await deliveries.DeliveredAsync(delivery.Id, cancel);
            LogDelivered(channel.Name, delivery.Alert.Id, delivery.Attempts);
            return;
        }

#pragma warning disable CA5394 // Chance spreads retries; nothing secret hangs on it.
        var chance = Random.Shared.NextDouble();
#pragma warning restore CA5394
        var wait = outcome == DeliveryOutcome.Gone ? null : RetrySchedule.Wait(delivery.Attempts, delivery.Age, retryAfter, options.Value, chance);
        if (wait is not { } delay)
        {
            await deliveries.DeadAsync(delivery.Id, error, cancel);
            LogDead(channel.Name, delivery.Alert.Id, delivery.Attempts, error);
            return;
        }

        await deliveries.RetryAsync(delivery.Id, error, delay, cancel);
        if (retryAfter is not null) await deliveries.PauseAsync(channel.Name, delay, cancel);
        LogRetry(channel.Name, delivery.Alert.Id, delivery.Attempts, delay.TotalSeconds, error);
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
}
