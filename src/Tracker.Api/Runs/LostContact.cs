using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Npgsql;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Runs;

/// <summary>
/// Turns running runs of which nothing was heard to <c>lost</c>, and lost ones whose writer came back to <c>running</c>, by the database's clock. Each change
/// stands in the run's journal, as <c>lost</c> or <c>returned</c>. All nodes look; the run's locked row decides who was first. A node that could not have heard
/// anything (it has just started, or the database was away) waits as long as a run may be silent before it judges.
/// </summary>
public sealed partial class LostContact(NpgsqlDataSource database, RunGrowth growth, ProjectGrowth projectGrowth, IEnumerable<IRunStateWatcher> watchers,
    IOptions<ContactOptions> options, TimeProvider clock, ILogger<LostContact> log) : BackgroundService
{
    private const int AtOnce = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>A round that took longer than this was held up from outside.</summary>
    private static readonly TimeSpan Asleep = TimeSpan.FromSeconds(15);

    private readonly SemaphoreSlim wake = new(0, 1);

    /// <summary>A sign of life came of a run that is lost: look at once.</summary>
    public void Look()
    {
        try
        {
            if (wake.CurrentCount == 0) wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else called at the same moment.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var began = clock.GetTimestamp();
            try
            {
                await ReturnAsync(stoppingToken);
                await LoseAsync(clock.GetElapsedTime(listening), stoppingToken);
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

            await ((Task)wake.WaitAsync(Pause, stoppingToken)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // The machine slept, or this process was stopped for a while: nobody was there to hear.
            if (clock.GetElapsedTime(began) > Asleep) listening = clock.GetTimestamp();
        }
    }

    /// <param name="listened">How long this node has been there to hear signs of life: no longer silence is believed.</param>
    private async Task LoseAsync(TimeSpan listened, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select r.run_key from runs r, tracker_last_sign(r.run_key) s
            where r.state = 'running' and r.deleted_at is null
              and clock_timestamp() - greatest(r.running_since, s.heard_at) > case when s.beats then $1 else $2 end
              and $3 > case when s.beats then $1 else $2 end
            limit $4
            """);
        AddLimits(command);
        command.Parameters.AddWithValue(listened);
        command.Parameters.AddWithValue(AtOnce);
        foreach (var run in await KeysAsync(command, cancel)) await ChangeAsync(run, "running", "lost", cancel);
    }

    private async Task ReturnAsync(CancellationToken cancel)
    {
        await using var command = database.CreateCommand("""
            select r.run_key from runs r, tracker_last_sign(r.run_key) s where r.state = 'lost' and r.deleted_at is null and s.heard_at > r.lost_at limit $1
            """);
        command.Parameters.AddWithValue(AtOnce);
        foreach (var run in await KeysAsync(command, cancel)) await ChangeAsync(run, "lost", "running", cancel);
    }

    /// <summary>Changes the state, unless another node did or the reason is gone by now.</summary>
    private async Task ChangeAsync(long runKey, string before, string state, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        // Head first, as an append does; then the row as it is under that lock.
        await using (var head = new NpgsqlCommand("select 1 from run_heads where run_key = $1 for no key update", connection, transaction))
        {
            head.Parameters.AddWithValue(runKey);
            await head.ExecuteNonQueryAsync(cancel);
        }

        if (await UpdateAsync(connection, transaction, runKey, before, state, cancel) is not var (run, silence)) return;
        var happened = new RunEvent
        {
            Kind = state == "lost" ? "lost" : "returned",
            Time = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            Data = new JsonObject { ["silentSeconds"] = Math.Round(silence.TotalSeconds, 1) }.ToJsonString(),
        };
        var change = run with { Sequence = await ServerEvents.AppendAsync(transaction, runKey, happened, cancel), Silence = silence };
        foreach (var watcher in watchers) await watcher.ChangedAsync(transaction, change, cancel);
        var number = await ProjectSequence.NextAsync(connection, transaction, run.ProjectKey, cancel);
        await using (var command = new NpgsqlCommand("update runs set project_sequence = $2 where run_key = $1", connection, transaction))
        {
            command.Parameters.AddWithValue(runKey);
            command.Parameters.AddWithValue(number);
            await command.ExecuteNonQueryAsync(cancel);
        }

        await transaction.CommitAsync(cancel);
        foreach (var watcher in watchers) watcher.Committed();
        growth.Raise(runKey);
        projectGrowth.Raise(run.ProjectKey);
        LogChange(run.Run, state, silence.TotalSeconds);
    }

    private async Task<(RunStateChange Run, TimeSpan Silence)?> UpdateAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, long runKey, string before, string state, CancellationToken cancel)
    {
        // The silence of a run that returns is counted up to its return.
        await using var command = new NpgsqlCommand(state == "lost"
            ? """
              update runs r set state = 'lost', lost_at = clock_timestamp() from (select h.* from tracker_last_sign($3) h) s
              where r.run_key = $3 and r.state = 'running' and r.deleted_at is null
                and clock_timestamp() - greatest(r.running_since, s.heard_at) > case when s.beats then $1 else $2 end
              returning r.project_key, r.id, r.name, clock_timestamp() - greatest(r.running_since, s.heard_at)
              """
            : """
              update runs r set state = 'running', lost_at = null, running_since = clock_timestamp() from (select h.* from tracker_last_sign($3) h) s, (select lost_at from runs where run_key = $3) b
              where r.run_key = $3 and r.state = 'lost' and r.deleted_at is null and s.heard_at > r.lost_at and $1 is not null and $2 is not null
              returning r.project_key, r.id, r.name, s.heard_at - b.lost_at
              """, connection, transaction);
        AddLimits(command);
        command.Parameters.AddWithValue(runKey);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        if (!await reader.ReadAsync(cancel)) return null;
        return (new RunStateChange(runKey, reader.GetInt64(0), reader.GetString(1), reader.GetString(2), before, state, 0), reader.GetTimeSpan(3));
    }

    private void AddLimits(NpgsqlCommand command)
    {
        command.Parameters.AddWithValue(options.Value.LostAfter);
        command.Parameters.AddWithValue(options.Value.LostAfterWithoutHeartbeat);
    }

    private static async Task<List<long>> KeysAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        var keys = new List<long>();
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel)) keys.Add(reader.GetInt64(0));
        return keys;
    }

    public override void Dispose()
    {
        wake.Dispose();
        base.Dispose();
    }

    [LoggerMessage(2060, LogLevel.Information, "Run {Run} is {State} after {Seconds:0} s without a sign of life")]
    private partial void LogChange(string run, string state, double seconds);

    [LoggerMessage(2061, LogLevel.Warning, "Looking for runs of which nothing is heard waits: {Reason}")]
    private partial void LogFailure(string reason);
}
