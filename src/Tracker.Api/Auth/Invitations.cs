using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Links with which people make their account or choose a new password. The server sends no mail: whoever invites passes the link on.</summary>
public static class Invitations
{
    private const string Columns = """
        select i.invitation_id, i.email, i.role, p.name, i.project_role, i.user_key, i.created_by, i.expires_at, i.project_key, u.user_key
        from invitations i left join projects p on p.project_key = i.project_key left join users u on lower(u.email) = lower(i.email)
        """;

    private sealed record Found(InvitationDto Dto, long? Project, long? ResetUser, long? Account);

    public static void MapInvitations(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/invitations").WithTags("Access").Needs(Rights.Admin, Of.Caller).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("", List).WithSummary("Links that are open: all for admins of the server, else those to projects that one administrates.");
        group.MapPost("", Invite).WithSummary("Makes a link that lets a person join; it is in this answer and nowhere else.").ProducesProblem(StatusCodes.Status403Forbidden);
        group.MapDelete("/{invitation}", Withdraw).WithSummary("Makes a link worthless.");
        group.MapPost("/look", Look).OpenToAll().WithSummary("What a link is good for.");
        group.MapPost("/accept", Accept).OpenToAll().WithSummary("Takes an invitation, or chooses a new password, and signs in.").ProducesProblem(StatusCodes.Status429TooManyRequests);
    }

    /// <param name="person">Id of the person.</param>
    internal static async Task<Results<Ok<NewInvitationDto>, ProblemHttpResult>> Reset(string person, HttpContext http, NpgsqlDataSource database, AccessBook book, IOptions<AccessOptions> options, CancellationToken cancel)
    {
        if (PeopleEndpoints.Find(book, person) is not { } entry) return Problems.UnknownPerson(person);
        http.Audit("new password offered", entry.Email);
        return TypedResults.Ok(await CreateAsync(http, database, options.Value.InvitationLife, entry.Email, null, null, null, entry.Key, cancel));
    }

