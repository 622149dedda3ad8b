using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Runs;
using Tracker.Core.Alerts.Rules;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>A threshold rule as it is stored, with its expression read.</summary>
public sealed record StoredRule(string Id, long ProjectKey, string Project, string Name, string Expression, Severity Severity, bool Enabled, bool Stop, int Version, DateTimeOffset CreatedAt)
{
    /// <summary>The expression; null where a later version of the language wrote it.</summary>
    public ThresholdRule? Parsed { get; } = RuleParser.Parse(Expression).Rule;
}

/// <summary>What stops runs of a project by itself; all off by default.</summary>
public sealed record StopRules
{
    /// <summary>The training loss was not finite for so many steps, 1–1,000,000; null: off.</summary>
    /// <example>50</example>
    public int? NanSteps { get; init; }

    /// <summary>A diagnosis says that the run has diverged.</summary>
    /// <example>false</example>
    public bool Divergence { get; init; }
}

/// <summary>A route as it is stored.</summary>
public sealed record StoredRoute(string Id, string? Project, string Name, bool Enabled, RouteMatch Match, IReadOnlyList<string> Channels);

/// <summary>Rules, routes and stop rules of projects.</summary>
public sealed class RuleStore(NpgsqlDataSource database)
{
    public static string NewId(string prefix) => prefix + RandomNumberGenerator.GetString("0123456789abcdefghijklmnopqrstuvwxyz", 10);

    public async Task<long?> ProjectKeyAsync(string project, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select project_key from projects where name = $1 and deleted_at is null");
        command.Parameters.AddWithValue(project);
        return await command.ExecuteScalarAsync(cancel) as long?;
    }

    /// <summary>Rules of a project, or of all.</summary>
    public async Task<List<StoredRule>> RulesAsync(string? project, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select r.id, r.project_key, p.name, r.name, r.expression, r.severity, r.enabled, r.stop, r.version, r.created_at
            from alert_rules r join projects p using (project_key) where $1::text is null or p.name = $1 order by r.created_at, r.id
            """);
        command.Parameters.Add(Text(project));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<StoredRule>();
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new StoredRule(reader.GetString(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), (Severity)reader.GetInt16(5),
                reader.GetBoolean(6), reader.GetBoolean(7), reader.GetInt32(8), reader.GetFieldValue<DateTimeOffset>(9)));
        }

        return found;
    }

    public async Task SaveAsync(StoredRule rule, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            insert into alert_rules (id, project_key, name, expression, severity, enabled, stop) values ($1, $2, $3, $4, $5, $6, $7)
            on conflict (id) do update set name = excluded.name, expression = excluded.expression, severity = excluded.severity, enabled = excluded.enabled, stop = excluded.stop,
              version = alert_rules.version + 1, updated_at = now()
            """);
        command.Parameters.AddWithValue(rule.Id);
        command.Parameters.AddWithValue(rule.ProjectKey);
        command.Parameters.AddWithValue(rule.Name);
        command.Parameters.AddWithValue(rule.Expression);
        command.Parameters.AddWithValue((short)rule.Severity);
        command.Parameters.AddWithValue(rule.Enabled);
        command.Parameters.AddWithValue(rule.Stop);
        await command.ExecuteNonQueryAsync(cancel);
    }

    public Task<bool> DeleteRuleAsync(string id, CancellationToken cancel) => DeleteAsync("delete from alert_rules where id = $1", id, cancel);

    /// <summary>Routes that a project's alerts take, or all.</summary>
    public async Task<List<StoredRoute>> RoutesAsync(string? project, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select r.id, p.name, r.name, r.enabled, r.match::text, r.channels from routes r left join projects p using (project_key)
            where $1::text is null or p.name = $1 or p.name is null order by r.created_at, r.id
            """);
        command.Parameters.Add(Text(project));
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<StoredRoute>();
        while (await reader.ReadAsync(cancel))
        {
            found.Add(new StoredRoute(reader.GetString(0), reader.IsDBNull(1) ? null : reader.GetString(1), reader.GetString(2), reader.GetBoolean(3),
                JsonSerializer.Deserialize<RouteMatch>(reader.GetString(4), AlertRouting.Json)!, reader.GetFieldValue<string[]>(5)));
        }

        return found;
    }

    public async Task SaveAsync(StoredRoute route, long? projectKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            insert into routes (id, project_key, name, enabled, match, channels) values ($1, $2, $3, $4, $5, $6)
            on conflict (id) do update set name = excluded.name, enabled = excluded.enabled, match = excluded.match, channels = excluded.channels
            """);
        command.Parameters.AddWithValue(route.Id);
        command.Parameters.Add(new() { Value = (object?)projectKey ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
        command.Parameters.AddWithValue(route.Name);
        command.Parameters.AddWithValue(route.Enabled);
        command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(route.Match, AlertRouting.Json));
        command.Parameters.AddWithValue(route.Channels.ToArray());
        await command.ExecuteNonQueryAsync(cancel);
    }

    public Task<bool> DeleteRouteAsync(string id, CancellationToken cancel) => DeleteAsync("delete from routes where id = $1", id, cancel);

    /// <summary>The stop rules of all projects that have some.</summary>
    public async Task<Dictionary<long, StopRules>> StopRulesAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select project_key, stop_rules::text from projects where stop_rules is not null");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new Dictionary<long, StopRules>();
        while (await reader.ReadAsync(cancel)) found[reader.GetInt64(0)] = JsonSerializer.Deserialize<StopRules>(reader.GetString(1), AlertRouting.Json)!;
        return found;
    }

    public async Task SaveAsync(long projectKey, StopRules rules, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update projects set stop_rules = $2 where project_key = $1");
        command.Parameters.AddWithValue(projectKey);
        command.Parameters.AddWithValue(NpgsqlDbType.Jsonb, JsonSerializer.Serialize(rules, AlertRouting.Json));
        await command.ExecuteNonQueryAsync(cancel);
    }

    private async Task<bool> DeleteAsync(string sql, string id, CancellationToken cancel)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.AddWithValue(id);
        return await command.ExecuteNonQueryAsync(cancel) > 0;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };
}
