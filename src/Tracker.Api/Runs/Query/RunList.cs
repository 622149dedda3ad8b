using Npgsql;
using NpgsqlTypes;

namespace Tracker.Api.Runs.Query;

/// <summary>What a list of runs is asked for.</summary>
public sealed record RunListQuery
{
    public string? Project { get; init; }

    /// <summary>Only runs of these projects; null for all.</summary>
    public long[]? Projects { get; init; }

    public string? State { get; init; }

    /// <summary>Only runs in the trash, instead of those that are not.</summary>
    public bool Deleted { get; init; }

    public Filter? Filter { get; init; }

    /// <summary>Where all keys are equal, and without keys, the newest run comes first.</summary>
    public IReadOnlyList<OrderKey> Order { get; init; } = [];

    /// <summary>Null: whole runs.</summary>
    public RunColumns? Columns { get; init; }

    public required int Limit { get; init; }

    public RunCursor? After { get; init; }

    /// <summary>Goes into the next page's cursor.</summary>
    public required string OrderName { get; init; }
}

/// <summary>Finds, orders and pages runs: one statement gives the keys of a page, two more its content.</summary>
public sealed class RunList(NpgsqlDataSource database, RunQueries queries, TimeProvider clock)
{
    public async Task<(IReadOnlyList<RunDto> Runs, DateTimeOffset Now, RunCursor? Next)> ReadAsync(RunListQuery query, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(query);
        var now = query.After?.Now ?? clock.GetUtcNow();
        long? project = null;
        if (query.Project is not null)
        {
            project = await queries.ProjectKeyAsync(query.Project, cancel);
            if (project is null || query.Projects?.Contains(project.Value) is false) return ([], now, null);
        }

        var found = await FindAsync(query, project, now, cancel);
        RunCursor? next = null;
        if (found.Count > query.Limit)
        {
            found.RemoveAt(found.Count - 1);
            next = new RunCursor(query.OrderName, now, found[^1].Values, found[^1].Key);
        }

        return (await queries.PageAsync([.. found.Select(row => row.Key)], query.Columns, cancel), now, next);
    }

    private async Task<List<(long Key, string?[] Values)>> FindAsync(RunListQuery query, long? project, DateTimeOffset now, CancellationToken cancel)
    {
        var sql = new RunSql(project, now);
        var keys = query.Order.SelectMany(key => sql.Keys(key.Field).Select(column => new KeyColumn(column.Sql, column.Type, key.Descending))).ToList();
        var conditions = new List<string> { Kept(query.Deleted) };
        if (project is null && query.Projects is { } visible) conditions.Add($"r.project_key = any ({sql.Add(visible, NpgsqlDbType.Array | NpgsqlDbType.Bigint)})");
        if (query.State is { } state) conditions.Add("r.state = " + sql.Add(state, NpgsqlDbType.Text));
        if (query.Filter is { } filter) conditions.Add(sql.Where(filter));
        var place = query.After is { } after ? "where " + Behind(sql, keys, after) : "";
        var select = string.Concat(keys.Select((key, i) => $", {key.Sql} as k{i}"));
        var order = string.Concat(keys.Select((key, i) => $"k{i} {(key.Descending ? "desc" : "asc")} nulls last, "));
        await using var command = database.CreateCommand($"""
            select run_key{string.Concat(keys.Select((_, i) => $", k{i}::text as t{i}"))}
            from (select r.run_key{select} {sql.From()} and {string.Join(" and ", conditions)}) found
            {place} order by {order}run_key desc limit {sql.Add((long)query.Limit + 1, NpgsqlDbType.Bigint)}
            """);
        command.Parameters.AddRange(sql.Parameters.ToArray());
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<(long, string?[])>();
        while (await reader.ReadAsync(cancel))
        {
            rows.Add((reader.GetInt64(0), [.. keys.Select((_, i) => reader.IsDBNull(i + 1) ? null : reader.GetString(i + 1))]));
        }

        return rows;
    }

    /// <summary>How many runs of the project the filter finds; null without such a project.</summary>
    public async Task<long?> CountAsync(string project, Filter? filter, bool deleted, CancellationToken cancel)
    {
        if (await queries.ProjectKeyAsync(project, cancel) is not { } key) return null;
        var sql = new RunSql(key, clock.GetUtcNow());
        // Made first: the tables to join follow from it.
        var condition = filter is null ? "true" : sql.Where(filter);
        await using var command = database.CreateCommand($"select count(*) {sql.From()} and {Kept(deleted)} and {condition}");
        command.Parameters.AddRange(sql.Parameters.ToArray());
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static string Kept(bool deleted) => deleted ? "r.deleted_at is not null and r.purged_at is null" : "r.deleted_at is null";

    /// <summary>The rows behind a place: later in the first key, or equal there and later in the next one, and so on to the run's own key.</summary>
    private static string Behind(RunSql sql, List<KeyColumn> keys, RunCursor after)
    {
        var behind = $"run_key < {sql.Add(after.RunKey, NpgsqlDbType.Bigint)}";
        for (var i = keys.Count - 1; i >= 0; i--)
        {
            if (after.Values[i] is not { } text)
            {
                behind = $"(k{i} is null and {behind})";
                continue;
            }

            var value = $"{sql.Add(text, NpgsqlDbType.Text)}::{keys[i].Type}";
            behind = $"(k{i} {(keys[i].Descending ? '<' : '>')} {value} or k{i} is null or (k{i} = {value} and {behind}))";
        }

        return behind;
    }

    private sealed record KeyColumn(string Sql, string Type, bool Descending);
}
