using Tracker.Api.Runs;
using Tracker.Api.Storage;

namespace Tracker.Api.Alerts;

/// <summary>Does what a button says: acknowledge, mute, stop.</summary>
public sealed class AlertActor(AlertLists alerts, RunCatalog runs, RunStore store, Verdicts verdicts)
{
    /// <summary>One sentence on what was done, or on why not.</summary>
    public async Task<(bool Done, string Sentence)> ActAsync(string action, Guid alertId, string by, CancellationToken cancel)
    {
        if (await alerts.FindAsync(alertId, cancel) is not { } alert) return (false, "This alert is not there any more: its run was deleted.");
        if (action == "stop")
        {
            if (await runs.FindAsync(alert.Data.Run, cancel) is not { } run || await store.StopAsync(run, $"stopped from an alert: {alert.Data.Title}", by, cancel) is not { } stop)
                return (false, $"The run {alert.Data.RunName} is not there any more.");
            return (true, $"The run {alert.Data.RunName} is asked to stop: {stop.Reason}.");
        }

        if (action is not ("acknowledge" or "mute") || alert.Data.Diagnosis is not { } diagnosis) return (false, "There is nothing to do with this alert.");
        return await verdicts.SayAsync(diagnosis, action == "mute" ? "muted" : "acknowledged", by, cancel)
            ? (true, action == "mute" ? $"Muted: no more messages about \"{alert.Data.Title}\" in {alert.Data.RunName}." : $"Acknowledged: \"{alert.Data.Title}\" in {alert.Data.RunName}.")
            : (false, "This diagnosis is not there any more.");
    }
}
