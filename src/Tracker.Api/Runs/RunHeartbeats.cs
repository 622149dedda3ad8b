using Npgsql;

namespace Tracker.Api.Runs;

/// <summary>Signs of life of writers, by the database's clock.</summary>
public sealed class RunHeartbeats(NpgsqlDataSource database, LostContact contact)
{
    /// <summary>Notes the beat and answers with the run's state and stop flag; null when the run is gone.</summary>
    public async Task<HeartbeatDto?> BeatAsync(long runKey, string? writer, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            with beat as (update writers set heartbeat_at = clock_timestamp(), beats = true where run_key = $1 and writer = $2)
            select r.state, h.stop_reason, h.stop_by from runs r join run_heads h using (run_key) where r.run_key = $1 and not h.deleted
            """);
        command.Parameters.AddWithValue(runKey);
        command.Parameters.AddWithValue(writer ?? "");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return null;
        if (reader.GetString(0) == "lost") contact.Look();
        return new HeartbeatDto(reader.GetString(0), reader.IsDBNull(1) ? null : new StopDto(reader.GetString(1), reader.GetString(2)));
    }
}
