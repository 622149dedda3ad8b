using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>
/// Numbers from a project's counter: what cursors across the runs of a project use. The counter's row stays locked until the transaction ends,
/// so that the order of numbers is the order of commits; therefore take the numbers last, after every slow statement.
/// </summary>
public static class ProjectSequence
{
    /// <summary>Takes the next <paramref name="count"/> numbers and returns the first of them.</summary>
    public static async Task<long> NextAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long projectKey, int count, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into project_counters as counter (project_key, sequence) values ($1, $2)
            on conflict (project_key) do update set sequence = counter.sequence + $2
            returning sequence
            """, connection, transaction);
        command.Parameters.Add(new() { Value = projectKey });
        command.Parameters.Add(new() { Value = (long)count });
        return (long)(await command.ExecuteScalarAsync(cancel))! - count + 1;
    }

    /// <summary>Takes the next number.</summary>
    public static Task<long> NextAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long projectKey, CancellationToken cancel) =>
        NextAsync(connection, transaction, projectKey, 1, cancel);
}
