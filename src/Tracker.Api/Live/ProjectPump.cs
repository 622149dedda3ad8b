using System.Collections.Concurrent;
using Tracker.Api.Alerts;
using Tracker.Api.Analysis;
using Tracker.Api.Runs;
using Tracker.Api.Storage;

namespace Tracker.Api.Live;

/// <summary>
/// Follows the numbered changes of one project: runs, diagnoses and alerts at once, and the metrics of runs that grow once a second.
/// Each kind has a position of its own in the one counter, so that a page which is full loses nothing of the others.
/// </summary>
internal sealed class ProjectPump(long projectKey, long position, LiveReads reads, TimeProvider time, ILogger log) : Pump<ProjectWatch>(log)
{
    private const int PageSize = 500;

    private readonly ConcurrentDictionary<long, int> grown = new();
    private readonly Dictionary<string, (long Sequence, long Points)> told = new(StringComparer.Ordinal);
    private long runsAt = position;
    private long diagnosesAt = position;
    private long alertsAt = position;
    private long swept = time.GetTimestamp();

    /// <summary>A run's journal grew; whose run it is is looked up when it matters.</summary>
    public void Grew(long runKey) => grown[runKey] = LiveLimits.SweepsAfterGrowth;

    protected override async Task<bool> StepAsync(CancellationToken cancel)
    {
        var runs = await reads.Runs.ChangedAsync(projectKey, runsAt, PageSize, cancel);
        Offer(runs, run => run.Id, (watch, run) => watch.Connection.Offer(run));
        if (runs.Count > 0) runsAt = runs[^1].ProjectSequence;

        var diagnoses = await reads.Diagnoses.ChangedAsync(projectKey, diagnosesAt, PageSize, cancel);
        Offer(diagnoses, diagnosis => diagnosis.Run, (watch, diagnosis) => watch.Connection.Offer(diagnosis));
        if (diagnoses.Count > 0) diagnosesAt = diagnoses[^1].ProjectSequence;

        var alerts = await reads.Alerts.ChangedAsync(projectKey, alertsAt, PageSize, cancel);
        Offer(alerts, alert => alert.Data.Run, (watch, alert) => watch.Connection.Offer(alert));
        if (alerts.Count > 0) alertsAt = alerts[^1].Sequence;

        if (time.GetElapsedTime(swept) >= LiveLimits.Sweep)
        {
            swept = time.GetTimestamp();
            await SweepAsync(cancel);
        }

        return runs.Count == PageSize || diagnoses.Count == PageSize || alerts.Count == PageSize;
    }

    /// <summary>Reads the runs that grew lately and pushes those that look different from what was pushed last.</summary>
    private async Task SweepAsync(CancellationToken cancel)
    {
        var keys = new List<long>();
        foreach (var (key, sweeps) in grown)
        {
            if (keys.Count == LiveLimits.RunsPerSweep) break;
            if (sweeps == 0) grown.TryRemove(new(key, sweeps));
            else grown.TryUpdate(key, sweeps - 1, sweeps);
            if (sweeps > 0 && await reads.Catalog.FindAsync(key, cancel) is { } run && run.ProjectKey == projectKey && IsWanted(run.Id)) keys.Add(key);
        }
        if (keys.Count == 0) return;

        var runs = await reads.Runs.FindAsync(keys, cancel);
        Offer([.. runs.Where(IsNews)], run => run.Id, (watch, run) => watch.Connection.Offer(run));
    }

    private bool IsWanted(string run)
    {
        lock (Gate) return Watches.Any(watch => watch.Wants(run));
    }

    private bool IsNews(RunDto run)
    {
        var look = (run.Sequence, run.Metrics.Values.Sum(metric => metric.Count));
        if (told.TryGetValue(run.Id, out var last) && last == look) return false;
        told[run.Id] = look;
        return true;
    }

    private void Offer<T>(IReadOnlyList<T> items, Func<T, string> run, Action<ProjectWatch, T> offer)
    {
        lock (Gate)
        {
            foreach (var item in items)
            {
                foreach (var watch in Watches)
                {
                    if (watch.Wants(run(item))) offer(watch, item);
                }
            }
        }
    }
}

/// <summary>What the live feed reads.</summary>
public sealed record LiveReads(RunCatalog Catalog, JournalReader Journal, HistoryReader History, RunQueries Runs, DiagnosisQueries Diagnoses, AlertLists Alerts);
