using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Keys over REST. Nobody can make a key that does more than they may do themselves.</summary>
public static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/keys").WithTags("Access").Needs(Rights.Read, Of.Caller);
        group.MapGet("", List).WithSummary("Keys: one's own, those of projects that one administrates, or all for admins of the server.");
        group.MapPost("", Create).WithSummary("Makes a key; its secret is in this answer and nowhere else.").ProducesProblem(StatusCodes.Status422UnprocessableEntity).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status404NotFound);
        group.MapDelete("/{key}", Revoke).WithSummary("Revokes a key: at once on this node, within 10 s everywhere.").ProducesProblem(StatusCodes.Status404NotFound);
    }

    private static async Task<Ok<Page<KeyDto>>> List(HttpContext http, KeyStore keys, CancellationToken cancel)
    {
        var caller = http.Caller();
        var all = caller.Everywhere.HasFlag(Rights.Admin);
        return TypedResults.Ok(new Page<KeyDto>(await keys.ListAsync(all ? null : caller.UserKey ?? -1, all ? null : caller.Projects(Rights.Admin), cancel), null));
    }

    private static async Task<Results<Created<NewKeyDto>, ProblemHttpResult>> Create(CreateKeyRequest request, HttpContext http, KeyStore keys, Subjects subjects, AccessBook book, CancellationToken cancel)
    {
        var caller = http.Caller();
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > 200) return Problems.Invalid("name", "A key needs a name that says what it is for.", "1–200 characters");
        if (request.Scopes is not { Count: > 0 } scopes || scopes.Except(RightNames.Scopes).Any()) return Problems.Invalid("scopes", "A key needs at least one scope.", string.Join(", ", RightNames.Scopes));
        if (request.ExpiresAt <= book.Time) return Problems.Invalid("expiresAt", "This moment has passed.");
        long? project = null;
        if (request.Project is { Length: > 0 } name)
        {
            if (Problems.OfText("project", name, 128) is { } problem) return problem;
            project = await subjects.ProjectAsync(name, cancel);
            if (project is { } known && caller.In(known) == Rights.None) project = null;
            if (project is null)
            {
                if (!caller.Everywhere.HasFlag(Rights.Admin)) return Problems.UnknownProject(name);
                project = await keys.EnsureProjectAsync(name, cancel);
            }
        }

        var rights = RightNames.OfScopes(scopes);
        // A person's own key is bound by the person's rights as they change; a key of a key cannot outdo it.
        var isOwn = caller.Kind == CallerKind.User && request.Service is not true;
        var allowed = isOwn || (project is { } of ? caller.May(rights | Rights.Admin, of) : (caller.Everywhere & (rights | Rights.Admin)) == (rights | Rights.Admin));
        if (!allowed || (request.Service is true && !caller.Everywhere.HasFlag(Rights.Admin))) return Problems.Forbidden();
        var (id, secret) = await keys.CreateAsync(request.Name.Trim(), [.. scopes.Distinct()], project, isOwn ? caller.UserKey : caller.Kind == CallerKind.Key ? caller.UserKey : null, caller.Name, request.ExpiresAt, cancel);
        http.Audit("key created", request.Name, new { id = $"{id}", scopes, request.Project, request.ExpiresAt });
        return TypedResults.Created($"/api/v1/keys/{id}", new NewKeyDto(secret, (await keys.FindAsync(id, cancel))!));
    }

    /// <param name="key">Id of the key.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> Revoke(string key, HttpContext http, KeyStore keys, AccessBook book, CancellationToken cancel)
    {
        var caller = http.Caller();
        if (!long.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id) || !book.Now.KeysById.TryGetValue(id, out var entry) || !MayRevoke(caller, entry) || !await keys.RevokeAsync(id, cancel))
            return Problems.UnknownKey(key);
        http.Audit("key revoked", entry.Name, new { id = key });
        return TypedResults.NoContent();
    }

    private static bool MayRevoke(Caller caller, KeyEntry key) =>
        caller.Everywhere.HasFlag(Rights.Admin) || caller.KeyId == key.Id || (caller.UserKey is { } user && key.UserKey == user && caller.Kind == CallerKind.User)
        || (key.ProjectKey is { } project && caller.May(Rights.Admin, project));
}
