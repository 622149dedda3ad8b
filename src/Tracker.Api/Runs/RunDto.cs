using System.Text.Json;

namespace Tracker.Api.Runs;

/// <summary>One training: what it is, how it stands, what was found.</summary>
public sealed record RunDto
{
    /// <summary>1–64 of <c>[A-Za-z0-9_.-]</c>, unique on the server.</summary>
    /// <example>k3v9-digits-lr10</example>
    public required string Id { get; init; }

    /// <summary>Name of the project that it belongs to.</summary>
    /// <example>digits</example>
    public required string Project { get; init; }

    /// <summary>Name for people; need not be unique.</summary>
    /// <example>lr-10</example>
    public required string Name { get; init; }

    /// <summary>One of <c>running finished failed killed lost</c>.</summary>
    /// <example>running</example>
    public required string State { get; init; }

    /// <summary>What the run was started with: any JSON object.</summary>
    public required JsonElement Config { get; init; }

    /// <summary>Free words.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Runs of one sweep or experiment share a group.</summary>
    /// <example>lr-sweep</example>
    public string? Group { get; init; }

    /// <summary>What kind of job it is.</summary>
    /// <example>train</example>
    public string? JobType { get; init; }

    /// <summary>Text of people.</summary>
    /// <example>baseline with dropout</example>
    public string? Notes { get; init; }

    /// <summary>Id of the run that this one is compared with.</summary>
    /// <example>k3v9-digits-base</example>
    public string? Reference { get; init; }

    /// <summary>Exit code of the process, when it was told.</summary>
    /// <example>0</example>
    public int? ExitCode { get; init; }

    /// <summary>When the run was created.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    /// <example>2026-11-22T11:00:00Z</example>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When it was moved to the trash; null for a run that is not there.</summary>
    /// <example>2026-11-22T12:00:00Z</example>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>Until when it can be brought back from the trash.</summary>
    /// <example>2026-11-29T12:00:00Z</example>
    public DateTimeOffset? PurgeAt { get; init; }

    /// <summary>When retention thinned its series out to the resolution of charts: since then it cannot be replayed exactly. Null for a run with all its points.</summary>
    /// <example>2026-12-22T12:00:00Z</example>
    public DateTimeOffset? ThinnedAt { get; init; }

    /// <summary>Greatest step of any series; null before the first point.</summary>
    /// <example>4210</example>
    public long? LastStep { get; init; }

    /// <summary>Number of the last batch in the run's journal.</summary>
    /// <example>812</example>
    public required long Sequence { get; init; }

    /// <summary>Number of the last change of the run itself in its project.</summary>
    /// <example>97</example>
    public required long ProjectSequence { get; init; }

    /// <summary>The run's page on this server, as a path.</summary>
    /// <example>/runs/k3v9-digits-lr10</example>
    public required string Url { get; init; }

    /// <summary>Set when the run is asked to stop.</summary>
    public StopDto? Stop { get; init; }

    /// <summary>Summaries of the scalar series by name.</summary>
    public required IReadOnlyDictionary<string, MetricDto> Metrics { get; init; }

    /// <summary>The three worst open diagnoses, of equal severity the one that began first; without what people muted or called wrong.</summary>
    public required IReadOnlyList<OpenDiagnosisDto> Diagnoses { get; init; }

    /// <summary>Number of other open ones: <c>GET /runs/{id}/diagnoses</c> has them all.</summary>
    /// <example>0</example>
    public int MoreDiagnoses { get; init; }

    /// <summary>How the run stands; null where it was not asked for.</summary>
    public RunHealth? Health { get; init; }
}

/// <summary>A request to stop.</summary>
/// <param name="Reason" example="the loss is NaN">Why, in words.</param>
/// <param name="By" example="dashboard">Who asked: <c>api</c>, <c>dashboard</c>, a rule.</param>
public sealed record StopDto(string Reason, string By);

/// <summary>Summary of one scalar series.</summary>
public sealed record MetricDto
{
    /// <summary>Value at the greatest step, the latest one where the step came repeatedly; may be <c>"NaN"</c>, <c>"Infinity"</c>, <c>"-Infinity"</c>.</summary>
    /// <example>0.0553</example>
    public required double Last { get; init; }

    /// <summary>Least finite value; null when there is none.</summary>
    /// <example>0.0412</example>
    public double? Min { get; init; }

    /// <summary>Greatest finite value; null when there is none.</summary>
    /// <example>2.31</example>
    public double? Max { get; init; }

    /// <summary>Mean of the finite values; null when there is none.</summary>
    /// <example>0.174</example>
    public double? Mean { get; init; }

    /// <summary>Greatest step.</summary>
    /// <example>4210</example>
    public required long LastStep { get; init; }

    /// <summary>Number of points.</summary>
    /// <example>4211</example>
    public required long Count { get; init; }

    /// <summary>Number of values that are NaN or infinite.</summary>
    /// <example>0</example>
    public required long NonFinite { get; init; }
}

/// <summary>An open diagnosis in a list of runs.</summary>
public sealed record OpenDiagnosisDto
{
    /// <summary>Stable id.</summary>
    /// <example>d-5f2a90c1e4b7</example>
    public required string Id { get; init; }

    /// <summary>One of <c>info warn high crit</c>.</summary>
    /// <example>crit</example>
    public required string Severity { get; init; }

    /// <summary>The symptom in a few words.</summary>
    /// <example>The loss became NaN</example>
    public required string Title { get; init; }

    /// <summary>Top root cause.</summary>
    /// <example>lr-too-high</example>
    public required string Cause { get; init; }

    /// <summary>Always <c>open</c> here.</summary>
    /// <example>open</example>
    public required string State { get; init; }

    /// <summary>Step since which it holds.</summary>
    /// <example>96</example>
    public required long OnsetStep { get; init; }
}

/// <summary>A project in the list of projects.</summary>
public sealed record ProjectDto
{
    /// <summary>Unique name.</summary>
    /// <example>digits</example>
    public required string Name { get; init; }

    /// <summary>Number of runs.</summary>
    /// <example>12</example>
    public required long Runs { get; init; }

    /// <summary>Number of runs that are running.</summary>
    /// <example>3</example>
    public required long Running { get; init; }

    /// <summary>Number of open diagnoses at warn or above that nobody has answered.</summary>
    /// <example>2</example>
    public required long OpenDiagnoses { get; init; }

    /// <summary>Bytes that its runs take as stored, without indexes, the trash included; measured about once a minute.</summary>
    /// <example>81264640</example>
    public required long Bytes { get; init; }

    /// <summary>Most bytes that it may take; null without a quota.</summary>
    /// <example>10737418240</example>
    public long? QuotaBytes { get; init; }

    /// <summary>When a run was last created.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public required DateTimeOffset LastActivityAt { get; init; }
}
