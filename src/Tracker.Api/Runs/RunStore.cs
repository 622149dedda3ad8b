using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Runs;

public enum CreateOutcome
{
    Created,
    Resumed,
    Exists,
    OtherProject,
    Missing,
    Deleted,

    /// <summary>The caller may not create runs in this project, which is unknown to them.</summary>
    HiddenProject,

    /// <summary>The id belongs to a run that the caller may not see.</summary>
    Taken,
}

/// <summary>
/// Changes of runs. What the analyzer must know of them (config, resume, finish) is written to the run's journal as an event in the same
/// transaction, so that a replay sees it where the live run did.
/// </summary>
public sealed class RunStore(
    IDbContextFactory<TrackerDbContext> contexts, ReferenceRuns references, RunGrowth growth, ProjectGrowth projectGrowth, IEnumerable<IRunStateWatcher> watchers, TimeProvider clock)
{
    private const string ServerWriter = ServerEvents.Writer;

    public async Task<(CreateOutcome Outcome, RunRow? Run)> CreateAsync(CreateRunRequest request, Caller caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(caller);
        await using var context = await contexts.CreateDbContextAsync(cancel);
        if (!await MayCreateAsync(context, caller, request.Project!, cancel)) return (CreateOutcome.HiddenProject, null);
        // Other runs may be long: they are read before anything is locked.
        var bands = request.Reference is { Length: > 0 } reference ? await references.BandsAsync(reference, caller, Now, cancel) : [];
        var config = request.Config is { ValueKind: JsonValueKind.Object } given ? given.GetRawText() : "{}";
        var sibling = await references.SiblingAsync(request.Project!, config, Now, cancel);
        var id = request.Id ?? NewId();
        await using var transaction = await context.Database.BeginTransactionAsync(cancel);
        // Creations of one id stand in line, so that two of them never both find it missing.
        await context.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(7283462, hashtext({id}))", cancel);
        // Head first, then the row as it is under that lock.
        await context.Database.ExecuteSqlAsync($"select 1 from run_heads where run_key = (select run_key from runs where id = {id}) for no key update", cancel);
        var run = await context.Runs.Include(r => r.Project).SingleOrDefaultAsync(r => r.Id == id, cancel);
        if (run is not null)
        {
            if (caller.In(run.ProjectKey, run.RunKey) == Rights.None) return (request.Resume == "must" ? CreateOutcome.Missing : CreateOutcome.Taken, null);
            if (run.DeletedAt is not null) return (CreateOutcome.Deleted, null);
            if (run.Project!.Name != request.Project) return (CreateOutcome.OtherProject, run);
            if (request.Resume is null or "never") return (CreateOutcome.Exists, run);
            await ResumeAsync(context, transaction, run, request, cancel);
            return (CreateOutcome.Resumed, run);
        }

        if (request.Resume == "must") return (CreateOutcome.Missing, null);
        var project = await ProjectAsync(context, request.Project!, cancel);
        run = new RunRow
        {
            ProjectKey = project.ProjectKey,
            Id = id,
            Name = string.IsNullOrWhiteSpace(request.Name) ? id : request.Name,
            Config = config,
            Tags = [.. request.Tags ?? []],
            Group = request.Group,
            JobType = request.JobType,
            Notes = request.Notes,
            Reference = request.Reference,
            CreatedAt = clock.GetUtcNow(),
        };
        context.Runs.Add(run);
        await context.SaveChangesAsync(cancel);
        await context.Database.ExecuteSqlAsync($"update projects set deleted_at = null where project_key = {project.ProjectKey} and deleted_at is not null", cancel);
        await context.Database.ExecuteSqlAsync($"insert into run_heads (run_key) values ({run.RunKey})", cancel);
        await context.Database.ExecuteSqlAsync($"select tracker_ensure_partition({run.RunKey})", cancel);
        await AppendEventAsync(transaction, run.RunKey, new RunEvent { Kind = "config", Time = Now, Data = run.Config }, cancel);
        var options = await context.Database.SqlQuery<string?>($"select options::text as \"Value\" from projects where project_key = {project.ProjectKey}").SingleAsync(cancel);
        if (options is not null) await AppendEventAsync(transaction, run.RunKey, new RunEvent { Kind = "options", Time = Now, Data = options }, cancel);
        if (sibling is not null) await AppendEventAsync(transaction, run.RunKey, sibling, cancel);
        foreach (var band in bands) await AppendEventAsync(transaction, run.RunKey, band, cancel);
        await CommitAsync(transaction, run.RunKey, project.ProjectKey, cancel);
        return (CreateOutcome.Created, run);
    }

    /// <summary>Runs are made in projects that the caller may log to; a new project by those who may log everywhere.</summary>
    private static async Task<bool> MayCreateAsync(TrackerDbContext context, Caller caller, string project, CancellationToken cancel)
    {
        if (caller.Everywhere.HasFlag(Rights.Ingest)) return true;
        var known = await context.Projects.Where(p => p.Name == project).Select(p => (long?)p.ProjectKey).SingleOrDefaultAsync(cancel);
        return known is { } key && caller.May(Rights.Ingest, key);
    }

    public async Task<RunRow?> PatchAsync(RunRef reference, PatchRunRequest request, Caller caller, CancellationToken cancel)
    {
        var bands = request.Reference is { } other ? await references.BandsAsync(other, caller, Now, cancel) : [];
        await using var context = await contexts.CreateDbContextAsync(cancel);
        await using var transaction = await context.Database.BeginTransactionAsync(cancel);
        var run = await LockAsync(context, reference, cancel);
        if (run is null) return null;
        run.Name = request.Name ?? run.Name;
        run.Tags = request.Tags is null ? run.Tags : [.. request.Tags];
        run.Group = request.Group ?? run.Group;
        run.Notes = request.Notes ?? run.Notes;
        run.Reference = request.Reference ?? run.Reference;
        await MergeConfigAsync(transaction, run, request.Config, cancel);
        await context.SaveChangesAsync(cancel);
        foreach (var band in bands) await AppendEventAsync(transaction, run.RunKey, band, cancel);
        await CommitAsync(transaction, run.RunKey, run.ProjectKey, cancel);
        return run;
    }

    /// <summary>Ends a run. A run that has ended keeps its first end; batches that come later are still taken.</summary>
    public async Task<RunRow?> FinishAsync(RunRef reference, string state, int? exitCode, CancellationToken cancel)
    {
        await using var context = await contexts.CreateDbContextAsync(cancel);
        await using var transaction = await context.Database.BeginTransactionAsync(cancel);
        var run = await LockAsync(context, reference, cancel);
        if (run is null) return null;
        if (run.State is not ("running" or "lost")) return run;
        var before = run.State;
        run.State = state;
        run.ExitCode = exitCode;
        run.FinishedAt = clock.GetUtcNow();
        await context.SaveChangesAsync(cancel);
        var data = new JsonObject { ["state"] = state, ["exitCode"] = exitCode };
        var sequence = await AppendEventAsync(transaction, run.RunKey, new RunEvent { Kind = "finish", Time = Now, Data = data.ToJsonString() }, cancel);
        var change = new RunStateChange(run.RunKey, run.ProjectKey, run.Id, run.Name, before, state, sequence) { ExitCode = exitCode };
        foreach (var watcher in watchers) await watcher.ChangedAsync(Npgsql(transaction), change, cancel);
        await CommitAsync(transaction, run.RunKey, run.ProjectKey, cancel);
        foreach (var watcher in watchers) watcher.Committed();
        return run;
    }

    /// <summary>Sets the stop flag; the first request stands.</summary>
    public async Task<StopDto?> StopAsync(RunRef reference, string reason, string by, CancellationToken cancel)
    {
        await using var context = await contexts.CreateDbContextAsync(cancel);
        await using var transaction = await context.Database.BeginTransactionAsync(cancel);
        var connection = (NpgsqlConnection)context.Database.GetDbConnection();
        await using var command = new NpgsqlCommand("""
            update run_heads set stop_reason = coalesce(stop_reason, $2), stop_by = coalesce(stop_by, $3), stop_at = coalesce(stop_at, clock_timestamp())
            where run_key = $1 and not deleted returning stop_reason, stop_by
            """, connection, Npgsql(transaction));
        command.Parameters.AddWithValue(reference.RunKey);
        command.Parameters.AddWithValue(reason);
        command.Parameters.AddWithValue(by);
        StopDto stop;
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            if (!await reader.ReadAsync(cancel)) return null;
            stop = new StopDto(reader.GetString(0), reader.GetString(1));
        }

        await CommitAsync(transaction, reference.RunKey, reference.ProjectKey, cancel);
        return stop;
    }

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task ResumeAsync(TrackerDbContext context, IDbContextTransaction transaction, RunRow run, CreateRunRequest request, CancellationToken cancel)
    {
        var ended = run.State != "running";
        run.State = "running";
        run.FinishedAt = null;
        run.ExitCode = null;
        await context.Database.ExecuteSqlAsync($"update runs set running_since = clock_timestamp(), lost_at = null where run_key = {run.RunKey}", cancel);
        // Another process that joins a run which is asked to stop has to stop too.
        if (ended) await context.Database.ExecuteSqlAsync($"update run_heads set stop_reason = null, stop_by = null, stop_at = null where run_key = {run.RunKey}", cancel);
        await MergeConfigAsync(transaction, run, request.Config, cancel);
        await context.SaveChangesAsync(cancel);
        // Neither a creation that is sent again before anything was logged is a resume, nor a second process that joins while the first one lives.
        var silent = await context.Database.SqlQuery<bool>($"""
            select coalesce(max(heartbeat_at) < clock_timestamp() - interval '15 seconds', false) or (count(*) > 0 and {ended}) as "Value"
            from writers where run_key = {run.RunKey} and writer <> {ServerWriter}
            """).SingleAsync(cancel);
        if (silent) await AppendEventAsync(transaction, run.RunKey, new RunEvent { Kind = "resume", Time = Now }, cancel);
        await CommitAsync(transaction, run.RunKey, run.ProjectKey, cancel);
    }

    private async Task MergeConfigAsync(IDbContextTransaction transaction, RunRow run, JsonElement? config, CancellationToken cancel)
    {
        if (config is not { ValueKind: JsonValueKind.Object } added || !added.EnumerateObject().Any()) return;
        var merged = JsonNode.Parse(run.Config)!.AsObject();
        var before = merged.ToJsonString();
        foreach (var entry in added.EnumerateObject()) merged[entry.Name] = JsonNode.Parse(entry.Value.GetRawText());
        var after = merged.ToJsonString();
        if (after == before) return;
        run.Config = after;
        await AppendEventAsync(transaction, run.RunKey, new RunEvent { Kind = "config", Time = Now, Data = after }, cancel);
    }

    private static async Task<RunRow?> LockAsync(TrackerDbContext context, RunRef reference, CancellationToken cancel)
    {
        // Head first, as an append does: two changes of one run never wait for each other in a ring.
        await context.Database.ExecuteSqlAsync($"select 1 from run_heads where run_key = {reference.RunKey} for no key update", cancel);
        var found = await context.Runs.FromSql($"select * from runs where run_key = {reference.RunKey} and deleted_at is null for no key update").ToListAsync(cancel);
        return found.SingleOrDefault();
    }

    private static async Task<ProjectRow> ProjectAsync(TrackerDbContext context, string name, CancellationToken cancel)
    {
        var project = await context.Projects.SingleOrDefaultAsync(p => p.Name == name, cancel);
        if (project is not null) return project;
        await context.Database.ExecuteSqlAsync($"insert into projects (name) values ({name}) on conflict do nothing", cancel);
        project = await context.Projects.SingleAsync(p => p.Name == name, cancel);
        await context.Database.ExecuteSqlAsync($"insert into project_counters (project_key) values ({project.ProjectKey}) on conflict do nothing", cancel);
        return project;
    }

    private static Task<long> AppendEventAsync(IDbContextTransaction transaction, long runKey, RunEvent happened, CancellationToken cancel) =>
        ServerEvents.AppendAsync(Npgsql(transaction), runKey, happened, cancel);

    /// <summary>Numbers the change in its project, last in the transaction, commits, and tells those who follow.</summary>
    private async Task CommitAsync(IDbContextTransaction transaction, long runKey, long projectKey, CancellationToken cancel)
    {
        var native = Npgsql(transaction);
        var sequence = await ProjectSequence.NextAsync(native.Connection!, native, projectKey, cancel);
        await using (var command = new NpgsqlCommand("update runs set project_sequence = $2 where run_key = $1", native.Connection, native))
        {
            command.Parameters.AddWithValue(runKey);
            command.Parameters.AddWithValue(sequence);
            await command.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        growth.Raise(runKey);
        projectGrowth.Raise(projectKey);
    }

    private static NpgsqlTransaction Npgsql(IDbContextTransaction transaction) => (NpgsqlTransaction)transaction.GetDbTransaction();

    private static string NewId()
    {
        const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
        return System.Security.Cryptography.RandomNumberGenerator.GetString(Alphabet, 12);
    }
}
