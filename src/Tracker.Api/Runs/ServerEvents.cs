using Npgsql;
using Tracker.Core.Series;

namespace Tracker.Api.Runs;

/// <summary>What the server itself writes to a run's journal, so that a replay sees it where the live run did.</summary>
internal static class ServerEvents
{
    /// <summary>The writer under which the server logs; no client can take this id.</summary>
    public const string Writer = "~server";

    /// <summary>Appends an event in a transaction that holds the run's head, and answers with its sequence.</summary>
    public static async Task<long> AppendAsync(NpgsqlTransaction transaction, long runKey, RunEvent happened, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            "select sequence from tracker_append(array[$1], array[$2], array[null::bigint], array[null::bytea], array[0], array[$3])", transaction.Connection, transaction);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(Writer);
        command.Parameters.AddWithValue(JournalCodec.Encode(new LogBatch { Events = [happened] }));
        return await command.ExecuteScalarAsync(cancel) as long? ?? 0;
    }
}
