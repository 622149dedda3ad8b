using Npgsql;
using Tracker.Api.Runs.Query;

namespace Tracker.Api.Runs;

/// <summary>What the runs of a project have that a filter, an order or a column can name: for completion.</summary>
public sealed record ProjectFieldsDto
{
    /// <summary>Scalar series, by name.</summary>
    public required IReadOnlyList<FieldDto> Metrics { get; init; }

    /// <summary>Keys of the configs of the newest 1,000 runs, nested ones with dots.</summary>
    public required IReadOnlyList<FieldDto> Config { get; init; }

    /// <summary>Tags, the most used first.</summary>
    public required IReadOnlyList<FieldDto> Tags { get; init; }

    /// <summary>Groups, the most used first.</summary>
    public required IReadOnlyList<FieldDto> Groups { get; init; }

    /// <summary>Kinds of jobs, the most used first.</summary>
    public required IReadOnlyList<FieldDto> JobTypes { get; init; }

    /// <summary>Names that every run has.</summary>
    public required IReadOnlyList<string> Attributes { get; init; }

    /// <summary>What can stand behind a metric: <c>metrics.val/loss.min</c>.</summary>
    public required IReadOnlyList<string> Forms { get; init; }
}

/// <summary>Something that can be named.</summary>
/// <param name="Name" example="val/loss top-1">The series, key, tag, group or kind itself.</param>
/// <param name="Field" example="metrics.&quot;val/loss top-1&quot;">How a filter writes it.</param>
/// <param name="Runs" example="12">In how many runs it is; null where that is not counted.</param>
public sealed record FieldDto(string Name, string Field, long? Runs);

/// <summary>Reads the fields of a project.</summary>
public sealed class ProjectFields(NpgsqlDataSource database)
{
    private const int MaxItems = 2_000;

    public async Task<ProjectFieldsDto> ReadAsync(long projectKey, CancellationToken cancel) => new()
    {
        // From name to name through the index, however many runs have each.
        Metrics = await ReadAsync("""
            with recursive names as (
              (select name, kind from summaries where project_key = $1 order by name limit 1)
              union all
              select following.name, following.kind from names
              cross join lateral (select s.name, s.kind from summaries s where s.project_key = $1 and s.name > names.name order by s.name limit 1) following)
            select name, null::bigint from names where kind = 1 limit $2
            """, projectKey, FieldName.OfMetric, cancel),
        Config = await ReadAsync("""
            with recursive newest as (select config from runs where project_key = $1 and deleted_at is null order by run_key desc limit 1000),
            keys as (
              select entry.key as path, entry.value from newest cross join lateral jsonb_each(config) entry
              union all
              select keys.path || '.' || entry.key, entry.value
              from keys cross join lateral jsonb_each(case jsonb_typeof(keys.value) when 'object' then keys.value else '{}' end) entry)
            select path, count(*) from keys where jsonb_typeof(value) <> 'object' group by path order by path limit $2
            """, projectKey, FieldName.OfConfig, cancel),
        Tags = await ReadAsync("""
            select tag, count(*) from runs cross join lateral unnest(tags) tag where project_key = $1 and deleted_at is null group by tag order by count(*) desc, tag limit $2
            """, projectKey, _ => "tags", cancel),
        Groups = await ReadAsync("""
            select "group", count(*) from runs where project_key = $1 and deleted_at is null and "group" is not null group by "group" order by count(*) desc, "group" limit $2
            """, projectKey, _ => "group", cancel),
        JobTypes = await ReadAsync("""
            select job_type, count(*) from runs where project_key = $1 and deleted_at is null and job_type is not null group by job_type order by count(*) desc, job_type limit $2
            """, projectKey, _ => "jobType", cancel),
        Attributes = [.. AttributeField.All.Keys],
        Forms = [.. MetricForm.All.Select(form => form.Name)],
    };

    private async Task<IReadOnlyList<FieldDto>> ReadAsync(string sql, long projectKey, Func<string, string> field, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(projectKey);
        command.Parameters.AddWithValue(MaxItems);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var items = new List<FieldDto>();
        while (await reader.ReadAsync(cancel)) items.Add(new FieldDto(reader.GetString(0), field(reader.GetString(0)), reader.IsDBNull(1) ? null : reader.GetInt64(1)));
        return items;
    }
}
