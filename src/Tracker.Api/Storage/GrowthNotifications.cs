using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>
/// Carries hints between nodes by NOTIFY, at most one message every 20 ms from each node, after the commits that it tells of: a NOTIFY inside
/// the append would take a lock of the whole database at commit. A lost hint costs a second, the time of a sweep.
/// </summary>
public sealed partial class GrowthNotifications(NpgsqlDataSource database, [FromKeyedServices(Database.Unpooled)] NpgsqlDataSource unpooled,
    RunGrowth runs, ProjectGrowth projects, ILogger<GrowthNotifications> log) : BackgroundService
{
    private const string Channel = "tracker_growth";
    private const int MaxPayloadBytes = 7_900;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly string node = Guid.NewGuid().ToString("N")[..12];
    private readonly SemaphoreSlim raised = new(0, 1);
    private readonly ConcurrentDictionary<long, byte> untoldRuns = new();
    private readonly ConcurrentDictionary<long, byte> untoldProjects = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        runs.Tell = key => Tell(untoldRuns, key);
        projects.Tell = key => Tell(untoldProjects, key);
        await Task.WhenAll(TellAsync(stoppingToken), ListenAsync(stoppingToken));
    }

    private void Tell(ConcurrentDictionary<long, byte> untold, long key)
    {
        untold[key] = 0;
        try
        {
            if (raised.CurrentCount == 0) raised.Release();
        }
        catch (SemaphoreFullException)
        {
            // Another thread woke the teller at the same moment.
        }
    }

    private async Task TellAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await raised.WaitAsync(cancel);
                while (Drain() is { } payload)
                {
                    await using var command = database.CreateCommand("select pg_notify($1, $2)");
                    command.Parameters.AddWithValue(Channel);
                    command.Parameters.AddWithValue(payload);
                    await command.ExecuteNonQueryAsync(cancel);
                    await Task.Delay(Pause, cancel);
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException error)
            {
                LogFailure(error.Message);
                await Task.Delay(Retry, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private string? Drain()
    {
        var text = new StringBuilder(node);
        foreach (var (untold, mark) in new[] { (untoldRuns, 'r'), (untoldProjects, 'p') })
        {
            foreach (var key in untold.Keys)
            {
                if (text.Length + 24 > MaxPayloadBytes) break;
                if (untold.TryRemove(key, out _)) text.Append(' ').Append(mark).Append(key);
            }
        }

        return text.Length > node.Length ? text.ToString() : null;
    }

    private async Task ListenAsync(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await using var connection = await unpooled.OpenConnectionAsync(cancel);
                connection.Notification += (_, message) => Receive(message.Payload);
                await using (var listen = new NpgsqlCommand($"listen {Channel}", connection)) await listen.ExecuteNonQueryAsync(cancel);
                while (true) await connection.WaitAsync(cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
            {
                LogFailure(error.Message);
                await Task.Delay(Retry, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Receive(string payload)
    {
        var parts = payload.Split(' ');
        if (parts[0] == node) return;
        foreach (var part in parts.AsSpan(1))
        {
            if (part.Length < 2 || !long.TryParse(part.AsSpan(1), CultureInfo.InvariantCulture, out var key)) continue;
            (part[0] == 'r' ? (GrowthHints)runs : projects).Spread(key);
        }
    }

    public override void Dispose()
    {
        raised.Dispose();
        base.Dispose();
    }

    [LoggerMessage(2001, LogLevel.Warning, "Hints between nodes are interrupted, sweeps go on: {Reason}")]
    private partial void LogFailure(string reason);
}
