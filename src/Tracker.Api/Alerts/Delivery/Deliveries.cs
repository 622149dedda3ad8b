using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>A delivery that this node has taken.</summary>
/// <param name="Id">Key of the outbox row.</param>
/// <param name="Attempts">Attempts made, the one under way included.</param>
/// <param name="Age">Time since the first attempt began.</param>
/// <param name="Alert">What is to be said, without its link.</param>
/// <param name="Subject">What its messages have in common.</param>
/// <param name="LastError">What the attempt before said; null at the first.</param>
/// <param name="Reference">Where the earlier message about the subject stands at the receiver.</param>
/// <param name="Digest">Id of the digest that it leads; null when it goes by itself.</param>
public sealed record Delivery(long Id, int Attempts, TimeSpan Age, Alert Alert, string Subject, string? LastError, string? Reference, Guid? Digest)
{
    /// <summary>It makes no sound: it only changes a message that stands.</summary>
    public bool Quiet { get; init; }

    /// <summary>What a receiver drops doubles by.</summary>
    public Guid MessageId => Digest ?? Alert.Id;
}

/// <summary>The statements of the outbox. All times are the database's, so that nodes need not agree on theirs.</summary>
public sealed class Deliveries(NpgsqlDataSource database)
{
    /// <summary>
    /// Takes up to <paramref name="count"/> due deliveries of a channel. Of one diagnosis only the oldest open delivery can be taken,
    /// so its messages arrive in order. Rates, digests, quiet hours and the circuit breaker are kept by the same statement, on all nodes together.
    /// </summary>
    public async Task<List<Delivery>> ClaimAsync(string channel, int count, TimeSpan duration, ChannelPolicy policy, short least, int breakerAfter, CancellationToken cancel)
    {
        var keys = new List<long>();
        // The function writes: its rows are read by a statement of their own, which sees what it wrote.
        await using (var claim = database.CreateCommand("select * from tracker_claim_deliveries($1, $2, $3, $4, $5, $6, $7, $8, $9)"))
        {
            var parameters = claim.Parameters;
            parameters.AddWithValue(channel);
            parameters.AddWithValue(count);
            parameters.AddWithValue(duration);
            parameters.AddWithValue(policy.RatePerMinute);
            parameters.AddWithValue(policy.Burst);
            parameters.AddWithValue(policy.DigestAfter);
            parameters.AddWithValue(TimeSpan.FromSeconds(policy.DigestSeconds));
            parameters.AddWithValue(least);
            parameters.AddWithValue(breakerAfter);
            await using var claimed = await claim.ExecuteReaderAsync(cancel);
            while (await claimed.ReadAsync(cancel)) keys.Add(claimed.GetInt64(0));
        }

        return keys.Count == 0 ? [] : await ReadAsync(keys, cancel);
    }

