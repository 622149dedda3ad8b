using Tracker.Api.Http;
using Tracker.Api.Storage;

namespace Tracker.Api.Auth;

public enum CallerKind
{
    /// <summary>Did not say who they are, or said it wrongly.</summary>
    Nobody,

    /// <summary>Somebody on this machine, where no key and no account was ever made.</summary>
    Local,

    Key,
    User,

    /// <summary>Came by a public link only.</summary>
    Share,
}

/// <summary>
/// Who calls, and what they may do: every question is answered by the book as it is now, so that a long-lived stream or connection loses its rights with its key.
/// </summary>
public sealed class Caller
{
    public static readonly Caller Nobody = new();

    private readonly AccessBook? book;
    private readonly long id;
    private readonly IReadOnlyList<SecretHash> shares = [];

    private Caller()
    {
    }

    private Caller(CallerKind kind, AccessBook book, long id, IReadOnlyList<SecretHash> shares) => (Kind, this.book, this.id, this.shares) = (kind, book, id, shares);

    public CallerKind Kind { get; }

    /// <summary>Why who they said they are did not count; null when they said nothing.</summary>
    public string? Fault { get; private init; }

    /// <summary>The session of the browser, or null.</summary>
    public SecretHash? Session { get; init; }

    /// <summary>The browser sends this authority by itself, so that another site's page could use it: cookies, the proxy's sign-on, being on this machine.</summary>
    public bool IsAmbient { get; init; }

    public long? UserKey => Kind == CallerKind.User ? id : Kind == CallerKind.Key ? Key?.UserKey : null;

    public long? KeyId => Kind == CallerKind.Key ? id : null;

    /// <summary>For the audit log and for "by whom".</summary>
    public string Name => Kind switch
    {
        CallerKind.Local => "local",
        CallerKind.User => User?.Email ?? "nobody",
        CallerKind.Key => Key is { } key ? "key " + key.Name + (key.UserKey is { } owner && book!.Now.Users.TryGetValue(owner, out var user) ? " of " + user.Email : "") : "nobody",
        CallerKind.Share => "share",
        _ => "nobody",
    };

    /// <summary>What holds in every project, those to come included.</summary>
    public Rights Everywhere => Kind switch
    {
        CallerKind.Local => Rights.All,
        CallerKind.User => User is { Disabled: false } user ? user.Everywhere : Rights.None,
        CallerKind.Key => Key is { ProjectKey: null } key && key.Fault(book!.Time) is null ? key.Rights & OwnersRights(key, owner => owner.Everywhere) : Rights.None,
        _ => Rights.None,
    };

    private KeyEntry? Key => book!.Now.KeysById.GetValueOrDefault(id);

    private UserEntry? User => book!.Now.Users.GetValueOrDefault(id);

    internal static Caller Failed(string fault) => new() { Fault = fault };

    internal static Caller Local(AccessBook book, bool open) => new(CallerKind.Local, book, open ? 1 : 0, []) { IsAmbient = true };

    internal static Caller OfKey(AccessBook book, KeyEntry key) => new(CallerKind.Key, book, key.Id, []);

    internal static Caller OfUser(AccessBook book, long user, SecretHash? session, IReadOnlyList<SecretHash> shares) => new(CallerKind.User, book, user, shares) { Session = session, IsAmbient = true };

    internal static Caller OfKeySession(AccessBook book, long key, SecretHash session, IReadOnlyList<SecretHash> shares) => new(CallerKind.Key, book, key, shares) { Session = session, IsAmbient = true };

    internal static Caller OfShares(AccessBook book, IReadOnlyList<SecretHash> shares) => new(CallerKind.Share, book, 0, shares) { IsAmbient = true };

    public bool May(Rights right, RunRef run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return May(right, run.ProjectKey, run.RunKey);
    }

    /// <summary>Whether the caller has all of these rights in a project or, where one is given, on a run of it.</summary>
    public bool May(Rights right, long projectKey, long? runKey = null) => (In(projectKey, runKey) & right) == right;

    /// <summary>Whether the project or the run is there for the caller at all.</summary>
    public bool Sees(long projectKey, long? runKey = null) => In(projectKey, runKey) != Rights.None;

    /// <summary>What the caller may do in a project or, where one is given, with a run of it.</summary>
    public Rights In(long projectKey, long? runKey = null)
    {
        if (Kind == CallerKind.Local) return Rights.All;
        if (book is null) return Rights.None;
        var rights = Kind switch
        {
            CallerKind.User => User?.In(projectKey) ?? Rights.None,
            CallerKind.Key => Key is { } key && (key.ProjectKey is null || key.ProjectKey == projectKey) && key.Fault(book.Time) is null
                ? key.Rights & OwnersRights(key, owner => owner.In(projectKey))
                : Rights.None,
            _ => Rights.None,
        };
        foreach (var share in shares)
        {
            if (book.Now.Shares.TryGetValue(share, out var entry) && entry.ProjectKey == projectKey && (entry.RunKey is null || entry.RunKey == runKey) && entry.IsGood(book.Time)) rights |= Rights.Read;
        }

        return rights;
    }

    /// <summary>Projects in which the caller has a right; null for all. For the lists that span projects: <c>and ($1::bigint[] is null or project_key = any ($1))</c>.</summary>
    public long[]? Projects(Rights right)
    {
        if ((Everywhere & right) == right) return null;
        if (book is null) return [];
        IEnumerable<long> candidates = Kind switch
        {
            CallerKind.User => User?.Projects.Keys ?? [],
            CallerKind.Key => Key is not { } key ? [] : key.ProjectKey is { } only ? [only] : Owner(key)?.Projects.Keys ?? [],
            _ => [],
        };
        var shared = shares.Select(share => book.Now.Shares.GetValueOrDefault(share)).OfType<ShareEntry>().Where(share => share.RunKey is null).Select(share => share.ProjectKey);
        return [.. candidates.Concat(shared).Distinct().Where(project => May(right, project))];
    }

    /// <summary>Whether the caller can have the right anywhere. People may always read: what they see may still be nothing.</summary>
    public bool MaySomewhere(Rights right) => Kind switch
    {
        CallerKind.Nobody => false,
        CallerKind.Local => true,
        CallerKind.Share => right == Rights.Read,
        CallerKind.User when right is Rights.Read or Rights.None => User is { Disabled: false },
        _ => Projects(right) is null or { Length: > 0 },
    };

    /// <summary>Whether the key, the person or a share is still good.</summary>
    public bool IsAlive => Kind switch
    {
        CallerKind.Local => id == 1 || book!.Now.IsBlank,
        CallerKind.User => User is { Disabled: false },
        CallerKind.Key => Key is { } key && key.Fault(book!.Time) is null && (key.UserKey is null || Owner(key) is { Disabled: false }),
        CallerKind.Share => shares.Any(share => book!.Now.Shares.TryGetValue(share, out var entry) && entry.IsGood(book.Time)),
        _ => false,
    };

    /// <summary>A key of a person does no more than the person; a key of nobody is not bound.</summary>
    private Rights OwnersRights(KeyEntry key, Func<UserEntry, Rights> of) => key.UserKey is null ? Rights.All : Owner(key) is { Disabled: false } owner ? of(owner) : Rights.None;

    private UserEntry? Owner(KeyEntry key) => key.UserKey is { } owner ? book!.Now.Users.GetValueOrDefault(owner) : null;
}

public static class Callers
{
    /// <summary>Who calls, as the gate found out.</summary>
    public static Caller Caller(this HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.Features.Get<Caller>() ?? Auth.Caller.Nobody;
    }
}
