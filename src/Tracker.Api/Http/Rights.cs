namespace Tracker.Api.Http;

/// <summary>What may be done in a project. Keys carry them as scopes, people by their role.</summary>
[Flags]
public enum Rights
{
    None = 0,

    /// <summary>Sees runs and everything that belongs to them.</summary>
    Read = 1,

    /// <summary>Creates runs and logs to them.</summary>
    Ingest = 2,

    /// <summary>Changes and deletes runs, stops them, judges diagnoses.</summary>
    Write = 4,

    /// <summary>Says who may do what, how long runs are kept and where alerts go; deletes the project.</summary>
    Admin = 8,

    All = Read | Ingest | Write | Admin,
}

/// <summary>The names of rights: scopes of keys and roles of people.</summary>
public static class RightNames
{
    public static readonly IReadOnlyList<string> Scopes = ["ingest", "read", "write", "admin"];

    public static readonly IReadOnlyList<string> Roles = ["viewer", "member", "admin"];

    /// <summary>Who writes sees what is written; <c>admin</c> is everything.</summary>
    public static Rights OfScopes(IEnumerable<string> scopes)
    {
        ArgumentNullException.ThrowIfNull(scopes);
        return scopes.Aggregate(Rights.None, (rights, scope) => rights | scope switch
        {
            "ingest" => Rights.Ingest,
            "read" => Rights.Read,
            "write" => Rights.Write | Rights.Read,
            "admin" => Rights.All,
            _ => Rights.None,
        });
    }

    public static Rights OfRole(string? role) => role switch
    {
        "viewer" => Rights.Read,
        "member" => Rights.Read | Rights.Ingest | Rights.Write,
        "admin" => Rights.All,
        _ => Rights.None,
    };

    /// <summary>The role that has just these rights, for people; null for none.</summary>
    public static string? RoleOf(Rights rights) =>
        rights.HasFlag(Rights.Admin) ? "admin" : rights.HasFlag(Rights.Write) ? "member" : rights.HasFlag(Rights.Read) ? "viewer" : null;
}
