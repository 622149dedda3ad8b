using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using Npgsql;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Runs;

/// <summary>
/// Running runs whose writers live, by their signs of life, and log nothing: a hanging worker, a lost mount. After <see cref="ContactOptions.SilentAfter"/>, and at each
/// doubling of that, a <c>stalled</c> event with the seconds of silence goes into the run's journal; whether that is long for this run the analyzer says.
/// All nodes look, each from when it first saw the run so; who finds that another has written does not.
/// </summary>
public sealed partial class SilentRuns(NpgsqlDataSource database, RunGrowth growth, IOptions<ContactOptions> options, TimeProvider clock, ILogger<SilentRuns> log) : BackgroundService
{
    private readonly Dictionary<long, (long Batches, long Since, int Told)> watched = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromSeconds(Math.Clamp(options.Value.SilentAfter.TotalSeconds / 10, 0.5, 15));
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or IOException or TimeoutException or InvalidOperationException)
            {
                // Nothing was heard meanwhile, by fault of this node or of the database: every silence begins anew.
                watched.Clear();
                LogFailure(error.Message);
            }

            await Task.Delay(pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(CancellationToken cancel)
    {
        var now = clock.GetTimestamp();
        var seen = new HashSet<long>();
        await using (var command = database.CreateCommand("""
            select w.run_key, sum(w.last_batch)::bigint from runs r join writers w using (run_key), tracker_last_sign(r.run_key) s
            where r.state = 'running' and r.deleted_at is null and s.beats and w.writer <> $1 group by w.run_key having sum(w.last_batch) > 0
            """))
        {
            command.Parameters.AddWithValue(ServerEvents.Writer);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel))
            {
                var (run, batches) = (reader.GetInt64(0), reader.GetInt64(1));
                seen.Add(run);
                if (!watched.TryGetValue(run, out var before) || before.Batches != batches) watched[run] = (batches, now, 0);
            }
        }

        foreach (var run in watched.Keys.Where(run => !seen.Contains(run)).ToList()) watched.Remove(run);
        foreach (var (run, (batches, since, told)) in watched.ToList())
        {
            var silence = clock.GetElapsedTime(since, now);
            if (silence < options.Value.SilentAfter * Math.Pow(2, told)) continue;
            watched[run] = (batches, since, told + 1);
            await TellAsync(run, batches, silence, cancel);
        }
    }

    /// <summary>Writes the event, unless something came meanwhile or another node was first.</summary>
    private async Task TellAsync(long runKey, long batches, TimeSpan silence, CancellationToken cancel)
    {
        await using var connection = await database.OpenConnectionAsync(cancel);
        await using var transaction = await connection.BeginTransactionAsync(cancel);
        await using (var head = new NpgsqlCommand("select 1 from run_heads where run_key = $1 and not deleted for no key update", connection, transaction))
        {
            head.Parameters.AddWithValue(runKey);
            if (await head.ExecuteScalarAsync(cancel) is null) return;
        }

        await using (var still = new NpgsqlCommand("""
            select (select sum(last_batch) from writers where run_key = $1 and writer <> $2) = $3
              and not exists (select 1 from journal where run_key = $1 and added_at > clock_timestamp() - $4)
              and not exists (select 1 from events where run_key = $1 and kind = 'stalled' and time > extract(epoch from clock_timestamp() - $4) * 1000)
            """, connection, transaction))
        {
            still.Parameters.AddWithValue(runKey);
            still.Parameters.AddWithValue(ServerEvents.Writer);
            still.Parameters.AddWithValue(batches);
            still.Parameters.AddWithValue(options.Value.SilentAfter / 2);
            if (await still.ExecuteScalarAsync(cancel) is not true) return;
        }

        var happened = new RunEvent
        {
            Kind = "stalled",
            Time = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            Data = new JsonObject { ["seconds"] = Math.Round(silence.TotalSeconds) }.ToJsonString(),
        };
        await ServerEvents.AppendAsync(transaction, runKey, happened, cancel);
        await transaction.CommitAsync(cancel);
        growth.Raise(runKey);
        LogSilence(runKey, silence.TotalSeconds);
    }

    [LoggerMessage(2065, LogLevel.Information, "Run {RunKey} lives and has logged nothing for {Seconds:0} s")]
    private partial void LogSilence(long runKey, double seconds);

    [LoggerMessage(2066, LogLevel.Warning, "Looking for runs that log nothing waits: {Reason}")]
    private partial void LogFailure(string reason);
}
