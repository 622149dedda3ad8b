using System.Globalization;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;

namespace Tracker.Api.Analysis;

/// <summary>What people do not want to be told of. Alerts, counts and a run's health obey; signals and diagnoses stay as they are.</summary>
public sealed class Mutes(NpgsqlDataSource database, ProjectGrowth projectGrowth)
{
    private const string Columns = """
        select m.mute_id, p.name, r.id, m.condition, m.until, m.reason, m.said_by, m.said_at
        from mutes m join projects p on p.project_key = m.project_key left join runs r on r.run_key = m.run_key
        """;

    /// <summary>Mutes of a project or of all, the latest first; those whose time is over only when asked for.</summary>
    public async Task<Page<MuteDto>> ListAsync(string? project, long[]? visible, bool past, int limit, long? before, CancellationToken cancel)
    {
        var rows = await ReadAsync($"{Columns} where ($1::text is null or p.name = $1) and ($2 or m.until is null or m.until > now()) and ($3::bigint is null or m.mute_id < $3) and ($5::bigint[] is null or m.project_key = any ($5)) order by m.mute_id desc limit $4", cancel,
            Text(project), new NpgsqlParameter<bool> { TypedValue = past }, Number(before), Number(limit + 1),
            new NpgsqlParameter { Value = (object?)visible ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return new Page<MuteDto>([.. rows.Take(limit)], rows.Count > limit ? rows[limit - 1].Id : null);
    }

    public async Task<MuteDto> AddAsync(long projectKey, long? runKey, MuteRequest request, string by, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("insert into mutes (project_key, run_key, condition, until, reason, said_by) values ($1, $2, $3, $4, $5, $6) returning mute_id");
        command.Parameters.Add(Number(projectKey));
        command.Parameters.Add(Number(runKey));
        command.Parameters.Add(Text(request.Condition));
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)request.Until?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(Text(request.Reason ?? ""));
        command.Parameters.Add(Text(by));
        var id = (long)(await command.ExecuteScalarAsync(cancel))!;
        projectGrowth.Raise(projectKey);
        return (await ReadAsync($"{Columns} where m.mute_id = $1", cancel, Number(id)))[0];
    }

    /// <summary>Takes a mute back; false when there is none.</summary>
    public async Task<bool> RemoveAsync(long id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("delete from mutes where mute_id = $1 returning project_key");
        command.Parameters.Add(Number(id));
        if (await command.ExecuteScalarAsync(cancel) is not long projectKey) return false;
        projectGrowth.Raise(projectKey);
        return true;
    }

    private async Task<List<MuteDto>> ReadAsync(string sql, CancellationToken cancel, params NpgsqlParameter[] parameters)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<MuteDto>();
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new MuteDto
            {
                Id = reader.GetInt64(0).ToString(CultureInfo.InvariantCulture),
                Project = reader.GetString(1),
                Run = reader.IsDBNull(2) ? null : reader.GetString(2),
                Condition = reader.IsDBNull(3) ? null : reader.GetString(3),
                Until = reader.IsDBNull(4) ? null : reader.GetFieldValue<DateTimeOffset>(4),
                Reason = reader.GetString(5),
                By = reader.GetString(6),
                At = reader.GetFieldValue<DateTimeOffset>(7),
            });
        }

        return found;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Number(long? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };
}

/// <summary>What nobody wants to be told of.</summary>
public sealed record MuteDto
{
    /// <summary>Its id.</summary>
    /// <example>7</example>
    public required string Id { get; init; }

    /// <summary>Name of the project.</summary>
    /// <example>digits</example>
    public required string Project { get; init; }

    /// <summary>Id of the run; null for all runs of the project.</summary>
    /// <example>digits-lr10-a1</example>
    public string? Run { get; init; }

    /// <summary>The condition; null for all.</summary>
    /// <example>clip-over-50</example>
    public string? Condition { get; init; }

    /// <summary>Until when; null until it is taken back.</summary>
    /// <example>2026-11-29T00:00:00Z</example>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Why, in words; may be empty.</summary>
    /// <example>clipped on purpose</example>
    public required string Reason { get; init; }

    /// <summary>Who said so.</summary>
    /// <example>dashboard</example>
    public required string By { get; init; }

    /// <summary>When it was said.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public required DateTimeOffset At { get; init; }
}

/// <summary>What is to be muted: a run, or all runs of a project.</summary>
public sealed record MuteRequest
{
    /// <summary>Id of a run; absent for all runs of <c>project</c>.</summary>
    /// <example>digits-lr10-a1</example>
    public string? Run { get; init; }

    /// <summary>Name of a project; not needed with <c>run</c>.</summary>
    /// <example>digits</example>
    public string? Project { get; init; }

    /// <summary>One condition of the catalogue; absent for all.</summary>
    /// <example>clip-over-50</example>
    public string? Condition { get; init; }

    /// <summary>Until when; absent until it is taken back.</summary>
    /// <example>2026-11-29T00:00:00Z</example>
    public DateTimeOffset? Until { get; init; }

    /// <summary>Why, up to 1,000 characters.</summary>
    /// <example>clipped on purpose</example>
    public string? Reason { get; init; }
}
