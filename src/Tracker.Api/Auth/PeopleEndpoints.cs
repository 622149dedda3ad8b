using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>People and their roles over REST.</summary>
public static class PeopleEndpoints
{
    public static void MapPeople(this IEndpointRouteBuilder app)
    {
        var people = app.MapGroup("/api/v1/people").WithTags("Access").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        people.MapGet("", List).Needs(Rights.Admin, Of.Caller).WithSummary("People with an account: all for admins of the server, else those of the projects that one administrates.");
        people.MapPost("", Create).Needs(Rights.Admin, Of.Server).WithSummary("Makes an account. The first one is an admin, and from then on everybody has to sign in.");
        people.MapPatch("/{person}", Change).Needs(Rights.Admin, Of.Server).WithSummary("Changes an account's name or role, closes or opens it.");
        people.MapPost("/{person}/reset", Invitations.Reset).Needs(Rights.Admin, Of.Server).WithSummary("Makes a link with which a person chooses a new password.");
        var members = app.MapGroup("/api/v1/projects/{name}/people").WithTags("Access").Needs(Rights.Admin, Of.Project).ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        members.MapPut("/{person}", SetRole).WithSummary("Gives a person a role in a project.");
        members.MapDelete("/{person}", RemoveRole).WithSummary("Takes a person's role in a project away.");
    }

    internal static ProblemHttpResult? CheckEmail(string? email) =>
        email is { Length: >= 3 and <= 254 } && email.IndexOf('@', StringComparison.Ordinal) is > 0 and var at && at < email.Length - 1 && !email.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            ? null
            : Problems.Invalid("email", "This is no address of mail.", "3–254 characters with an @");

    internal static ProblemHttpResult? CheckPassword(string? password) =>
        password is { Length: >= 10 and <= 256 } ? null : Problems.Invalid("password", "A password needs at least 10 characters; length is what counts.", "10–256 characters");

    internal static ProblemHttpResult? CheckRole(string field, string? role, bool mayBeEmpty = true) =>
        (mayBeEmpty && string.IsNullOrEmpty(role)) || RightNames.Roles.Contains(role) ? null : Problems.Invalid(field, $"There is no role \"{role}\".", string.Join(", ", RightNames.Roles));

    private static async Task<Ok<Page<PersonDto>>> List(HttpContext http, PeopleStore people, CancellationToken cancel) =>
        TypedResults.Ok(new Page<PersonDto>(await people.ListAsync(http.Caller().Projects(Rights.Admin), cancel), null));

    private static async Task<Results<Created<PersonDto>, ProblemHttpResult>> Create(CreatePersonRequest request, HttpContext http, PeopleStore people, Sessions sessions, AccessBook book, CancellationToken cancel)
    {
        if ((CheckEmail(request.Email) ?? CheckRole("role", request.Role) ?? Problems.OfText("name", request.Name, 200)) is { } problem) return problem;
        var caller = http.Caller();
        var isFirst = book.Now.Users.Count == 0 && caller.Kind == CallerKind.Local;
        if ((request.Password is not null || isFirst) && CheckPassword(request.Password) is { } weak) return weak;
        var email = request.Email!.Trim();
        var name = string.IsNullOrWhiteSpace(request.Name) ? email : request.Name.Trim();
        var role = isFirst ? "admin" : string.IsNullOrEmpty(request.Role) ? null : request.Role;
        if (await people.CreateAsync(email, name, request.Password, role, cancel) is not { } user) return Problems.Invalid("email", "Somebody with this address has an account already.");
        // Whoever makes the first account goes on as that person: without keys they were asked for nothing, from now on they are.
        if (isFirst && http.Request.Headers["Sec-Fetch-Site"].Count > 0) await sessions.BeginAsync(http, user, null, cancel);
        http.Audit("account created", email, new { id = $"{user}", role });
        return TypedResults.Created($"/api/v1/people/{user}", (await people.ListAsync(null, cancel)).Single(person => person.Id == $"{user}"));
    }

    /// <param name="person">Id of the person.</param>
    private static async Task<Results<Ok<PersonDto>, ProblemHttpResult>> Change(string person, ChangePersonRequest request, HttpContext http, PeopleStore people, Sessions sessions, AccessBook book, CancellationToken cancel)
    {
        if (Find(book, person) is not { } entry) return Problems.UnknownPerson(person);
        if ((CheckRole("role", request.Role) ?? Problems.OfText("name", request.Name, 200)) is { } problem) return problem;
        var loses = (request.Role is not null && request.Role != "admin") || request.Disabled is true;
        if (loses && entry.Everywhere.HasFlag(Rights.Admin) && !book.Now.Users.Values.Any(other => other.Key != entry.Key && !other.Disabled && other.Everywhere.HasFlag(Rights.Admin)) && http.Caller().Kind == CallerKind.User)
            return Problems.Invalid("role", "This is the last admin: make another one first.");
        await people.ChangeAsync(entry.Key, string.IsNullOrWhiteSpace(request.Name) ? null : request.Name.Trim(), request.Role, request.Disabled, cancel);
        if (request.Disabled is true) await sessions.EndOfUserAsync(entry.Key, null, cancel);
        http.Audit("account changed", entry.Email, request);
        return TypedResults.Ok((await people.ListAsync(null, cancel)).Single(other => other.Id == person));
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    /// <param name="person">Id of the person, or their address of mail.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> SetRole(string name, string person, RoleRequest request, HttpContext http, Subjects subjects, PeopleStore people, AccessBook book, CancellationToken cancel)
    {
        if (CheckRole("role", request.Role, mayBeEmpty: false) is { } problem) return problem;
        if (Find(book, person) is not { } entry) return Problems.UnknownPerson(person);
        if ((await subjects.FindAsync(Of.Project, http, cancel)).Project is not { } project) return Problems.UnknownProject(name);
        await people.SetRoleAsync(entry.Key, project, request.Role, cancel);
        http.Audit("role given", entry.Email, new { project = name, request.Role });
        return TypedResults.NoContent();
    }

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    /// <param name="person">Id of the person, or their address of mail.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveRole(string name, string person, HttpContext http, Subjects subjects, PeopleStore people, AccessBook book, CancellationToken cancel)
    {
        if (Find(book, person) is not { } entry) return Problems.UnknownPerson(person);
        if ((await subjects.FindAsync(Of.Project, http, cancel)).Project is not { } project) return Problems.UnknownProject(name);
        await people.SetRoleAsync(entry.Key, project, null, cancel);
        http.Audit("role taken", entry.Email, new { project = name });
        return TypedResults.NoContent();
    }

    internal static UserEntry? Find(AccessBook book, string person) =>
        long.TryParse(person, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && book.Now.Users.TryGetValue(id, out var entry) ? entry : book.Now.UsersByEmail.GetValueOrDefault(person);
}
