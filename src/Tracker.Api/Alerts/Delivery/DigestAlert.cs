using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>Many alerts of one reason as one.</summary>
internal static class DigestAlert
{
    /// <summary>The digest: the worst severity, the first one's cause and advice, a line for each run.</summary>
    /// <param name="id">Id of the digest, the same at every attempt.</param>
    /// <param name="alerts">The alerts, the oldest first; at least one.</param>
    public static Alert Of(Guid id, IReadOnlyList<Alert> alerts)
    {
        var first = alerts[0].Data;
        var runs = alerts.Select(alert => alert.Data.Run).Distinct(StringComparer.Ordinal).Count();
        return new Alert(id, AlertTypes.Digest, alerts[0].Timestamp, first with
        {
            Severity = alerts.Max(alert => alert.Data.Severity),
            Title = $"{runs} {(runs == 1 ? "run" : "runs")}: {first.Cause?.Title ?? first.Title}",
            Symptom = $"{alerts.Count} alerts of one reason in project {first.Project}. The first says: {first.Title}. {first.Symptom}",
            Diagnosis = null,
            Evidence = [],
            Digest = [.. alerts.Select(alert => new DigestLine(alert.Id, alert.Data.Run, alert.Data.RunName, alert.Data.Title, alert.Data.OnsetStep))],
        });
    }
}
