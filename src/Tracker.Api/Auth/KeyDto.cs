namespace Tracker.Api.Auth;

/// <summary>A key, without its secret.</summary>
public sealed record KeyDto
{
    /// <summary>Id of the key.</summary>
    /// <example>7</example>
    public required string Id { get; init; }

    /// <summary>How the key begins.</summary>
    /// <example>trk_Ab3d</example>
    public required string Prefix { get; init; }

    /// <summary>What it is for.</summary>
    /// <example>training cluster</example>
    public required string Name { get; init; }

    /// <summary>What it may do: <c>ingest read write admin</c>.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The one project it is good for; null for all.</summary>
    /// <example>digits</example>
    public string? Project { get; init; }

    /// <summary>The person whose rights bound it; null for nobody.</summary>
    /// <example>ana@example.com</example>
    public string? Owner { get; init; }

    /// <summary>Who made it.</summary>
    /// <example>ana@example.com</example>
    public required string CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ends; null for never.</summary>
    /// <example>2027-11-22T10:00:00Z</example>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it was revoked.</summary>
    /// <example>2026-12-01T10:00:00Z</example>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>When it was last used, to the minute.</summary>
    /// <example>2026-11-22T11:00:00Z</example>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The address that used it last.</summary>
    /// <example>10.0.0.7</example>
    public string? LastUsedFrom { get; init; }
}

/// <summary>A new key. The secret is shown this once.</summary>
/// <param name="Secret" example="trk_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA">The key itself: it cannot be shown again.</param>
/// <param name="Key">What is kept of it.</param>
public sealed record NewKeyDto(string Secret, KeyDto Key);

/// <summary>What a new key is for.</summary>
/// <param name="Name" example="training cluster">What it is for, 1–200 characters.</param>
/// <param name="Scopes">What it may do: <c>ingest read write admin</c>; <c>write</c> includes <c>read</c>, <c>admin</c> everything.</param>
/// <param name="Project" example="digits">The one project it is good for; null for all.</param>
/// <param name="ExpiresAt" example="2027-11-22T10:00:00Z">When it ends; null for never.</param>
/// <param name="Service" example="false">True: it belongs to nobody and stays when its maker leaves. Only for admins of the server.</param>
public sealed record CreateKeyRequest(string? Name, IReadOnlyList<string>? Scopes, string? Project, DateTimeOffset? ExpiresAt, bool? Service);
