using Microsoft.AspNetCore.SignalR;
using Tracker.Api.Auth;

namespace Tracker.Api.Live;

/// <summary>
/// The hub <c>/hubs/live</c>. To browsers: <c>points</c>, <c>histograms</c>, <c>run</c>, <c>diagnosis</c>, <c>alert</c>, <c>reset</c>; see docs/live.md.
/// </summary>
public sealed class LiveHub(LiveFeed feed, LongConnections connections, IHubContext<LiveHub> hub, ILogger<LiveHub> log) : Hub
{
    private const int MostNames = 2_000;

    // Hubs live for one call; the connection's own bag lives as long as it does.
    private LiveConnection Connection => (LiveConnection)Context.Items[nameof(LiveConnection)]!;

    public override Task OnConnectedAsync()
    {
        var caller = Context.GetHttpContext()?.Caller() ?? Caller.Nobody;
        var connection = new LiveConnection(hub.Clients.Client(Context.ConnectionId), caller, Context.Abort, log);
        connection.Access = connections.Add(caller, connection.MayStay, Context.Abort);
        Context.Items[nameof(LiveConnection)] = connection;
        return Task.CompletedTask;
    }

    public override Task OnDisconnectedAsync(Exception? exception)
    {
        feed.End(Connection);
        return Task.CompletedTask;
    }

    /// <summary>Follows a run: its points after a sequence, its changes and its diagnoses. Called again, it begins anew.</summary>
    /// <param name="run">Id of the run.</param>
    /// <param name="series">Names of the series wanted; empty or null for all.</param>
    /// <param name="afterSequence">The sequence that <c>data</c> gave, or the last one that came; 0 for everything.</param>
    public Task<RunSnapshot> WatchRun(string run, string[]? series, long afterSequence)
    {
        if (string.IsNullOrEmpty(run)) throw new HubException("run must be the id of a run.");
        if (afterSequence < 0) throw new HubException("afterSequence must not be negative.");
        if (series?.Length > MostNames) throw new HubException($"At most {MostNames} series can be named; an empty list means all.");
        RequireRoom();
        return feed.WatchRunAsync(Connection, run, series ?? [], afterSequence, Connection.Ended);
    }

    /// <summary>Follows a project: its runs, their metrics once a second, its diagnoses and alerts.</summary>
    /// <param name="project">Name of the project.</param>
    public Task<ProjectSnapshot> WatchProject(string project)
    {
        if (string.IsNullOrEmpty(project)) throw new HubException("project must be the name of a project.");
        RequireRoom();
        return feed.WatchProjectAsync(Connection, project, Connection.Ended);
    }

    /// <summary>Ends the watch of a run or, when no run of that id is watched, of a project.</summary>
    /// <param name="target">Id of the run, or name of the project.</param>
    public void Unwatch(string target)
    {
        if (target is not null) feed.Unwatch(Connection, target, project: !Connection.Runs.ContainsKey(target));
    }

    private void RequireRoom()
    {
        if (Connection.Runs.Count + Connection.Projects.Count >= LiveLimits.WatchesPerConnection)
            throw new HubException($"A connection can watch {LiveLimits.WatchesPerConnection} runs and projects; end some with Unwatch.");
    }
}
