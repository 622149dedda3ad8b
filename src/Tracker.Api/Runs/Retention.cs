using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;
using Tracker.Api.Storage;

namespace Tracker.Api.Runs;

/// <summary>What happens to the runs of a project some time after they ended. Looked at about once an hour.</summary>
public sealed record RetentionRule
{
    /// <summary>Days after its end that a run is moved to the trash, 1–36,500; null: never.</summary>
    /// <example>180</example>
    public int? DeleteAfterDays { get; init; }

    /// <summary>Days after its end that a run is thinned out to the resolution of charts, 1–36,500; null: never. A thinned run cannot be replayed exactly.</summary>
    /// <example>30</example>
    public int? ThinAfterDays { get; init; }

    /// <summary>Runs with one of these tags are left alone.</summary>
    public IReadOnlyList<string> ExceptTags { get; init; } = [];

    public ProblemHttpResult? Check()
    {
        if (DeleteAfterDays is < 1 or > 36_500) return Problems.Invalid("deleteAfterDays", $"deleteAfterDays is {DeleteAfterDays}.", "1–36,500");
        if (ThinAfterDays is < 1 or > 36_500) return Problems.Invalid("thinAfterDays", $"thinAfterDays is {ThinAfterDays}.", "1–36,500");
        if (ExceptTags is null || ExceptTags.Any(string.IsNullOrEmpty)) return Problems.Invalid("exceptTags", "A tag is not empty.");
        return ExceptTags.Count > RunRules.MaxTags ? Problems.Invalid("exceptTags", $"There are {ExceptTags.Count} tags.", $"{RunRules.MaxTags} tags") : null;
    }
}

/// <summary>Applies the rules of projects to runs that have ended.</summary>
public sealed partial class Retention(NpgsqlDataSource database, RunTrash trash, RunThinning thinning, TimeProvider clock, ILogger<Retention> log) : BackgroundService
{
    /// <summary>Runs of one project that are treated before the next project has its turn.</summary>
    private const int AtOnce = 1_000;

    private static readonly TimeSpan Pause = TimeSpan.FromHours(1);
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly SemaphoreSlim changed = new(0, 1);

    public async Task<RetentionRule> ReadAsync(long projectKey, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select retention from projects where project_key = $1");
        command.Parameters.AddWithValue(projectKey);
        return await command.ExecuteScalarAsync(cancel) is string json ? JsonSerializer.Deserialize<RetentionRule>(json, Json)! : new RetentionRule();
    }

    public async Task WriteAsync(long projectKey, RetentionRule rule, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("update projects set retention = $2 where project_key = $1");
        command.Parameters.AddWithValue(projectKey);
        command.Parameters.Add(new NpgsqlParameter { Value = JsonSerializer.Serialize(rule, Json), NpgsqlDbType = NpgsqlDbType.Jsonb });
        await command.ExecuteNonQueryAsync(cancel);
        lock (changed)
        {
            if (changed.CurrentCount == 0) changed.Release();
        }
    }

    /// <summary>Applies every rule as of now.</summary>
    public async Task ApplyAsync(CancellationToken cancel)
    {
        foreach (var (project, rule) in await RulesAsync(cancel))
        {
            if (rule.DeleteAfterDays is { } delete)
            {
                var old = await EndedAsync(project, delete, rule, "true", cancel);
                if (old.Count > 0) LogDeleted((await trash.DeleteAsync(project, old, permanently: false, cancel)).Length, project);
            }

            if (rule.ThinAfterDays is not { } thin) continue;
            foreach (var run in await EndedAsync(project, thin, rule, "r.thinned_at is null", cancel)) await thinning.ThinAsync(run, cancel);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ApplyAsync(stoppingToken);
                await changed.WaitAsync(Pause, stoppingToken);
            }
            catch (Exception error) when (error is NpgsqlException or InvalidOperationException or IOException)
            {
                LogFailure(error.Message);
                await Task.Delay(TimeSpan.FromMinutes(1), clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<List<(long Project, RetentionRule Rule)>> RulesAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select project_key, retention from projects where retention is not null and deleted_at is null");
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rules = new List<(long, RetentionRule)>();
        while (await reader.ReadAsync(cancel)) rules.Add((reader.GetInt64(0), JsonSerializer.Deserialize<RetentionRule>(reader.GetString(1), Json)!));
        return rules;
    }

    private async Task<List<RunRef>> EndedAsync(long project, int days, RetentionRule rule, string condition, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"""
            select r.run_key, r.project_key, r.id, p.name from runs r join projects p using (project_key)
            where r.project_key = $1 and r.deleted_at is null and r.state <> 'running' and r.finished_at <= $2 and not r.tags && $3 and {condition}
            order by r.finished_at limit {AtOnce}
            """);
        command.Parameters.AddWithValue(project);
        command.Parameters.AddWithValue(clock.GetUtcNow().ToUniversalTime().AddDays(-days));
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. rule.ExceptTags] });
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var runs = new List<RunRef>();
        while (await reader.ReadAsync(cancel)) runs.Add(new RunRef(reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetString(3)));
        return runs;
    }

    [LoggerMessage(2030, LogLevel.Information, "Retention moved {Runs} runs of project {Project} to the trash")]
    private partial void LogDeleted(int runs, long project);

    [LoggerMessage(2031, LogLevel.Warning, "Retention waits: {Reason}")]
    private partial void LogFailure(string reason);
}
