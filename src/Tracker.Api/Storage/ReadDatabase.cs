using Npgsql;

namespace Tracker.Api.Storage;

/// <summary>
/// Where charts, heat maps and exports read from: the hot standby that <c>ConnectionStrings:TrackerReplica</c> names, while it has what the database had a second ago; else the database itself.
/// A chart bears the sequence that it was read at and goes on live from there, so that a standby that is a little behind is no gap; an export is read from a standby that has all of the run.
/// </summary>
public sealed partial class ReadDatabase(NpgsqlDataSource database, IConfiguration configuration, ILoggerFactory loggers, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource? replica = Database.OpenReplica(configuration, loggers);
    private readonly ILogger<ReadDatabase> log = loggers.CreateLogger<ReadDatabase>();
    private volatile bool keepsUp;

    /// <summary>Whether the standby is read from at this moment.</summary>
    public bool IsReplicaUsed => keepsUp;

    /// <summary>Opens something on the standby while it keeps up; where that fails, on the database.</summary>
    public async Task<T> OpenAsync<T>(Func<NpgsqlDataSource, Task<T>> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        if (replica is not null && keepsUp)
        {
            try
            {
                return await open(replica);
            }
            catch (NpgsqlException error)
            {
                Leave(error.Message);
            }
        }

        return await open(database);
    }

    /// <summary>The standby, if it has a run up to a sequence; else the database.</summary>
    public Task<NpgsqlDataSource> WithAsync(long runKey, long sequence, CancellationToken cancel) => OpenAsync(async source =>
    {
        if (source == database) return database;
        await using var command = source.CreateCommand("select sequence from run_heads where run_key = $1");
        command.Parameters.AddWithValue(runKey);
        return await command.ExecuteScalarAsync(cancel) is long there && there >= sequence ? source : database;
    });

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (replica is null) return;
        // Where the database's log stood a second ago.
        string? before = null;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var caughtUp = before is not null && await AskAsync<bool>(replica, "select pg_is_in_recovery() and pg_last_wal_replay_lsn() >= $1::pg_lsn", before, stoppingToken);
                before = await AskAsync<string>(database, "select pg_current_wal_lsn()::text", null, stoppingToken);
                if (caughtUp && !keepsUp) LogUsed();
                if (!caughtUp) Leave("it is behind, or no standby");
                keepsUp = caughtUp;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException)
            {
                Leave(error.Message);
            }

            await Task.Delay(Pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public override void Dispose()
    {
        replica?.Dispose();
        base.Dispose();
    }

    private static async Task<T?> AskAsync<T>(NpgsqlDataSource source, string sql, string? parameter, CancellationToken cancel)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 5;
        if (parameter is not null) command.Parameters.AddWithValue(parameter);
        return await command.ExecuteScalarAsync(cancel) is T answer ? answer : default;
    }

    private void Leave(string why)
    {
        if (!keepsUp) return;
        keepsUp = false;
        LogLeft(why);
    }

    [LoggerMessage(2060, LogLevel.Information, "Charts and exports are read from the standby")]
    private partial void LogUsed();

    [LoggerMessage(2061, LogLevel.Warning, "The standby is left alone until it keeps up, reads go to the database: {Reason}")]
    private partial void LogLeft(string reason);
}
