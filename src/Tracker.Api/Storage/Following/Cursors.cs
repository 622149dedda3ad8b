using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Storage.Following;

/// <summary>The cursor rows: how far each consumer of a run has come, and what it saved.</summary>
public static class Cursors
{
    /// <summary>The consumer's cursor, made at 0 when it is new.</summary>
    public static async Task<(long Sequence, byte[]? State, long StateSequence)> OpenAsync(NpgsqlDataSource database, long runKey, string consumer, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            with made as (insert into cursors (run_key, consumer) values ($1, $2) on conflict do nothing)
            select sequence, state, state_sequence from cursors where run_key = $1 and consumer = $2
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(consumer);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        // A row made by this very statement is not seen by it.
        if (!await reader.ReadAsync(cancel)) return (0, null, 0);
        return (reader.GetInt64(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<byte[]>(1), reader.GetInt64(2));
    }

    /// <summary>Moves the cursor from where it was left; throws when somebody else has moved it.</summary>
    public static async Task MoveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, string consumer, long from, long to, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "update cursors set sequence = $4 where run_key = $1 and consumer = $2 and sequence = $3", connection, transaction);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(consumer);
        command.Parameters.AddWithValue(from);
        command.Parameters.AddWithValue(to);
        if (await command.ExecuteNonQueryAsync(cancel) == 0) throw new CursorMovedException(consumer);
    }

    /// <summary>Moves the cursor and saves the consumer's state as of that sequence.</summary>
    public static async Task SaveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, string consumer, long from, long to, byte[] state, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            update cursors set sequence = $4, state = $5, state_sequence = $4 where run_key = $1 and consumer = $2 and sequence = $3
            """, connection, transaction);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(consumer);
        command.Parameters.AddWithValue(from);
        command.Parameters.AddWithValue(to);
        command.Parameters.AddWithValue(NpgsqlDbType.Bytea, state);
        if (await command.ExecuteNonQueryAsync(cancel) == 0) throw new CursorMovedException(consumer);
    }
}
