using Npgsql;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>What routes look at of a run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Tags">Its tags.</param>
/// <param name="Group">Its group.</param>
/// <param name="User">Who runs it: the config's <c>user</c>.</param>
public sealed record RoutedRun(AlertedRun Run, IReadOnlyList<string> Tags, string? Group, string? User)
{
    public static async Task<RoutedRun?> FindAsync(NpgsqlConnection connection, NpgsqlTransaction? transaction, long runKey, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("""
            select r.id, r.name, p.name, r.tags, r."group", r.config ->> 'user' from runs r join projects p using (project_key) where r.run_key = $1
            """, connection, transaction);
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return null;
        return new RoutedRun(new AlertedRun(reader.GetString(0), reader.GetString(1), reader.GetString(2)), reader.GetFieldValue<string[]>(3),
            reader.IsDBNull(4) ? null : reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetString(5));
    }
}
