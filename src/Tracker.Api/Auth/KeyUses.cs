using System.Collections.Concurrent;
using System.Net;
using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Auth;

/// <summary>When keys were last used: noted in memory, written once a minute by one statement for all keys.</summary>
public sealed partial class KeyUses(NpgsqlDataSource database, Sessions sessions, TimeProvider clock, ILogger<KeyUses> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<long, Use> uses = new();

    /// <summary>One object a key, changed in place: the ingest path allocates nothing.</summary>
    private sealed class Use
    {
        public long Ticks;
        public IPAddress? Address;
        public bool Dirty;
    }

    public void Note(long key, IPAddress? address)
    {
        var use = uses.GetOrAdd(key, static _ => new Use());
        use.Address = address;
        Volatile.Write(ref use.Ticks, clock.GetUtcNow().UtcTicks);
        use.Dirty = true;
    }

    /// <summary>Writes what was noted since the last time.</summary>
    public async Task FlushAsync(CancellationToken cancel)
    {
        var dirty = uses.Where(entry => entry.Value.Dirty).ToList();
        if (dirty.Count == 0) return;
        foreach (var (_, use) in dirty) use.Dirty = false;
        await using var command = database.CreateCommand("""
            insert into key_uses (key_id, used_at, address) select u.key_id, u.used_at, u.address from unnest($1, $2, $3) u (key_id, used_at, address) join api_keys using (key_id)
            on conflict (key_id) do update set used_at = greatest(key_uses.used_at, excluded.used_at), address = excluded.address
            """);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. dirty.Select(entry => entry.Key)] });
        command.Parameters.Add(new NpgsqlParameter<DateTime[]> { TypedValue = [.. dirty.Select(entry => new DateTime(entry.Value.Ticks, DateTimeKind.Utc))], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<string?[]> { TypedValue = [.. dirty.Select(entry => entry.Value.Address?.ToString())], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>A failure loses at most a time of use, and is told once an hour at most by the sweep that comes with it.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var round = 0; !stoppingToken.IsCancellationRequested; round++)
        {
            try
            {
                await Task.Delay(Pause, clock, stoppingToken);
                await FlushAsync(stoppingToken);
                if (round % 60 == 0) await sessions.SweepAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException)
            {
                LogUnwritten(error);
            }
        }
    }

    [LoggerMessage(6002, LogLevel.Debug, "The last uses of keys were not written")]
    private partial void LogUnwritten(Exception error);
}
