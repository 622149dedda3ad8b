using System.Globalization;
using Npgsql;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Alerts;
using Tracker.Core.Alerts.Rules;

namespace Tracker.Api.Alerts;

/// <summary>
/// What depends on the clock or spans transactions: series that fall silent (<c>absent(…)</c>), told once and taken back when they speak; and runs that a diagnosis of
/// divergence stops. All nodes look; rows decide who was first.
/// </summary>
public sealed partial class RuleWatch(NpgsqlDataSource database, RuleBook book, AlertOutbox outbox, RunGrowth growth, ProjectGrowth projectGrowth, TimeProvider clock, ILogger<RuleWatch> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Conditions that say that a run has diverged.</summary>
    private static readonly string[] Divergence = ["loss-divergence", "adam-hot-divergence", "ddp-divergence", "consecutive-nan", "nan-after-n"];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (book.StopOnDivergence is { Count: > 0 } projects) await StopDivergedAsync(projects, stoppingToken);
                foreach (var rule in book.All.Where(rule => rule.Parsed!.Measure == RuleMeasure.Absent).ToList()) await WatchAsync(rule, clock.GetElapsedTime(listening), stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                listening = clock.GetTimestamp();
                LogFailure(error.Message);
            }

            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StopDivergedAsync(IReadOnlyList<long> projects, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select distinct on (r.run_key) r.run_key, r.project_key, d.body ->> 'title', d.run_sequence, d.step, d.onset_step
            from runs r join run_heads h using (run_key) join diagnoses d using (run_key) join signals s on s.diagnosis_id = d.id and s.run_key = r.run_key
            left join verdicts v on v.diagnosis_id = d.id
            where r.project_key = any ($1) and r.state = 'running' and r.deleted_at is null and h.stop_reason is null and d.state = 'open' and d.severity >= 2
              and s.active and s.signal_id = any ($2) and coalesce(v.verdict, '') not in ('wrong', 'muted')
              -- What was said before the run was resumed is about what its owner went back from.
              and d.updated_at > r.running_since
            order by r.run_key, d.onset_step limit 100
            """);
        command.Parameters.AddWithValue(projects.ToArray());
        command.Parameters.AddWithValue(Divergence);
        var found = new List<(long Run, long Project, string Title, long Sequence, long Step, long Onset)>();
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel)) found.Add((reader.GetInt64(0), reader.GetInt64(1), reader.GetString(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5)));
        }

        foreach (var (run, project, title, sequence, step, onset) in found)
        {
            await WriteAsync(run, project, async (connection, transaction, routed) =>
            {
                await using var stop = new NpgsqlCommand("""
                    update run_heads set stop_reason = $2, stop_by = 'rule: stop on divergence', stop_at = clock_timestamp() where run_key = $1 and stop_reason is null and not deleted
                    """, connection, transaction);
                stop.Parameters.AddWithValue(run);
                stop.Parameters.AddWithValue(title);
                return await stop.ExecuteNonQueryAsync(cancel) == 0 ? null : StopMessage.Of(routed, run, project, sequence, step, onset, title, "rule: stop on divergence");
            }, cancel);
        }
    }

    /// <summary>Notes which runs' series spoke since the last look, and tells of those that have been silent for too long.</summary>
    private async Task WatchAsync(StoredRule rule, TimeSpan listened, CancellationToken cancel)
    {
        await using (var note = database.CreateCommand("""
            insert into rule_silence as s (run_key, rule_id, heard_at, points)
            select r.run_key, $2, clock_timestamp(), coalesce(sum(m.count), 0)
            from runs r left join summaries m on m.run_key = r.run_key and m.kind = 1 and m.name = any ($3)
            where r.project_key = $1 and r.state = 'running' and r.deleted_at is null group by r.run_key
            on conflict (run_key, rule_id) do update set points = excluded.points, heard_at = excluded.heard_at where s.points <> excluded.points
            """))
        {
            note.Parameters.AddWithValue(rule.ProjectKey);
            note.Parameters.AddWithValue(rule.Id);
            note.Parameters.AddWithValue(await NamesAsync(rule, cancel));
            await note.ExecuteNonQueryAsync(cancel);
        }

        await using var command = database.CreateCommand("""
            select s.run_key, not s.told, s.points, extract(epoch from clock_timestamp() - s.heard_at)::double precision from rule_silence s join runs r using (run_key)
            where s.rule_id = $1 and r.state = 'running' and r.deleted_at is null and s.told <> (clock_timestamp() - s.heard_at > $2) and (s.told or $3 > $2) limit 500
            """);
        command.Parameters.AddWithValue(rule.Id);
        command.Parameters.AddWithValue(rule.Parsed!.Absence);
        command.Parameters.AddWithValue(listened);
        var changed = new List<(long Run, bool Silent, long Points, double Seconds)>();
        await using (var reader = await command.ExecuteReaderAsync(cancel))
        {
            while (await reader.ReadAsync(cancel)) changed.Add((reader.GetInt64(0), reader.GetBoolean(1), reader.GetInt64(2), reader.GetDouble(3)));
        }

        foreach (var (run, silent, points, seconds) in changed)
        {
            await WriteAsync(run, rule.ProjectKey, async (connection, transaction, routed) =>
            {
                await using var mark = new NpgsqlCommand("update rule_silence set told = $3 where run_key = $1 and rule_id = $2 and told <> $3", connection, transaction);
                mark.Parameters.AddWithValue(run);
                mark.Parameters.AddWithValue(rule.Id);
                mark.Parameters.AddWithValue(silent);
                return await mark.ExecuteNonQueryAsync(cancel) == 0 ? null : Of(routed, rule, run, silent, points, seconds);
            }, cancel);
        }
    }

    /// <summary>Names of the project's series that the rule is about.</summary>
    private async Task<string[]> NamesAsync(StoredRule rule, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select distinct name from summaries where project_key = $1 and kind = 1");
        command.Parameters.AddWithValue(rule.ProjectKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var names = new List<string> { rule.Parsed!.Series };
        while (await reader.ReadAsync(cancel))
        {
            if (rule.Parsed.IsAbout(reader.GetString(0))) names.Add(reader.GetString(0));
        }

        return [.. names.Distinct(StringComparer.Ordinal)];
    }

    private static NewAlert Of(RoutedRun routed, StoredRule rule, long run, bool silent, long points, double seconds)
    {
        var type = silent ? AlertTypes.RuleRaised : AlertTypes.RuleResolved;
        return new NewAlert(AlertId.Of(run, points, $"{type} {rule.Id}"), type, run, rule.ProjectKey, $"{run}/{rule.Id}", new AlertMessage
        {
            Severity = rule.Severity,
            Project = routed.Run.Project,
            Run = routed.Run.Id,
            RunName = routed.Run.Name,
            Title = rule.Name,
            Symptom = silent
                ? string.Create(CultureInfo.InvariantCulture, $"Nothing came for {rule.Parsed!.Series} for {seconds:0} s, while the run goes on; the rule says {rule.Expression}.")
                : $"{rule.Parsed!.Series} speaks again.",
            OnsetStep = 0,
            Step = 0,
            Rule = new AlertRule(rule.Id, rule.Name, rule.Expression),
            Resolution = silent ? null : "The series speaks again.",
        })
        {
            Reason = silent ? $"{rule.ProjectKey}/{rule.Id}" : null,
        };
    }

    private async Task WriteAsync(long run, long project, Func<NpgsqlConnection, NpgsqlTransaction, RoutedRun, Task<NewAlert?>> change, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        if (await RoutedRun.FindAsync(connection, transaction, run, cancel) is not { } routed || await change(connection, transaction, routed) is not { } alert) return;
        await using (var touch = new NpgsqlCommand("update runs set project_sequence = tracker_next_number(project_key) where run_key = $1", connection, transaction))
        {
            touch.Parameters.AddWithValue(run);
            await touch.ExecuteNonQueryAsync(cancel);
        }

        await outbox.WriteAsync(connection, transaction, routed, alert, cancel);
        await transaction.CommitAsync(cancel);
        outbox.Committed();
        growth.Raise(run);
        projectGrowth.Raise(project);
    }

    [LoggerMessage(5031, LogLevel.Warning, "Watching for silent series and diverged runs goes on in a moment: {Reason}")]
    private partial void LogFailure(string reason);
}
