using System.Globalization;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Runs;

namespace Tracker.Api.Alerts;

/// <summary>What became of deliveries, for people to see, and to send again what was given up.</summary>
public sealed class DeliveryLog(NpgsqlDataSource database)
{
    /// <summary>Deliveries, the latest first.</summary>
    public async Task<List<DeliveryDto>> ListAsync(Guid? alert, string? channel, string? state, string? project, long before, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select o.delivery_id, o.alert_id, a.kind, a.body ->> 'title', a.severity, a.body ->> 'project', a.body ->> 'run', o.channel,
              case when o.delivered_at is not null then 'delivered' when o.skipped is not null then 'skipped' when o.dead_at is not null then 'dead' else 'waiting' end,
              a.created_at, o.delivered_at, o.next_attempt_at, coalesce(o.skipped, o.last_error), o.digest_id, o.attempts,
              (select coalesce(json_agg(json_build_object('number', t.number, 'at', t.at, 'milliseconds', t.milliseconds, 'outcome', t.outcome, 'answer', t.answer) order by t.number, t.at), '[]')
               from (select * from delivery_attempts t where t.delivery_id = o.delivery_id order by t.number desc, t.at desc limit 20) t)::text
            from outbox o join alerts a on a.id = o.alert_id
            where ($1::uuid is null or o.alert_id = $1) and ($2::text is null or o.channel = $2) and ($4::text is null or a.project_key = (select project_key from projects where name = $4))
              and ($3::text is null or case $3 when 'delivered' then o.delivered_at is not null when 'dead' then o.dead_at is not null and o.skipped is null
                when 'skipped' then o.skipped is not null else o.delivered_at is null and o.dead_at is null end)
              and o.delivery_id < $5
            order by o.delivery_id desc limit $6
            """);
        command.Parameters.Add(new() { Value = (object?)alert ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid });
        command.Parameters.Add(Text(channel));
        command.Parameters.Add(Text(state));
        command.Parameters.Add(Text(project));
        command.Parameters.AddWithValue(before);
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<DeliveryDto>();
        while (await reader.ReadAsync(cancel))
        {
            var waiting = reader.GetString(8) == "waiting";
            found.Add(new DeliveryDto
            {
                Id = reader.GetInt64(0).ToString(CultureInfo.InvariantCulture),
                Alert = reader.GetGuid(1),
                Type = reader.GetString(2),
                Title = reader.GetString(3),
                Severity = Severities.Name(reader.GetInt16(4)),
                Project = reader.GetString(5),
                Run = reader.GetString(6),
                Channel = reader.GetString(7),
                State = reader.GetString(8),
                CreatedAt = reader.GetFieldValue<DateTimeOffset>(9),
                DeliveredAt = reader.IsDBNull(10) ? null : reader.GetFieldValue<DateTimeOffset>(10),
                NextAttemptAt = waiting ? reader.GetFieldValue<DateTimeOffset>(11) : null,
                LastError = reader.IsDBNull(12) ? null : reader.GetString(12),
                Digest = reader.IsDBNull(13) ? null : reader.GetGuid(13),
                Attempts = reader.GetInt32(14),
                Log = JsonSerializer.Deserialize<List<AttemptDto>>(reader.GetString(15), JsonSerializerOptions.Web) ?? [],
            });
        }

        return found;
    }

    /// <summary>Sends dead letters again, each by itself and under the id it had, for another 24 hours.</summary>
    public async Task<int> ResendAsync(string? channel, IReadOnlyList<long>? ids, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            update outbox o set dead_at = null, next_attempt_at = now(), first_attempt_at = null, digest_id = null, leads = false, released_at = now()
            where dead_at is not null and skipped is null and ($1::text is null or channel = $1) and ($2::bigint[] is null or delivery_id = any ($2))
              and (channel in ('slack', 'webhook', 'email') or exists (select 1 from channels c where c.id = o.channel))
            """);
        command.Parameters.Add(Text(channel));
        command.Parameters.Add(new() { Value = (object?)ids?.ToArray() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Ends the pause of a channel that failed: somebody says that it is well again.</summary>
    public async Task CloseBreakerAsync(string channel, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update channel_states set failures = 0, open_until = null where channel = $1");
        command.Parameters.AddWithValue(channel);
        await command.ExecuteNonQueryAsync(cancel);
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