    private static async Task<Ok<Page<InvitationDto>>> List(HttpContext http, NpgsqlDataSource database, AccessBook book, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"{Columns} where i.used_at is null and i.expires_at > $1 and ($2::bigint[] is null or i.project_key = any ($2)) order by i.expires_at");
        command.Parameters.AddWithValue(book.Time);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)http.Caller().Projects(Rights.Admin) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return TypedResults.Ok(new Page<InvitationDto>([.. (await ReadAsync(command, cancel)).Select(found => found.Dto)], null));
    }

    private static async Task<Results<Ok<NewInvitationDto>, ProblemHttpResult>> Invite(InviteRequest request, HttpContext http, NpgsqlDataSource database, Subjects subjects, IOptions<AccessOptions> options, CancellationToken cancel)
    {
        var caller = http.Caller();
        if ((PeopleEndpoints.CheckEmail(request.Email) ?? PeopleEndpoints.CheckRole("role", request.Role) ?? PeopleEndpoints.CheckRole("projectRole", request.ProjectRole, request.Project is null)) is { } problem) return problem;
        if (!string.IsNullOrEmpty(request.Role) && !caller.Everywhere.HasFlag(Rights.Admin)) return Problems.Forbidden();
        long? project = null;
        if (request.Project is { } name)
        {
            project = await subjects.ProjectAsync(name, cancel);
            if (project is not { } key || !caller.May(Rights.Admin, key)) return Problems.UnknownProject(name);
        }
        else if (!caller.Everywhere.HasFlag(Rights.Admin))
        {
            return Problems.Invalid("project", "Name a project that you administrate.");
        }

        http.Audit("person invited", request.Email, new { request.Role, request.Project, request.ProjectRole });
        return TypedResults.Ok(await CreateAsync(http, database, options.Value.InvitationLife, request.Email!.Trim(), string.IsNullOrEmpty(request.Role) ? null : request.Role, project, project is null ? null : request.ProjectRole, null, cancel));
    }

    /// <param name="invitation">Id of the invitation.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> Withdraw(string invitation, HttpContext http, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (!long.TryParse(invitation, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return Problems.UnknownInvitation();
        await using var command = database.CreateCommand("delete from invitations where invitation_id = $1 and used_at is null and ($2::bigint[] is null or project_key = any ($2)) returning email");
        command.Parameters.AddWithValue(id);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)http.Caller().Projects(Rights.Admin) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        if (await command.ExecuteScalarAsync(cancel) is not string email) return Problems.UnknownInvitation();
        http.Audit("invitation withdrawn", email);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<InvitationDto>, ProblemHttpResult>> Look(InvitationToken request, HttpContext http, NpgsqlDataSource database, RateLimits limits, AccessBook book, CancellationToken cancel)
    {
        if (limits.TakeSignIn(http.Connection.RemoteIpAddress) is { } seconds) return Problems.TooManyCalls(seconds);
        return await FindAsync(database, request.Token, book.Time, cancel) is { } found ? TypedResults.Ok(found.Dto) : Problems.UnknownInvitation();
    }

    private static async Task<Results<Ok<SessionDto>, ProblemHttpResult>> Accept(AcceptRequest request, HttpContext http, NpgsqlDataSource database, PeopleStore people, Sessions sessions, RateLimits limits, AccessBook book,
        SessionReader reader, CancellationToken cancel)
    {
        if (!CrossOrigin.IsAllowed(http.Request, needsProof: false)) return Problems.CrossOrigin();
        var address = http.Connection.RemoteIpAddress;
        if (limits.TakeSignIn(address) is { } seconds) return Problems.TooManyCalls(seconds);
        if (await FindAsync(database, request.Token, book.Time, cancel) is not { } found) return Problems.UnknownInvitation();
        long user;
        if (found is { ResetUser: null, Account: { } account })
        {
            // An account that is there joins with its own password: a link in wrong hands must not become that person.
            var check = await people.CheckAsync(found.Dto.Email, request.Password ?? "", address?.ToString(), cancel);
            if (check.RetryAfter is { } wait) return Problems.TooManyCalls(wait);
            if (check.User != account) return Problems.WrongPassword();
            user = account;
        }
        else if (PeopleEndpoints.CheckPassword(request.Password) is { } weak)
        {
            return weak;
        }
        else if (found.ResetUser is { } reset)
        {
            user = reset;
        }
        else
        {
            user = 0;
        }

        // Good for one use, whoever comes first.
        await using (var use = database.CreateCommand("update invitations set used_at = $2 where invitation_id = $1 and used_at is null"))
        {
            use.Parameters.AddWithValue(long.Parse(found.Dto.Id, CultureInfo.InvariantCulture));
            use.Parameters.AddWithValue(book.Time);
            if (await use.ExecuteNonQueryAsync(cancel) == 0) return Problems.UnknownInvitation();
        }

        if (found.ResetUser is not null)
        {
            await people.SetPasswordAsync(user, request.Password!, cancel);
            await sessions.EndOfUserAsync(user, null, cancel);
        }
        else if (user == 0)
        {
            var name = request.Name is { Length: > 0 and <= 200 } given && !string.IsNullOrWhiteSpace(given) ? given.Trim() : found.Dto.Email;
            if (await people.CreateAsync(found.Dto.Email, name, request.Password, found.Dto.Role, cancel) is not { } made) return Problems.UnknownInvitation();
            user = made;
        }
        else if (found.Dto.Role is { } role && RightNames.OfRole(role) > book.Now.Users[user].Everywhere)
        {
            await people.ChangeAsync(user, null, role, null, cancel);
        }

        if (found is { Project: { } project, Dto.ProjectRole: { } projectRole }) await people.SetRoleAsync(user, project, projectRole, cancel);
        await book.RefreshAsync(cancel);
        await sessions.BeginAsync(http, user, null, cancel);
        http.Features.Set(Caller.OfUser(book, user, null, []));
        http.Audit(found.Dto.IsReset ? "password chosen" : "invitation accepted", found.Dto.Email);
        return TypedResults.Ok(await reader.ReadAsync(http.Caller(), cancel));
    }

    private static async Task<NewInvitationDto> CreateAsync(HttpContext http, NpgsqlDataSource database, TimeSpan life, string email, string? role, long? project, string? projectRole, long? user, CancellationToken cancel)
    {
        var secret = Secrets.New(Secrets.InvitationPrefix);
        var until = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() + life;
        await using (var command = database.CreateCommand("insert into invitations (hash, email, role, project_key, project_role, user_key, created_by, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8)"))
        {
            command.Parameters.AddWithValue(SecretHash.Of(secret).ToArray());
            command.Parameters.AddWithValue(email);
            command.Parameters.Add(Text(role));
            command.Parameters.Add(Number(project));
            command.Parameters.Add(Text(projectRole));
            command.Parameters.Add(Number(user));
            command.Parameters.AddWithValue(http.Caller().Name);
            command.Parameters.AddWithValue(until);
            await command.ExecuteNonQueryAsync(cancel);
        }

        var found = await FindAsync(database, secret, until - life, cancel);
        return new NewInvitationDto($"{http.Request.Scheme}://{http.Request.Host}/invite/{secret}", found!.Dto);
    }

    private static async Task<Found?> FindAsync(NpgsqlDataSource database, string? secret, DateTimeOffset now, CancellationToken cancel)
    {
        if (!Secrets.HasShape(secret, Secrets.InvitationPrefix)) return null;
        await using var command = database.CreateCommand($"{Columns} where i.hash = $1 and i.used_at is null and i.expires_at > $2");
        command.Parameters.AddWithValue(SecretHash.Of(secret).ToArray());
        command.Parameters.AddWithValue(now);
        return (await ReadAsync(command, cancel)).SingleOrDefault();
    }

    private static async Task<List<Found>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<Found>();
        while (await reader.ReadAsync(cancel))
        {
            string? At(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
            long? Key(int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
            var dto = new InvitationDto($"{reader.GetInt64(0)}", reader.GetString(1), At(2), At(3), At(4), Key(5) is not null, reader.GetString(6), reader.GetFieldValue<DateTimeOffset>(7), Key(9) is not null);
            found.Add(new Found(dto, Key(8), Key(5), Key(9)));
        }

        return found;
    }

    private static NpgsqlParameter Text(string? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter Number(long? value) => new() { Value = (object?)value ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint };
}
