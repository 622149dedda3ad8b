using Npgsql;
using NpgsqlTypes;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Lists alerts, in one order over all projects or in a project's own.</summary>
public sealed class AlertLists(NpgsqlDataSource database, AlertLinks links)
{
    private const string Columns = "a.id, a.kind, a.created_at, a.body::text from alerts a";

    private const string Chosen = """
        ($2::text is null or a.project_key = (select project_key from projects where name = $2))
        and ($4::text is null or a.run_key = (select run_key from runs where id = $4))
        and ($5::bigint[] is null or a.project_key = any ($5))
        """;

    /// <summary>
    /// Alerts after a number, of the projects that the caller may see (null: all). The numbers are given here, not where alerts are written: a counter over all projects in those transactions would let one stalled
    /// node hold up all others, and an identity column shows later numbers before earlier ones. The numbering is one statement of its own, so
    /// it holds its lock for no longer than it runs.
    /// </summary>
    public async Task<List<AlertItem>> ReadAsync(long after, string? project, long[]? visible, int limit, CancellationToken cancel, string? run = null)
    {
        await NumberAsync(cancel);
        await using var command = database.CreateCommand($"select a.number, {Columns} where a.number > $1 and {Chosen} order by a.number limit $3");
        return await ReadAsync(command, after, project, limit, run, visible, cancel);
    }

    /// <summary>Alerts before a number, the latest first.</summary>
    public async Task<List<AlertItem>> ReadBackAsync(long before, string? project, long[]? visible, string? run, int limit, CancellationToken cancel)
    {
        await NumberAsync(cancel);
        await using var command = database.CreateCommand($"select a.number, {Columns} where a.number < $1 and {Chosen} order by a.number desc limit $3");
        return await ReadAsync(command, before, project, limit, run, visible, cancel);
    }

    /// <summary>The number of the latest alert; 0 when there is none.</summary>
    public async Task<long> LastAsync(CancellationToken cancel)
    {
        await NumberAsync(cancel);
        await using var command = database.CreateCommand("select coalesce(max(number), 0) from alerts");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    /// <summary>One alert, without its links.</summary>
    public async Task<Alert?> FindAsync(Guid id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"select {Columns} where a.id = $1");
        command.Parameters.AddWithValue(id);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        return await reader.ReadAsync(cancel) ? Deliveries.ReadAlert(reader, 0) : null;
    }

    /// <summary>Alerts of a project after a number of the project's counter, which stands in their <c>Sequence</c>: what a watcher of the project follows.</summary>
    public async Task<IReadOnlyList<AlertItem>> ChangedAsync(long projectKey, long afterSequence, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(
            $"select a.project_sequence, {Columns} where a.project_key = $1 and a.project_sequence > $2 order by a.project_sequence limit $3");
        command.Parameters.Add(new() { Value = projectKey });
        command.Parameters.Add(new() { Value = afterSequence });
        command.Parameters.Add(new() { Value = (long)limit });
        return await ReadAsync(command, cancel);
    }

    private async Task NumberAsync(CancellationToken cancel)
    {
        await using var number = database.CreateCommand("select tracker_number_alerts()");
        await number.ExecuteNonQueryAsync(cancel);
    }

    private Task<List<AlertItem>> ReadAsync(NpgsqlCommand command, long bound, string? project, int limit, string? run, long[]? visible, CancellationToken cancel)
    {
        command.Parameters.Add(new() { Value = bound });
        command.Parameters.Add(Text(project));
        command.Parameters.Add(new() { Value = (long)limit });
        command.Parameters.Add(Text(run));
        command.Parameters.Add(new() { Value = (object?)visible ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return ReadAsync(command, cancel);
    }

    private async Task<List<AlertItem>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        List<AlertItem> items = [];
        while (await reader.ReadAsync(cancel))
        {
            var alert = links.Complete(Deliveries.ReadAlert(reader, 1));
            items.Add(new AlertItem(alert.Id, reader.GetInt64(0), alert.Type, alert.Timestamp, alert.Data));
        }
        return items;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
