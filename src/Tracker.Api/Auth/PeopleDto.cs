namespace Tracker.Api.Auth;

/// <summary>A person with an account.</summary>
public sealed record PersonDto
{
    /// <summary>Id of the person.</summary>
    /// <example>3</example>
    public required string Id { get; init; }

    /// <summary>Address of mail, with which they sign in.</summary>
    /// <example>ana@example.com</example>
    public required string Email { get; init; }

    /// <summary>Name.</summary>
    /// <example>Ana</example>
    public required string Name { get; init; }

    /// <summary>Role in every project: <c>viewer</c>, <c>member</c>, <c>admin</c>; null for none.</summary>
    /// <example>member</example>
    public string? Role { get; init; }

    /// <summary>Roles in single projects, by the project's name.</summary>
    public required IReadOnlyDictionary<string, string> Projects { get; init; }

    /// <summary>Whether they can sign in with a password.</summary>
    /// <example>true</example>
    public bool HasPassword { get; init; }

    /// <summary>When the account was made.</summary>
    /// <example>2026-11-22T10:00:00Z</example>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was closed.</summary>
    /// <example>2026-12-22T10:00:00Z</example>
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>When a browser of theirs was last seen.</summary>
    /// <example>2026-11-22T11:00:00Z</example>
    public DateTimeOffset? LastSeenAt { get; init; }
}

/// <summary>A new account.</summary>
/// <param name="Email" example="ana@example.com">Address of mail.</param>
/// <param name="Name" example="Ana">Name.</param>
/// <param name="Password" example="correct horse battery">Password, 10–256 characters; null for an account that signs in by the proxy.</param>
/// <param name="Role" example="member">Role in every project; null for none. The first account is <c>admin</c>.</param>
public sealed record CreatePersonRequest(string? Email, string? Name, string? Password, string? Role);

/// <summary>Changes of an account; what is absent stays.</summary>
/// <param name="Name" example="Ana">Name.</param>
/// <param name="Role" example="viewer">Role in every project; empty for none.</param>
/// <param name="Disabled" example="false">True closes the account: its sessions and keys end.</param>
public sealed record ChangePersonRequest(string? Name, string? Role, bool? Disabled);

/// <summary>A role in a project.</summary>
/// <param name="Role" example="member"><c>viewer</c>, <c>member</c> or <c>admin</c>.</param>
public sealed record RoleRequest(string? Role);

/// <summary>Who is invited.</summary>
/// <param name="Email" example="ben@example.com">Address of mail.</param>
/// <param name="Role" example="viewer">Role in every project; null for none. Only admins of the server can give it.</param>
/// <param name="Project" example="digits">A project to join.</param>
/// <param name="ProjectRole" example="member">Role there: <c>viewer</c>, <c>member</c>, <c>admin</c>.</param>
public sealed record InviteRequest(string? Email, string? Role, string? Project, string? ProjectRole);

/// <summary>A link to send to the person.</summary>
/// <param name="Url" example="https://tracker.example.com/invite/tri_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA">The link, shown this once; good for one use.</param>
/// <param name="Invitation">What it is good for.</param>
public sealed record NewInvitationDto(string Url, InvitationDto Invitation);

/// <summary>An invitation, or a link for a new password.</summary>
/// <param name="Id" example="5">Its id.</param>
/// <param name="Email" example="ben@example.com">For whom.</param>
/// <param name="Role" example="viewer">Role in every project.</param>
/// <param name="Project" example="digits">The project.</param>
/// <param name="ProjectRole" example="member">Role there.</param>
/// <param name="IsReset" example="false">True: for a new password of an account that is there.</param>
/// <param name="CreatedBy" example="ana@example.com">Who made it.</param>
/// <param name="ExpiresAt" example="2026-11-29T10:00:00Z">When it ends.</param>
/// <param name="HasAccount" example="false">Whether somebody with this address has an account already.</param>
public sealed record InvitationDto(string Id, string Email, string? Role, string? Project, string? ProjectRole, bool IsReset, string CreatedBy, DateTimeOffset ExpiresAt, bool HasAccount);

/// <summary>The secret of an invitation.</summary>
/// <param name="Token" example="tri_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA">The last part of the link.</param>
public sealed record InvitationToken(string? Token);

/// <summary>Takes an invitation.</summary>
/// <param name="Token" example="tri_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA">The last part of the link.</param>
/// <param name="Name" example="Ben">Name; not needed for a new password.</param>
/// <param name="Password" example="correct horse battery">Password, 10–256 characters. Of an account that is there already: its own.</param>
public sealed record AcceptRequest(string? Token, string? Name, string? Password);
