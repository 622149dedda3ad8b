using System.Globalization;
using Tracker.Core.Alerts;
using Tracker.Core.Alerts.Rules;
using Tracker.Core.Diagnosis;

namespace Tracker.Api.Alerts;

/// <summary>What an alert says of a threshold rule.</summary>
internal static class RuleMessage
{
    public static AlertMessage Of(AlertedRun run, StoredRule stored, ThresholdRule rule, RuleEvent happened) => new()
    {
        Severity = stored.Severity,
        Project = run.Project,
        Run = run.Id,
        RunName = run.Name,
        Title = stored.Name,
        Symptom = string.Create(CultureInfo.InvariantCulture, $"At step {happened.Step}, {Seen(rule, happened)}; the rule says {stored.Expression}."),
        OnsetStep = happened.OnsetStep,
        Step = happened.Step,
        Rule = new AlertRule(stored.Id, stored.Name, stored.Expression),
        Resolution = happened.Raised ? null : "The rule holds no longer.",
        Evidence = [new Evidence(happened.Series, happened.OnsetStep, happened.Step, Statistic(rule), happened.Value, rule.Threshold)],
    };

    private static string Seen(ThresholdRule rule, RuleEvent happened) => rule.Measure switch
    {
        RuleMeasure.NonFinite => happened.Raised ? $"{happened.Series} is not finite" : $"{happened.Series} is finite again",
        RuleMeasure.Change => string.Create(CultureInfo.InvariantCulture, $"{rule.Words} is {happened.Value * 100:G4} %"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{rule.Words} is {happened.Value:G6}"),
    };

    private static string Statistic(ThresholdRule rule) => rule.Measure switch
    {
        RuleMeasure.Value => "value",
        RuleMeasure.NonFinite => "not finite",
        _ => string.Create(CultureInfo.InvariantCulture, $"{rule.Measure.ToString().ToLowerInvariant()} of {rule.Window} points"),
    };
}

/// <summary>What an alert says of a run that was asked to stop.</summary>
internal static class StopMessage
{
    public static NewAlert Of(RoutedRun routed, long runKey, long projectKey, long sequence, long step, long onset, string reason, string by) => new(
        AlertId.Of(runKey, sequence, $"{AlertTypes.RunStopped} {by}"), AlertTypes.RunStopped, runKey, projectKey, $"{runKey}/stop", new AlertMessage
        {
            Severity = Severity.High,
            Project = routed.Run.Project,
            Run = routed.Run.Id,
            RunName = routed.Run.Name,
            Title = "The run was asked to stop",
            Symptom = $"{char.ToUpperInvariant(reason[0])}{reason[1..]} ({by}). Its process sees this with its next call and ends.",
            OnsetStep = onset,
            Step = step,
            Prescriptions = ["Look at the diagnosis before the run is started again."],
        })
    {
        Reason = $"{projectKey}/stop/{by}",
    };
}
