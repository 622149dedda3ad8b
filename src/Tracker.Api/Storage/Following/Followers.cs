using System.Collections.Concurrent;
using Npgsql;

namespace Tracker.Api.Storage.Following;

/// <summary>
/// Follows the runs that have something unsettled and that this node has the lease of. Hints start a follower at once; a sweep each second finds
/// what no hint told of, and what a dead node left. A lease only saves work: correctness is in each consumer's cursor.
/// </summary>
public sealed partial class Followers(NpgsqlDataSource database, RunCatalog catalog, JournalReader journal, HistoryReader history, RecentBatches recent, RunGrowth growth,
    IEnumerable<IJournalConsumerFactory> factories, NodeIdentity node, TimeProvider clock, ILoggerFactory loggers) : BackgroundService
{
    private const int ConcurrentSteps = 6;
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<long, Following> running = new();
    private readonly ConcurrentDictionary<long, long> refusedAt = new();
    private readonly SemaphoreSlim turns = new(ConcurrentSteps);
    private readonly ILogger<Followers> log = loggers.CreateLogger<Followers>();
    private readonly IJournalConsumerFactory[] factories = [.. factories];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hints = growth.Subscribe(runKey =>
        {
            if (running.TryGetValue(runKey, out var following)) following.Wake();
            else if (!IsRefused(runKey)) _ = StartAsync(runKey, stoppingToken);
        });
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RenewAsync(stoppingToken);
                foreach (var runKey in await UnsettledAsync(stoppingToken)) await StartAsync(runKey, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException)
            {
                LogSweepFailed(error.Message);
            }

            await Task.Delay(Sweep, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(running.Values.Select(following => following.Task));
        await ReleaseAllAsync();
    }

    private async Task StartAsync(long runKey, CancellationToken stopping)
    {
        if (running.ContainsKey(runKey) || stopping.IsCancellationRequested) return;
        var following = new Following();
        if (!running.TryAdd(runKey, following)) return;
        try
        {
            if (await catalog.FindAsync(runKey, stopping) is { } run && await TakeLeaseAsync(runKey, stopping))
            {
                following.Begin(run, new RunFollower(run, [.. factories.Select(factory => factory.Create(run))], journal, history, recent, database, turns, clock, loggers.CreateLogger<RunFollower>()), stopping);
                _ = EndAsync(run.RunKey, following);
                return;
            }
        }
        catch (Exception error)
        {
            // Whatever it was, the run must not stay marked as followed: the sweep tries again.
            LogSweepFailed(error.Message);
        }

        running.TryRemove(runKey, out _);
        following.Dispose();
    }

    private async Task EndAsync(long runKey, Following following)
    {
        try
        {
            await following.Task;
        }
        catch (Exception error)
        {
            LogFollowerFailed(error, runKey);
        }

        running.TryRemove(runKey, out _);
        following.Dispose();
    }

    private async Task<bool> TakeLeaseAsync(long runKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            insert into leases (run_key, node, until) values ($1, $2, clock_timestamp() + interval '8 seconds')
            on conflict (run_key) do update set node = excluded.node, until = excluded.until
            where leases.until < clock_timestamp() or leases.node = excluded.node
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(node.Name);
        if (await command.ExecuteNonQueryAsync(cancel) == 1)
        {
            refusedAt.TryRemove(runKey, out _);
            return true;
        }

        if (refusedAt.Count > 10_000) refusedAt.Clear();
        refusedAt[runKey] = clock.GetTimestamp();
        return false;
    }

    /// <summary>Another node follows this run: hints are passed over for a moment, the sweep finds it when that node is gone.</summary>
    private bool IsRefused(long runKey) => refusedAt.TryGetValue(runKey, out var at) && clock.GetElapsedTime(at) < Sweep;

    /// <summary>Renews all leases of this node; a follower whose lease another node took is stopped.</summary>
    private async Task RenewAsync(CancellationToken cancel)
    {
        var keys = running.Keys.ToArray();
        if (keys.Length == 0) return;
        await using var command = database.CreateCommand("""
            update leases set until = clock_timestamp() + interval '8 seconds' where node = $1 and run_key = any ($2) returning run_key
            """);
        command.Parameters.AddWithValue(node.Name);
        command.Parameters.AddWithValue(keys);
        var held = new HashSet<long>();
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel)) held.Add(reader.GetInt64(0));
        }

        foreach (var key in keys)
        {
            if (!held.Contains(key) && running.TryGetValue(key, out var following)) following.Stop();
        }
    }

    private async Task<List<long>> UnsettledAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select h.run_key from run_heads h left join leases l using (run_key)
            where h.unsettled and (l.node is null or l.node = $1 or l.until < clock_timestamp())
            """);
        command.Parameters.AddWithValue(node.Name);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var keys = new List<long>();
        while (await reader.ReadAsync(cancel))
        {
            var key = reader.GetInt64(0);
            if (!running.ContainsKey(key)) keys.Add(key);
        }

        return keys;
    }

    private async Task ReleaseAllAsync()
    {
        try
        {
            await using var command = database.CreateCommand("delete from leases where node = $1");
            command.Parameters.AddWithValue(node.Name);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception error) when (error is NpgsqlException or ObjectDisposedException)
        {
            // The leases end by themselves.
            LogSweepFailed(error.Message);
        }
    }

    public override void Dispose()
    {
        turns.Dispose();
        base.Dispose();
    }

    private sealed class Following : IDisposable
    {
        private CancellationTokenSource? stop;
        private RunFollower? follower;

        public Task Task { get; private set; } = Task.CompletedTask;

        public void Begin(RunRef run, RunFollower following, CancellationToken stopping)
        {
            stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            follower = following;
            Task = Task.Run(() => following.FollowAsync(stop.Token), CancellationToken.None);
        }

        /// <summary>A follower that has not begun yet reads the journal first thing when it does.</summary>
        public void Wake() => follower?.Wake();

        public void Stop() => stop?.Cancel();

        public void Dispose()
        {
            stop?.Dispose();
            follower?.Dispose();
        }
    }

    [LoggerMessage(2050, LogLevel.Warning, "The sweep for unsettled runs is tried again: {Reason}")]
    private partial void LogSweepFailed(string reason);

    [LoggerMessage(2051, LogLevel.Error, "The follower of run key {RunKey} ended; a sweep starts it anew")]
    private partial void LogFollowerFailed(Exception error, long runKey);
}
