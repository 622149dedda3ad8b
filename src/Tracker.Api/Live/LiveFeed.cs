using System.Collections.Concurrent;
using Microsoft.AspNetCore.SignalR;
using Npgsql;
using Tracker.Api.Analysis;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Storage;
using Tracker.Core.Series;

namespace Tracker.Api.Live;

/// <summary>
/// Who watches what on this node. Each watched run and project has one pump, started by the first who watches and ended with the last.
/// A watch is registered first and then completed from the store, so that nothing falls between.
/// </summary>
public sealed class LiveFeed : IDisposable
{
    private readonly NpgsqlDataSource database;
    private readonly LiveReads reads;
    private readonly TimeProvider time;
    private readonly ILogger<LiveFeed> log;
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<long, RunPump> runPumps = new();
    private readonly ConcurrentDictionary<long, ProjectPump> projectPumps = new();
    private readonly IDisposable runHints;
    private readonly IDisposable projectHints;

    public LiveFeed(NpgsqlDataSource database, LiveReads reads, RunGrowth runs, ProjectGrowth projects, TimeProvider time, ILogger<LiveFeed> log)
    {
        this.database = database;
        this.reads = reads;
        this.time = time;
        this.log = log;
        runHints = runs.Subscribe(OnRunGrew);
        projectHints = projects.Subscribe(OnProjectGrew);
    }

    /// <summary>Runs and projects that are followed on this node because somebody watches them.</summary>
    public int Pumps => runPumps.Count + projectPumps.Count;

    internal async Task<RunSnapshot> WatchRunAsync(LiveConnection connection, string id, IReadOnlyList<string> names, long after, CancellationToken cancel)
    {
        var run = await reads.Catalog.FindAsync(id, cancel);
        if (run is null || !connection.Caller.May(Rights.Read, run)) throw UnknownRun(id);
        Unwatch(connection, id, project: false);
        var watch = new RunWatch(connection, run, names);
        try
        {
            await RegisterAsync(watch.Changes, cancel);
            var row = await reads.Runs.FindAsync(run.RunKey, cancel) ?? throw UnknownRun(id);
            IReadOnlyList<DiagnosisDto> diagnoses = await reads.Diagnoses.OfRunAsync(run.RunKey, cancel);
            // What the browser has is known to the summaries only if it has everything.
            if (after >= row.Sequence) watch.Know(row.Metrics.Select(metric => KeyValuePair.Create(metric.Key, metric.Value.LastStep)));
            var (sequence, reset) = await CatchUpAsync(watch, after, cancel);
            if (!connection.Keep(watch)) throw new OperationCanceledException(connection.Ended);
            return new RunSnapshot(sequence, row, diagnoses, reset);
        }
        catch
        {
            Unregister(watch);
            throw;
        }
    }

    internal async Task<ProjectSnapshot> WatchProjectAsync(LiveConnection connection, string name, CancellationToken cancel)
    {
        if (await reads.Runs.ProjectKeyAsync(name, cancel) is not { } key || !connection.Caller.May(Rights.Read, key)) throw new HubException($"There is no project \"{Shorten(name)}\".");
        Unwatch(connection, name, project: true);
        var watch = new ProjectWatch(connection, key, run: null);
        try
        {
            var sequence = await RegisterAsync(watch, cancel);
            var runs = await reads.Runs.NewestAsync(key, LiveLimits.RunsInSnapshot, cancel);
            var diagnoses = await reads.Diagnoses.ListAsync(new DiagnosisFilter { Project = name, State = "open" }, LiveLimits.DiagnosesInSnapshot, before: null, cancel);
            if (!connection.Keep(name, watch)) throw new OperationCanceledException(connection.Ended);
            return new ProjectSnapshot(sequence, runs, diagnoses.Items);
        }
        catch
        {
            Unregister(watch);
            throw;
        }
    }

    /// <summary>Ends a watch; one that is not there is no error.</summary>
    internal void Unwatch(LiveConnection connection, string target, bool project)
    {
        if (project && connection.Projects.TryRemove(target, out var ofProject)) Unregister(ofProject);
        if (!project && connection.Runs.TryRemove(target, out var ofRun)) Unregister(ofRun);
    }

