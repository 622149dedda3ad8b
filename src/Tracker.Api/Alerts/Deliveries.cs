using System.Text.Json;
using Npgsql;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>A delivery that this node has taken.</summary>
/// <param name="Id">Key of the outbox row.</param>
/// <param name="Attempts">Attempts made, the one under way included.</param>
/// <param name="Age">Time since the first attempt began.</param>
/// <param name="Alert">What is to be said, without its link.</param>
public sealed record Delivery(long Id, int Attempts, TimeSpan Age, Alert Alert);

/// <summary>The statements of the outbox. All times are the database's, so that nodes need not agree on theirs.</summary>
public sealed class Deliveries(NpgsqlDataSource database)
{
    /// <summary>
    /// Takes up to <paramref name="count"/> due deliveries of a channel. Of one diagnosis only the oldest open delivery can be taken,
    /// so its messages arrive in order.
    /// </summary>
    public async Task<List<Delivery>> ClaimAsync(string channel, int count, TimeSpan duration, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            with due as (
              select o.delivery_id from outbox o
              where o.channel = $1 and o.delivered_at is null and o.dead_at is null and o.next_attempt_at <= now()
                and (o.claimed_until is null or o.claimed_until <= now())
                and not exists (
                  select 1 from outbox before
                  where before.order_key = o.order_key and before.channel = o.channel and before.delivery_id < o.delivery_id
                    and before.delivered_at is null and before.dead_at is null)
              order by o.next_attempt_at, o.delivery_id limit $2 for update skip locked),
            taken as (
              update outbox o set claimed_until = now() + $3, attempts = attempts + 1, first_attempt_at = coalesce(first_attempt_at, now())
              from due where o.delivery_id = due.delivery_id
              returning o.delivery_id, o.attempts, now() - o.first_attempt_at as age, o.alert_id)
            select t.delivery_id, t.attempts, t.age, a.id, a.kind, a.created_at, a.body::text
            from taken t join alerts a on a.id = t.alert_id order by t.delivery_id
            """);
        command.Parameters.Add(new() { Value = channel });
        command.Parameters.Add(new() { Value = (long)count });
        command.Parameters.Add(new() { Value = duration });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<Delivery> taken = [];
        while (await reader.ReadAsync(cancel))
            taken.Add(new Delivery(reader.GetInt64(0), reader.GetInt32(1), reader.GetTimeSpan(2), ReadAlert(reader, 3)));
        return taken;
    }

    public Task DeliveredAsync(long id, CancellationToken cancel) =>
        RunAsync("update outbox set delivered_at = now(), claimed_until = null, last_error = null where delivery_id = $1", cancel, id);

    /// <summary>Keeps a dead letter: it is never sent again by itself, and no longer holds up those behind it.</summary>
    public Task DeadAsync(long id, string error, CancellationToken cancel) =>
        RunAsync("update outbox set dead_at = now(), claimed_until = null, last_error = $2 where delivery_id = $1 and delivered_at is null", cancel, id, error);

    public Task RetryAsync(long id, string error, TimeSpan wait, CancellationToken cancel) =>
        RunAsync(
            "update outbox set next_attempt_at = now() + $3, claimed_until = null, last_error = $2 where delivery_id = $1 and delivered_at is null",
            cancel, id, error, wait);

    /// <summary>A receiver that asks to be left alone is left alone by every delivery that is still to be made, on every node.</summary>
    public Task PauseAsync(string channel, TimeSpan wait, CancellationToken cancel) =>
        RunAsync(
            """
            update outbox set next_attempt_at = now() + $2
            where channel = $1 and delivered_at is null and dead_at is null and claimed_until is null and next_attempt_at < now() + $2
            """, cancel, channel, wait);

    /// <summary>Reads an alert from the columns id, kind, created_at, body as text.</summary>
    internal static Alert ReadAlert(NpgsqlDataReader reader, int column) => new(
        reader.GetGuid(column), reader.GetString(column + 1), reader.GetFieldValue<DateTimeOffset>(column + 2),
        JsonSerializer.Deserialize(reader.GetString(column + 3), AlertJson.Readable.AlertMessage)!);

    private async Task RunAsync(string sql, CancellationToken cancel, params object[] values)
    {
        await using var command = database.CreateCommand(sql);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        await command.ExecuteNonQueryAsync(cancel);
    }
}
