using System.Text.Json.Serialization;
using Tracker.Core.Diagnosis;

namespace Tracker.Core.Alerts;

/// <summary>One message to people. Every channel renders the same alert in its own form.</summary>
/// <param name="Id">Stable over retries, restarts and nodes: a receiver drops doubles by it.</param>
/// <param name="Type">What happened: one of <see cref="AlertTypes"/>.</param>
/// <param name="Timestamp">When it was written, by the database's clock.</param>
/// <param name="Data">What is said.</param>
public sealed record Alert(Guid Id, string Type, DateTimeOffset Timestamp, AlertMessage Data);

/// <summary>A threshold rule of a project, in an alert.</summary>
/// <param name="Id" example="3f2b9a54-0c7e-4c1e-9a51-6a52d1b7c001">Its id.</param>
/// <param name="Name" example="accuracy collapsed">Its name.</param>
/// <param name="Expression" example="val/accuracy &lt; 0.1 for 5 points">What it says.</param>
public sealed record AlertRule(string Id, string Name, string Expression);

/// <summary>One of the alerts that a digest stands for.</summary>
/// <param name="Id" example="3f2b9a54-0c7e-4c1e-9a51-6a52d1b7c001">Id of the alert.</param>
/// <param name="Run" example="digits-lr10-a1">Id of the run.</param>
/// <param name="RunName" example="lr-10">Its name.</param>
/// <param name="Title" example="Gradients are clipped in 97 % of the steps">What it says.</param>
/// <param name="OnsetStep" example="1200">Step since which it holds.</param>
public sealed record DigestLine(Guid Id, string Run, string RunName, string Title, long OnsetStep);

/// <summary>The run that a message is about.</summary>
/// <param name="Id">Id of the run.</param>
/// <param name="Name">Name of the run as people know it.</param>
/// <param name="Project">Name of its project.</param>
public sealed record AlertedRun(string Id, string Name, string Project);

/// <summary>What an alert says: a diagnosis at one moment, in this run's own numbers. Its JSON form is documented in docs/alerts.md.</summary>
public sealed record AlertMessage
{
    /// <summary>One of <c>info warn high crit</c>.</summary>
    /// <example>high</example>
    [JsonConverter(typeof(SeverityConverter))]
    public required Severity Severity { get; init; }

    /// <summary>Name of the project.</summary>
    /// <example>digits</example>
    public required string Project { get; init; }

    /// <summary>Id of the run.</summary>
    /// <example>digits-lr10-a1</example>
    public required string Run { get; init; }

    /// <summary>Name of the run.</summary>
    /// <example>lr-10</example>
    public required string RunName { get; init; }

    /// <summary>Id of the diagnosis.</summary>
    /// <example>d-5f2a90c1e4b7</example>
    public string? Diagnosis { get; init; }

    /// <summary>A short symptom: <c>Gradients are clipped in 97 % of the steps</c>.</summary>
    /// <example>Gradients are clipped in 97 % of the steps</example>
    public required string Title { get; init; }

    /// <summary>One to three sentences with this run's own numbers.</summary>
    /// <example>The gradient norm passed the threshold 0.05 in 194 of the last 200 steps.</example>
    public required string Symptom { get; init; }

    /// <summary>Step since which it holds.</summary>
    /// <example>100</example>
    public required long OnsetStep { get; init; }

    /// <summary>Step at which it was seen.</summary>
    /// <example>299</example>
    public required long Step { get; init; }

    /// <summary>The most likely cause; null while none is known.</summary>
    public RankedCause? Cause { get; init; }

    /// <summary>What to do, most useful first.</summary>
    public IReadOnlyList<string> Prescriptions { get; init; } = [];

    /// <summary>How to verify that it helped; may be empty.</summary>
    /// <example>The share of clipped steps should fall below 40 %.</example>
    public string Check { get; init; } = "";

    /// <summary>Why it was resolved; null while it is open.</summary>
    /// <example>null</example>
    public string? Resolution { get; init; }

    /// <summary>What was measured, with the ranges of steps that a chart marks.</summary>
    public IReadOnlyList<Evidence> Evidence { get; init; } = [];

    /// <summary>Ids of the conditions that hold: members of the diagnosis.</summary>
    /// <example>["clip-over-80"]</example>
    public IReadOnlyList<string> Conditions { get; init; } = [];

    /// <summary>What somebody said of the diagnosis: <c>acknowledged</c>, <c>confirmed</c>, <c>muted</c> or <c>wrong</c>; null when nobody did, or took it back.</summary>
    /// <example>acknowledged</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Verdict { get; init; }

    /// <summary>Who said so.</summary>
    /// <example>Slack: ada</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? By { get; init; }

    /// <summary>The threshold rule that speaks; null for diagnoses, states and code alerts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AlertRule? Rule { get; init; }

    /// <summary>The state that the run is in, for alerts about states of runs.</summary>
    /// <example>null</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? State { get; init; }

    /// <summary>Exit code of the run's process, for alerts about its end.</summary>
    /// <example>null</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ExitCode { get; init; }

    /// <summary>The alerts that this message stands for, when many came for one reason.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<DigestLine>? Digest { get; init; }

    /// <summary>The run's charts in the dashboard; null where <see cref="Url"/> is.</summary>
    /// <example>http://127.0.0.1:5080/runs/digits-lr10-a1/charts</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Uri? ChartsUrl { get; init; }

    /// <summary>A picture of the curve with the evidence marked, PNG; the link is signed and good for 30 days. Null where there is no curve.</summary>
    /// <example>null</example>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Uri? ImageUrl { get; init; }

    /// <summary>The run's page in the dashboard. Null in the stored message: it is filled in when the message is sent or listed.</summary>
    /// <example>http://127.0.0.1:5080/runs/digits-lr10-a1</example>
    public Uri? Url { get; init; }

    /// <summary>The name of an event as receivers see it.</summary>
    public static string TypeOf(DiagnosisEventKind kind) => kind switch
    {
        DiagnosisEventKind.Raised => AlertTypes.DiagnosisRaised,
        DiagnosisEventKind.Updated => AlertTypes.DiagnosisUpdated,
        DiagnosisEventKind.Resolved => AlertTypes.DiagnosisResolved,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
    };

    /// <summary>The message about a diagnosis of a run.</summary>
    public static AlertMessage About(RunDiagnosis diagnosis, AlertedRun run) => new()
    {
        Severity = diagnosis.Severity,
        Project = run.Project,
        Run = run.Id,
        RunName = run.Name,
        Diagnosis = diagnosis.Id,
        Title = diagnosis.Title,
        Symptom = diagnosis.Symptom,
        OnsetStep = diagnosis.OnsetStep,
        Step = diagnosis.Step,
        Cause = diagnosis.Causes.Count > 0 ? diagnosis.Causes[0] : null,
        Prescriptions = diagnosis.Prescriptions,
        Check = diagnosis.Check,
        Resolution = diagnosis.Resolution,
        Conditions = [.. diagnosis.Signals.Where(signal => signal.Active).Select(signal => signal.Id).Distinct(StringComparer.Ordinal)],
        Evidence = [.. diagnosis.Signals.Where(signal => signal.Active).SelectMany(signal => signal.Evidence)],
    };
}