    private async Task<List<Delivery>> ReadAsync(List<long> keys, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select o.delivery_id, o.attempts, clock_timestamp() - o.first_attempt_at, a.id, a.kind, a.created_at, a.body::text, o.order_key, o.last_error, m.reference, o.digest_id, o.quiet
            from outbox o join alerts a on a.id = o.alert_id left join channel_messages m on m.channel = o.channel and m.order_key = o.order_key
            where o.delivery_id = any ($1) order by o.delivery_id
            """);
        command.Parameters.AddWithValue(keys);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<Delivery> taken = [];
        while (await reader.ReadAsync(cancel))
        {
            taken.Add(new Delivery(reader.GetInt64(0), reader.GetInt32(1), reader.GetTimeSpan(2), ReadAlert(reader, 3), reader.GetString(7),
                reader.IsDBNull(8) ? null : reader.GetString(8), reader.IsDBNull(9) ? null : reader.GetString(9), reader.IsDBNull(10) ? null : reader.GetGuid(10))
            { Quiet = reader.GetBoolean(11) });
        }

        return taken;
    }

    /// <summary>The alerts of a digest, the oldest first.</summary>
    public async Task<List<Alert>> DigestAsync(Guid digest, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            "select a.id, a.kind, a.created_at, a.body::text from outbox o join alerts a on a.id = o.alert_id where o.digest_id = $1 and o.delivered_at is null and o.dead_at is null order by o.delivery_id");
        command.Parameters.AddWithValue(digest);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<Alert> alerts = [];
        while (await reader.ReadAsync(cancel)) alerts.Add(ReadAlert(reader, 0));
        return alerts;
    }

    /// <summary>Notes an attempt and what came of it, all at once.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="delivery">What was tried.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="took">How long it took.</param>
    /// <param name="wait">When to try again; null when it was delivered, or is given up: then it is kept as a dead letter and no longer holds up those behind it.</param>
    /// <param name="options">The circuit breaker's limits.</param>
    /// <param name="cancel">Cancels.</param>
    public async Task RecordAsync(string channel, Delivery delivery, DeliveryResult result, TimeSpan took, TimeSpan? wait, AlertOptions options, CancellationToken cancel)
    {
        var delivered = result.Outcome == DeliveryOutcome.Delivered;
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new("insert into delivery_attempts (delivery_id, number, milliseconds, outcome, answer) values ($1, $2, $3, $4, $5)")
        {
            Parameters =
            {
                new() { Value = delivery.Id }, new() { Value = delivery.Attempts }, new() { Value = (int)Math.Min(took.TotalMilliseconds, int.MaxValue) },
                new() { Value = result.Outcome.ToString().ToLowerInvariant() }, Text(result.Error),
            },
        });
        // The members of a digest share its fate, but for the wait: they have no attempts of their own.
        batch.BatchCommands.Add(delivered
            ? new("update outbox set delivered_at = clock_timestamp(), claimed_until = null, last_error = null where (delivery_id = $1 or digest_id = $2) and delivered_at is null and dead_at is null")
            { Parameters = { new() { Value = delivery.Id }, Key(delivery.Digest) } }
            : wait is { } delay
                ? new("update outbox set next_attempt_at = clock_timestamp() + $3, claimed_until = null, last_error = $2 where delivery_id = $1 and delivered_at is null")
                { Parameters = { new() { Value = delivery.Id }, Text(result.Error), new() { Value = delay } } }
                : new("update outbox set dead_at = clock_timestamp(), claimed_until = null, last_error = $2 where (delivery_id = $1 or digest_id = $3) and delivered_at is null and dead_at is null")
                { Parameters = { new() { Value = delivery.Id }, Text(result.Error), Key(delivery.Digest) } });
        if (delivered && result.Reference is not null && delivery.Digest is null)
        {
            batch.BatchCommands.Add(new("""
                insert into channel_messages (channel, order_key, reference) values ($1, $2, $3) on conflict (channel, order_key) do update set reference = excluded.reference, at = now()
                """) { Parameters = { new() { Value = channel }, new() { Value = delivery.Subject }, new() { Value = result.Reference } } });
        }

        // Held until then also where another request, sent beside this one, is answered otherwise; a year is not.
        var pause = result.RetryAfter is not { } asked ? TimeSpan.Zero : asked < options.GiveUpAfter ? asked : options.GiveUpAfter;
        batch.BatchCommands.Add(delivered
            ? new("""
              insert into channel_states (channel, delivered_at) values ($1, now())
              on conflict (channel) do update set failures = 0, open_until = case when channel_states.open_until > now() then channel_states.open_until end, delivered_at = now() where channel_states.failures > 0 or channel_states.delivered_at is null or channel_states.delivered_at < now() - interval '1 second'
              """) { Parameters = { new() { Value = channel } } }
            : new("""
              insert into channel_states as c (channel, failures, failed_at, last_error, open_until) values ($1, 1, now(), $2, case when $5 then now() + $6 end)
              on conflict (channel) do update set failures = c.failures + 1, failed_at = now(), last_error = $2, open_until = greatest(case when c.open_until > now() then c.open_until end, case
                when $5 then now() + $6
                when c.failures + 1 >= $3 then now() + least($4 * power(2, least(c.failures + 1 - $3, 10)), interval '15 minutes') end)
              """)
            {
                Parameters =
                {
                    new() { Value = channel }, Text(result.Error), new() { Value = options.BreakerAfter }, new() { Value = options.BreakerPause },
                    new() { Value = result.RetryAfter is not null }, new() { Value = pause },
                },
            });
        await batch.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Ends a delivery for which there is nothing to do.</summary>
    public async Task SkipAsync(Delivery delivery, string reason, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update outbox set dead_at = clock_timestamp(), skipped = $2, claimed_until = null where delivery_id = $1 and delivered_at is null and dead_at is null");
        command.Parameters.AddWithValue(delivery.Id);
        command.Parameters.AddWithValue(reason);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>A receiver that asks to be left alone is left alone by every delivery that is still to be made, on every node.</summary>
    public async Task PauseAsync(string channel, TimeSpan wait, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            update outbox set next_attempt_at = now() + $2
            where channel = $1 and delivered_at is null and dead_at is null and claimed_until is null and next_attempt_at < now() + $2
            """);
        command.Parameters.AddWithValue(channel);
        command.Parameters.AddWithValue(wait);
        await command.ExecuteNonQueryAsync(cancel);
    }

    /// <summary>Reads an alert from the columns id, kind, created_at, body as text.</summary>
    internal static Alert ReadAlert(NpgsqlDataReader reader, int column) => new(
        reader.GetGuid(column), reader.GetString(column + 1), reader.GetFieldValue<DateTimeOffset>(column + 2),
        JsonSerializer.Deserialize(reader.GetString(column + 3), AlertJson.Readable.AlertMessage)!);

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Key(Guid? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Uuid };
}