    /// <summary>The browser has gone: all its watches end.</summary>
    internal void End(LiveConnection connection)
    {
        connection.Dispose();
        foreach (var watch in connection.Runs.Values) Unregister(watch);
        foreach (var watch in connection.Projects.Values) Unregister(watch);
    }

    public void Dispose()
    {
        runHints.Dispose();
        projectHints.Dispose();
        foreach (var pump in runPumps.Values) pump.Dispose();
        foreach (var pump in projectPumps.Values) pump.Dispose();
    }

    /// <summary>Gives the watch what lies between its browser's sequence and its pump's position.</summary>
    /// <returns>The sequence after which pushes go on, and whether the gap was too large to be pushed.</returns>
    private async Task<(long Sequence, bool Reset)> CatchUpAsync(RunWatch watch, long after, CancellationToken cancel)
    {
        var part = await ReadAsync(watch.Run, after, cancel);
        var pumped = Register(watch, part.Through);
        watch.Begin(after);
        while (part.Batches is not null)
        {
            watch.CatchUp(part.Batches, part.Through);
            if (part.Through >= pumped) return (after, false);
            part = await ReadAsync(watch.Run, part.Through, cancel);
        }

        var sequence = Math.Max(part.Through, pumped);
        watch.Begin(sequence);
        return (sequence, true);
    }

    /// <summary>The batches after a sequence and where they end; no batches, and the head, when the gap is too large.</summary>
    private async Task<(IReadOnlyList<StoredBatch>? Batches, long Through)> ReadAsync(RunRef run, long after, CancellationToken cancel)
    {
        var page = await reads.Journal.ReadAfterAsync(run.RunKey, after, LiveLimits.PageBytes, cancel);
        // A sequence above the head is one of another life of this database.
        if (after > page.Head) return (null, page.Head);
        if (!page.Gap) return (page.Batches, page.Batches.Count > 0 ? page.Batches[^1].Sequence : after);
        if (page.Head - after > LiveLimits.SequencesFromChunks) return (null, page.Head);
        return await reads.History.ReadAfterAsync(run.RunKey, after, page.Compacted, cancel);
    }

    private long Register(RunWatch watch, long position)
    {
        lock (gate)
        {
            var key = watch.Run.RunKey;
            if (runPumps.TryGetValue(key, out var pump)) return pump.Register(watch);
            runPumps[key] = pump = new RunPump(watch.Run, position, reads.Journal, log);
            var from = pump.Register(watch);
            pump.Start();
            return from;
        }
    }

    private async Task<long> RegisterAsync(ProjectWatch watch, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select sequence from project_counters where project_key = $1");
        command.Parameters.Add(new() { Value = watch.ProjectKey });
        var position = await command.ExecuteScalarAsync(cancel) as long? ?? 0;
        lock (gate)
        {
            if (projectPumps.TryGetValue(watch.ProjectKey, out var pump))
            {
                pump.Add(watch);
                return position;
            }
            projectPumps[watch.ProjectKey] = pump = new ProjectPump(watch.ProjectKey, position, reads, time, log);
            pump.Add(watch);
            pump.Start();
            return position;
        }
    }

    private void Unregister(RunWatch watch)
    {
        Unregister(watch.Changes);
        lock (gate)
        {
            if (!runPumps.TryGetValue(watch.Run.RunKey, out var pump) || !pump.Remove(watch)) return;
            runPumps.TryRemove(watch.Run.RunKey, out _);
            pump.Dispose();
        }
    }

    private void Unregister(ProjectWatch watch)
    {
        lock (gate)
        {
            if (!projectPumps.TryGetValue(watch.ProjectKey, out var pump) || !pump.Remove(watch)) return;
            projectPumps.TryRemove(watch.ProjectKey, out _);
            pump.Dispose();
        }
    }

    private void OnRunGrew(long runKey)
    {
        if (runPumps.TryGetValue(runKey, out var pump)) pump.Wake();
        foreach (var project in projectPumps.Values) project.Grew(runKey);
    }

    private void OnProjectGrew(long projectKey)
    {
        if (projectPumps.TryGetValue(projectKey, out var pump)) pump.Wake();
    }

    private static HubException UnknownRun(string id) => new($"There is no run \"{Shorten(id)}\".");

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";
}
