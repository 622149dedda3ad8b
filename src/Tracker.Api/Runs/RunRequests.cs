using System.Text.Json;

namespace Tracker.Api.Runs;

/// <summary>Creates a run, or goes on with one.</summary>
public sealed record CreateRunRequest
{
    /// <summary>Name of the project, 1–128 characters; made when it is new.</summary>
    /// <example>digits</example>
    public string? Project { get; init; }

    /// <summary>1–64 of <c>[A-Za-z0-9_.-]</c>; made by the server when absent.</summary>
    /// <example>digits-lr10-a1</example>
    public string? Id { get; init; }

    /// <summary>Name for people, at most 256 characters; the id when absent.</summary>
    /// <example>lr-10</example>
    public string? Name { get; init; }

    /// <summary>A JSON object of at most 1 MiB.</summary>
    public JsonElement? Config { get; init; }

    /// <summary>At most 64 words of at most 128 characters.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>At most 128 characters.</summary>
    /// <example>lr-sweep</example>
    public string? Group { get; init; }

    /// <summary>At most 128 characters.</summary>
    /// <example>train</example>
    public string? JobType { get; init; }

    /// <summary>At most 16,384 characters.</summary>
    /// <example>baseline with dropout</example>
    public string? Notes { get; init; }

    /// <summary>Id of a run to compare with, at most 64 characters.</summary>
    /// <example>digits-base</example>
    public string? Reference { get; init; }

    /// <summary>What to do when the id exists: <c>never</c> (default) refuses, <c>allow</c> goes on with it or creates it, <c>must</c> refuses to create.</summary>
    /// <example>allow</example>
    public string? Resume { get; init; }
}

/// <summary>Answer to the creation of a run.</summary>
public sealed record CreatedRunDto
{
    /// <summary>The run's id.</summary>
    /// <example>digits-lr10-a1</example>
    public required string Id { get; init; }

    /// <summary>Its project.</summary>
    /// <example>digits</example>
    public required string Project { get; init; }

    /// <summary>Its name.</summary>
    /// <example>lr-10</example>
    public required string Name { get; init; }

    /// <summary>Its state.</summary>
    /// <example>running</example>
    public required string State { get; init; }

    /// <summary>Address of its page.</summary>
    /// <example>http://127.0.0.1:5080/runs/digits-lr10-a1</example>
    public required string Url { get; init; }
}

/// <summary>Changes of a run; what is absent stays.</summary>
public sealed record PatchRunRequest
{
    /// <summary>1–256 characters.</summary>
    /// <example>lr-10, second try</example>
    public string? Name { get; init; }

    /// <summary>Keys to add or replace in the config: a JSON object.</summary>
    public JsonElement? Config { get; init; }

    /// <summary>Replaces the tags.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>At most 128 characters.</summary>
    /// <example>lr-sweep</example>
    public string? Group { get; init; }

    /// <summary>At most 16,384 characters.</summary>
    /// <example>diverged at step 96</example>
    public string? Notes { get; init; }

    /// <summary>Id of a run to compare with.</summary>
    /// <example>digits-base</example>
    public string? Reference { get; init; }
}

/// <summary>Ends a run.</summary>
public sealed record FinishRunRequest
{
    /// <summary><c>finished</c> (default), <c>failed</c> or <c>killed</c>; when absent and the exit code is not 0, <c>failed</c>.</summary>
    /// <example>finished</example>
    public string? State { get; init; }

    /// <summary>Exit code of the process.</summary>
    /// <example>0</example>
    public int? ExitCode { get; init; }
}

/// <summary>Asks a run to stop.</summary>
/// <param name="Reason" example="the loss is NaN">Why, at most 1,024 characters.</param>
public sealed record StopRunRequest(string? Reason);

/// <summary>Answer to a request to stop.</summary>
/// <param name="Stop">The request as the run will see it.</param>
public sealed record StoppedDto(StopDto Stop);

/// <summary>A sign of life.</summary>
/// <param name="Writer" example="w-6f1c2e6a90b3d417">The writer that lives; 1–64 of <c>[A-Za-z0-9_.-]</c>.</param>
public sealed record HeartbeatRequest(string? Writer);

/// <summary>Answer to a sign of life.</summary>
/// <param name="State" example="running">The run's state.</param>
/// <param name="Stop">Set when the run is asked to stop.</param>
public sealed record HeartbeatDto(string State, StopDto? Stop);
