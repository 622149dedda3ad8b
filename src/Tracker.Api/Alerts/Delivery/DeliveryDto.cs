namespace Tracker.Api.Alerts;

/// <summary>One attempt of a delivery.</summary>
/// <param name="Number" example="1">From 1.</param>
/// <param name="At" example="2026-11-22T10:00:00Z">When it ended.</param>
/// <param name="Milliseconds" example="120">How long it took.</param>
/// <param name="Outcome" example="failed"><c>delivered</c>, <c>failed</c> or <c>gone</c>.</param>
/// <param name="Answer" example="HTTP 503">What the receiver said, where that was not 2xx.</param>
public sealed record AttemptDto(int Number, DateTimeOffset At, int Milliseconds, string Outcome, string? Answer);

/// <summary>An alert on its way to one channel.</summary>
public sealed record DeliveryDto
{
    /// <summary>Its id.</summary>
    /// <example>4711</example>
    public required string Id { get; init; }

    /// <summary>Id of the alert.</summary>
    /// <example>3f2b9a54-0c7e-4c1e-9a51-6a52d1b7c001</example>
    public required Guid Alert { get; init; }

    /// <summary>Type of the alert.</summary>
    /// <example>diagnosis.raised</example>
    public required string Type { get; init; }

    /// <summary>What the alert says.</summary>
    /// <example>Gradients are clipped in 97 % of the steps</example>
    public required string Title { get; init; }

    /// <summary>Severity of the alert.</summary>
    /// <example>high</example>
    public required string Severity { get; init; }

    /// <summary>Name of the project.</summary>
    /// <example>digits</example>
    public required string Project { get; init; }

    /// <summary>Id of the run.</summary>
    /// <example>digits-lr10-a1</example>
    public required string Run { get; init; }

    /// <summary>Id of the channel.</summary>
    /// <example>webhook</example>
    public required string Channel { get; init; }

    /// <summary><c>waiting</c>, <c>delivered</c>, <c>dead</c> (given up) or <c>skipped</c> (muted before it left, or a change without a message to change).</summary>
    /// <example>delivered</example>
    public required string State { get; init; }

    /// <summary>When it was written.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it arrived.</summary>
    /// <example>2026-11-22T10:00:01Z</example>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When it is tried next, while it waits.</summary>
    /// <example>2026-11-22T10:00:02Z</example>
    public DateTimeOffset? NextAttemptAt { get; init; }

    /// <summary>What the last failure said.</summary>
    /// <example>HTTP 503</example>
    public string? LastError { get; init; }

    /// <summary>Id of the digest that it went in: what the receiver saw as id.</summary>
    /// <example>null</example>
    public Guid? Digest { get; init; }

    /// <summary>Attempts made.</summary>
    /// <example>1</example>
    public required int Attempts { get; init; }

    /// <summary>The last 20 attempts, the latest last. Members of a digest have none of their own.</summary>
    public required IReadOnlyList<AttemptDto> Log { get; init; }
}

/// <summary>Sends dead letters again.</summary>
/// <param name="Channel" example="#ml-alerts">Only those of this channel; all when absent.</param>
/// <param name="Ids">Only these deliveries; all dead ones when absent.</param>
public sealed record ResendRequest(string? Channel, IReadOnlyList<string>? Ids);

/// <summary>How many are sent again.</summary>
/// <param name="Resent" example="3">Deliveries that wait anew.</param>
public sealed record ResentDto(int Resent);
