using Npgsql;

namespace Tracker.Api.Alerts;

/// <summary>Lists alerts, in one order over all projects or in a project's own.</summary>
public sealed class AlertLists(NpgsqlDataSource database, AlertLinks links)
{
    /// <summary>
    /// Alerts after a number. The numbers are given here, not where alerts are written: a counter over all projects in those transactions would let one stalled
    /// node hold up all others, and an identity column shows later numbers before earlier ones. The numbering is one statement of its own, so
    /// it holds its lock for no longer than it runs.
    /// </summary>
    public async Task<List<AlertItem>> ReadAsync(long after, string? project, int limit, CancellationToken cancel)
    {
        await using (var number = database.CreateCommand("select tracker_number_alerts()")) await number.ExecuteNonQueryAsync(cancel);
        await using var command = database.CreateCommand(
            """
            select a.number, a.id, a.kind, a.created_at, a.body::text from alerts a
            where a.number > $1 and ($2::text is null or a.project_key = (select project_key from projects where name = $2))
            order by a.number limit $3
            """);
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = (object?)project ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (long)limit });
        return await ReadAsync(command, cancel);
    }

    /// <summary>Alerts of a project after a number of the project's counter, which stands in their <c>Sequence</c>: what a watcher of the project follows.</summary>
    public async Task<IReadOnlyList<AlertItem>> ChangedAsync(long projectKey, long afterSequence, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            """
            select a.project_sequence, a.id, a.kind, a.created_at, a.body::text from alerts a
            where a.project_key = $1 and a.project_sequence > $2 order by a.project_sequence limit $3
            """);
        command.Parameters.Add(new() { Value = projectKey });
        command.Parameters.Add(new() { Value = afterSequence });
        command.Parameters.Add(new() { Value = (long)limit });
        return await ReadAsync(command, cancel);
    }

    private async Task<List<AlertItem>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<AlertItem> items = [];
        while (await reader.ReadAsync(cancel))
        {
            var alert = Deliveries.ReadAlert(reader, 1);
            items.Add(new AlertItem(alert.Id, reader.GetInt64(0), alert.Type, alert.Timestamp, links.Complete(alert.Data)));
        }
        return items;
    }
}
