namespace Tracker.Core.Alerts;

/// <summary>What alerts tell of. A type that ends in <c>.resolved</c> or <c>.returned</c> takes back what another said.</summary>
public static class AlertTypes
{
    public const string DiagnosisRaised = "diagnosis.raised";
    public const string DiagnosisUpdated = "diagnosis.updated";
    public const string DiagnosisResolved = "diagnosis.resolved";

    /// <summary>Somebody said what they think of a diagnosis. It makes no sound: it changes the message where that stands, and goes to programs.</summary>
    public const string DiagnosisJudged = "diagnosis.judged";

    /// <summary>A threshold rule holds.</summary>
    public const string RuleRaised = "rule.raised";

    /// <summary>A threshold rule holds no longer.</summary>
    public const string RuleResolved = "rule.resolved";

    /// <summary>A run of which nothing was heard.</summary>
    public const string RunLost = "run.lost";

    /// <summary>A lost run whose writer came back.</summary>
    public const string RunReturned = "run.returned";

    public const string RunFinished = "run.finished";
    public const string RunFailed = "run.failed";
    public const string RunKilled = "run.killed";

    /// <summary>A rule of the project, or a person, asked a run to stop.</summary>
    public const string RunStopped = "run.stopped";

    /// <summary>A line of the user's code: <c>run.alert(…)</c>.</summary>
    public const string CodeAlert = "code.alert";

    /// <summary>Several alerts that came for one reason, in one message.</summary>
    public const string Digest = "alert.digest";

    /// <summary>Somebody pressed the button that tests a channel.</summary>
    public const string Test = "channel.test";

    /// <summary>All types that a route can choose from.</summary>
    public static IReadOnlyList<string> All { get; } =
        [DiagnosisRaised, DiagnosisUpdated, DiagnosisResolved, RuleRaised, RuleResolved, RunLost, RunReturned, RunFinished, RunFailed, RunKilled, RunStopped, CodeAlert];

    /// <summary>Whether an alert takes back what an earlier one said: it goes where that one went.</summary>
    public static bool IsResolution(string type) => type is DiagnosisResolved or RuleResolved or RunReturned;
}
