using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Who the caller is and what they may do.</summary>
/// <param name="Kind" example="user"><c>nobody</c>, <c>local</c> (no login is needed here), <c>key</c>, <c>user</c> or <c>share</c>.</param>
/// <param name="Name" example="Ana">Name, for people.</param>
/// <param name="Email" example="ana@example.com">Address of mail; null for what is no person.</param>
/// <param name="Role" example="member">Role in every project: <c>viewer</c>, <c>member</c>, <c>admin</c>; null for none.</param>
/// <param name="Projects">Roles in single projects, by the project's name.</param>
/// <param name="CanSignOut" example="true">Whether there is a session to end.</param>
/// <param name="Why" example="This key expired at 2026-11-22 10:00 UTC.">Why the caller is nobody.</param>
public sealed record SessionDto(string Kind, string? Name, string? Email, string? Role, IReadOnlyDictionary<string, string> Projects, bool CanSignOut, string? Why);

/// <summary>Signs in: with address and password, or with a key.</summary>
/// <param name="Email" example="ana@example.com">Address of mail.</param>
/// <param name="Password" example="correct horse battery">Password.</param>
/// <param name="Key" example="trk_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA">A key, instead of the two.</param>
public sealed record SignInRequest(string? Email, string? Password, string? Key);

/// <summary>A new password.</summary>
/// <param name="Current" example="correct horse battery">The password as it is.</param>
/// <param name="Next" example="staple correct horse">The new one, 10–256 characters.</param>
public sealed record ChangePasswordRequest(string? Current, string? Next);

/// <summary>Describes a caller to itself.</summary>
public sealed class SessionReader(AccessBook book, NpgsqlDataSource database)
{
    public async Task<SessionDto> ReadAsync(Caller caller, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(caller);
        var user = caller.Kind == CallerKind.User ? book.Now.Users.GetValueOrDefault(caller.UserKey ?? 0) : null;
        var projects = new Dictionary<string, string>(StringComparer.Ordinal);
        if (caller.Projects(Rights.Read) is { Length: > 0 } keys)
        {
            await using var command = database.CreateCommand("select name, project_key from projects where project_key = any ($1) and deleted_at is null order by name");
            command.Parameters.AddWithValue(keys);
            await using var reader = await command.ExecuteReaderAsync(cancel);
            while (await reader.ReadAsync(cancel)) projects[reader.GetString(0)] = RightNames.RoleOf(caller.In(reader.GetInt64(1))) ?? "viewer";
        }

        var kind = caller.Kind switch { CallerKind.Local => "local", CallerKind.Key => "key", CallerKind.User => "user", CallerKind.Share => "share", _ => "nobody" };
        return new SessionDto(kind, user?.Name ?? (caller.Kind == CallerKind.Nobody ? null : caller.Name), user?.Email, RightNames.RoleOf(caller.Everywhere), projects, caller.Session is not null, caller.Fault);
    }
}

/// <summary>Signing in and out over REST.</summary>
public static class SessionEndpoints
{
    public static void MapSession(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/session").WithTags("Access").OpenToAll();
        group.MapGet("", Get).WithSummary("Who the caller is and what they may do.");
        group.MapPost("", SignIn).WithSummary("Signs a browser in: sets a cookie.").ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status429TooManyRequests);
        group.MapDelete("", SignOut).WithSummary("Signs a browser out.");
        group.MapPost("/password", ChangePassword).Needs(Rights.None, Of.Caller).WithSummary("Changes one's own password and signs out all other browsers.").ProducesProblem(StatusCodes.Status401Unauthorized).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<Ok<SessionDto>> Get(HttpContext http, SessionReader reader, CancellationToken cancel) => TypedResults.Ok(await reader.ReadAsync(http.Caller(), cancel));

    private static async Task<Results<Ok<SessionDto>, ProblemHttpResult>> SignIn(SignInRequest request, HttpContext http, Identification identification, PeopleStore people, Sessions sessions, RateLimits limits, AccessBook book,
        SessionReader reader, CancellationToken cancel)
    {
        // The cookie of another person must not come from another site's form.
        if (!CrossOrigin.IsAllowed(http.Request, needsProof: false)) return Problems.CrossOrigin();
        var address = http.Connection.RemoteIpAddress;
        if (limits.TakeSignIn(address) is { } seconds)
        {
            http.Response.Headers.RetryAfter = $"{seconds}";
            return Problems.TooManyCalls(seconds);
        }

        Caller caller;
        if (request.Key is { Length: > 0 } key)
        {
            if (identification.Find(key.Trim()) is not { } entry)
            {
                http.Audit("sign-in failed", "key");
                return Problems.Unauthorized("This key is not known, or no longer good.");
            }

            caller = Caller.OfKeySession(book, entry.Id, await sessions.BeginAsync(http, null, entry.Id, cancel), []);
        }
        else
        {
            var email = request.Email?.Trim() ?? "";
            var result = email.Length is > 0 and <= 254 && request.Password is { Length: <= 256 } ? await people.CheckAsync(email, request.Password, address?.ToString(), cancel) : default;
            if (result.RetryAfter is { } wait)
            {
                http.Response.Headers.RetryAfter = $"{wait}";
                return Problems.TooManyCalls(wait);
            }

            if (result.User is not { } user)
            {
                http.Audit("sign-in failed", email.Length <= 254 ? email : "");
                return Problems.WrongPassword();
            }

            caller = Caller.OfUser(book, user, await sessions.BeginAsync(http, user, null, cancel), []);
        }

        http.Features.Set(caller);
        http.Audit("signed in", caller.Name);
        return TypedResults.Ok(await reader.ReadAsync(caller, cancel));
    }

    private static async Task<NoContent> SignOut(HttpContext http, Sessions sessions, CancellationToken cancel)
    {
        if (http.Caller().Session is { } session) await sessions.EndAsync(http, session, cancel);
        http.Response.Cookies.Delete(Shares.Cookie, Sessions.CookieOf(http, null));
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ChangePassword(ChangePasswordRequest request, HttpContext http, PeopleStore people, Sessions sessions, AccessBook book, RateLimits limits, CancellationToken cancel)
    {
        var caller = http.Caller();
        if (caller.Kind != CallerKind.User || !book.Now.Users.TryGetValue(caller.UserKey ?? 0, out var user)) return Problems.Forbidden();
        if (limits.TakeSignIn(http.Connection.RemoteIpAddress) is { } seconds) return Problems.TooManyCalls(seconds);
        if (PeopleEndpoints.CheckPassword(request.Next) is { } weak) return weak;
        var result = await people.CheckAsync(user.Email, request.Current ?? "", http.Connection.RemoteIpAddress?.ToString(), cancel);
        if (result.RetryAfter is { } wait) return Problems.TooManyCalls(wait);
        if (result.User != user.Key) return Problems.WrongPassword();
        await people.SetPasswordAsync(user.Key, request.Next!, cancel);
        await sessions.EndOfUserAsync(user.Key, caller.Session, cancel);
        http.Audit("password changed", user.Email);
        return TypedResults.NoContent();
    }
}
