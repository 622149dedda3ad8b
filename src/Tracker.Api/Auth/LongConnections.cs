using System.Collections.Concurrent;
using Npgsql;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>
/// What lives longer than one call: connections of the hub, event streams. They were allowed when they began; here they are asked again every few seconds, and end with the key, the session,
/// the account, the role or the link that they came by. A client that connects anew gets its answer at the gate.
/// </summary>
public sealed partial class LongConnections(Sessions sessions, TimeProvider clock, ILogger<LongConnections> log) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Connection, bool> connections = new();

    private sealed class Connection(LongConnections all, Caller caller, Func<bool> mayStay, Action end) : IDisposable
    {
        public Caller Caller => caller;

        public bool MayStay => caller.IsAlive && mayStay();

        public void End() => end();

        public void Dispose() => all.connections.TryRemove(this, out _);
    }

    /// <param name="caller">Who it belongs to.</param>
    /// <param name="mayStay">Whether the caller still may what it is used for; called from time to time.</param>
    /// <param name="end">Ends it; called at most once.</param>
    /// <returns>To be disposed of when it has ended by itself.</returns>
    public IDisposable Add(Caller caller, Func<bool> mayStay, Action end)
    {
        var connection = new Connection(this, caller, mayStay, end);
        connections[connection] = true;
        return connection;
    }

    /// <summary>Ends what is no longer allowed.</summary>
    public async Task CheckAsync(CancellationToken cancel)
    {
        var open = connections.Keys.ToList();
        var signedIn = open.Select(connection => connection.Caller.Session).OfType<SecretHash>().Distinct().ToList();
        var alive = signedIn.Count == 0 ? [] : await sessions.AliveAsync(signedIn, cancel);
        foreach (var connection in open)
        {
            if (connection.MayStay && (connection.Caller.Session is not { } session || alive.Contains(session))) continue;
            connection.Dispose();
            connection.End();
        }
    }

    /// <summary>While the database is away nothing is ended; it is asked again the next time.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause, clock, stoppingToken);
                await CheckAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException)
            {
                LogUnchecked(error);
            }
        }
    }

    [LoggerMessage(6004, LogLevel.Debug, "Open connections were not checked")]
    private partial void LogUnchecked(Exception error);
}
