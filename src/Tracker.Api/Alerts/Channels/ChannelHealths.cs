using Npgsql;

namespace Tracker.Api.Alerts;

/// <summary>Reads how delivery to channels goes.</summary>
public sealed class ChannelHealths(NpgsqlDataSource database)
{
    public static ChannelHealth Unknown { get; } = new("ok", 0, null, null, null, null, 0, 0);

    public async Task<Dictionary<string, ChannelHealth>> ReadAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select coalesce(s.channel, o.channel), coalesce(s.failures, 0), s.last_error, s.failed_at, s.delivered_at, s.open_until, s.open_until > now(), coalesce(o.waiting, 0), coalesce(o.dead, 0)
            from channel_states s full join (
              select channel, count(*) filter (where delivered_at is null and dead_at is null) as waiting, count(*) filter (where dead_at is not null and skipped is null) as dead
              from outbox where delivered_at is null group by channel) o using (channel)
            """);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<string, ChannelHealth>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancel))
        {
            var failures = reader.GetInt32(1);
            var open = !reader.IsDBNull(6) && reader.GetBoolean(6);
            found[reader.GetString(0)] = new ChannelHealth(open ? "open" : failures > 0 ? "failing" : "ok", failures, reader.IsDBNull(2) ? null : reader.GetString(2),
                Time(3), Time(4), open ? Time(5) : null, reader.GetInt64(7), reader.GetInt64(8));
        }

        return found;

        DateTimeOffset? Time(int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
    }
}
