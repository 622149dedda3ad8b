using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>A public link, without its secret.</summary>
/// <param name="Id" example="4">Its id.</param>
/// <param name="Project" example="digits">The project it shows, or whose run it shows.</param>
/// <param name="Run" example="lr-10">The run it shows; null for the whole project.</param>
/// <param name="Note" example="for the paper">What it is for.</param>
/// <param name="CreatedBy" example="ana@example.com">Who made it.</param>
/// <param name="CreatedAt" example="2026-11-22T10:00:00Z">When it was made.</param>
/// <param name="ExpiresAt" example="2026-12-22T10:00:00Z">When it ends; null for never.</param>
public sealed record ShareDto(string Id, string Project, string? Run, string? Note, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt);

/// <summary>A new public link.</summary>
/// <param name="Url" example="https://tracker.example.com/share/trl_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA">The link, shown this once.</param>
/// <param name="Share">What is kept of it.</param>
public sealed record NewShareDto(string Url, ShareDto Share);

/// <summary>What a link is for.</summary>
/// <param name="Note" example="for the paper">For oneself, to know it again; at most 200 characters.</param>
/// <param name="ExpiresAt" example="2026-12-22T10:00:00Z">When it ends; null for never.</param>
public sealed record CreateShareRequest(string? Note, DateTimeOffset? ExpiresAt);

/// <summary>Public read-only links over REST, and the page that opens one.</summary>
public static class ShareEndpoints
{
    private const string Columns = """
        select s.share_id, p.name, r.id, s.note, s.created_by, s.created_at, s.expires_at, s.project_key
        from shares s join projects p on p.project_key = s.project_key left join runs r on r.run_key = s.run_key where s.revoked_at is null
        """;

    public static void MapShares(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1").WithTags("Access").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("/shares", List).Needs(Rights.Write, Of.Caller).WithSummary("Public links to what one may write to.");
        group.MapPost("/runs/{id}/shares", ShareRun).Needs(Rights.Write, Of.Run).WithSummary("Makes a public read-only link to a run.");
        group.MapPost("/projects/{name}/shares", ShareProject).Needs(Rights.Admin, Of.Project).WithSummary("Makes a public read-only link to a project with all its runs.");
        group.MapDelete("/shares/{share}", Revoke).Needs(Rights.Write, Of.Caller).WithSummary("Revokes a public link: at once on this node, within 10 s everywhere.");
        app.MapGet("/share/{secret}", Open).OpenToAll().ExcludeFromDescription();
    }

    private static async Task<Ok<Page<ShareDto>>> List(HttpContext http, NpgsqlDataSource database, CancellationToken cancel)
    {
        await using var command = database.CreateCommand($"{Columns} and ($1::bigint[] is null or s.project_key = any ($1)) order by s.share_id desc");
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)http.Caller().Projects(Rights.Write) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        return TypedResults.Ok(new Page<ShareDto>([.. (await ReadAsync(command, cancel)).Select(found => found.Share)], null));
    }

    private static Task<Results<Ok<NewShareDto>, ProblemHttpResult>> ShareRun(string id, CreateShareRequest? request, HttpContext http, Subjects subjects, NpgsqlDataSource database, AccessBook book, CancellationToken cancel) =>
        CreateAsync(Of.Run, id, request, http, subjects, database, book, cancel);

    /// <param name="name">Name of the project; a slash in it is written %2F.</param>
    private static Task<Results<Ok<NewShareDto>, ProblemHttpResult>> ShareProject(string name, CreateShareRequest? request, HttpContext http, Subjects subjects, NpgsqlDataSource database, AccessBook book, CancellationToken cancel) =>
        CreateAsync(Of.Project, name, request, http, subjects, database, book, cancel);

    /// <param name="share">Id of the link.</param>
    private static async Task<Results<NoContent, ProblemHttpResult>> Revoke(string share, HttpContext http, NpgsqlDataSource database, AccessBook book, CancellationToken cancel)
    {
        if (!long.TryParse(share, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) return Problems.UnknownShare();
        await using var command = database.CreateCommand("update shares set revoked_at = $3 where share_id = $1 and revoked_at is null and ($2::bigint[] is null or project_key = any ($2))");
        command.Parameters.AddWithValue(id);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)http.Caller().Projects(Rights.Write) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.AddWithValue(book.Time);
        if (await command.ExecuteNonQueryAsync(cancel) == 0) return Problems.UnknownShare();
        await book.RefreshAsync(cancel);
        http.Audit("link revoked", share);
        return TypedResults.NoContent();
    }

    /// <summary>Opens a link: the secret moves from the address, which people copy and browsers remember, into a cookie.</summary>
    private static async Task<RedirectHttpResult> Open(string secret, HttpContext http, NpgsqlDataSource database, AccessBook book, CancellationToken cancel)
    {
        if (!Secrets.HasShape(secret, Secrets.SharePrefix) || !book.Now.Shares.TryGetValue(SecretHash.Of(secret), out var entry) || !entry.IsGood(book.Time)) return TypedResults.Redirect("/login?link=gone");
        await using var command = database.CreateCommand($"{Columns} and s.share_id = $1");
        command.Parameters.AddWithValue(entry.Id);
        if ((await ReadAsync(command, cancel)).SingleOrDefault().Share is not { } share) return TypedResults.Redirect("/login?link=gone");
        Shares.Add(http, secret);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Redirect(share.Run is { } run ? $"/runs/{Uri.EscapeDataString(run)}" : $"/projects/{Uri.EscapeDataString(share.Project)}");
    }

    private static async Task<Results<Ok<NewShareDto>, ProblemHttpResult>> CreateAsync(Of of, string target, CreateShareRequest? request, HttpContext http, Subjects subjects, NpgsqlDataSource database, AccessBook book, CancellationToken cancel)
    {
        if (request?.Note?.Length > 200) return Problems.Invalid("note", "The note is too long.", "200 characters");
        if (request?.ExpiresAt <= book.Time) return Problems.Invalid("expiresAt", "This moment has passed.");
        var subject = await subjects.FindAsync(of, http, cancel);
        if (subject.Project is not { } project) return subject.Absent();
        var secret = Secrets.New(Secrets.SharePrefix);
        await using (var command = database.CreateCommand("insert into shares (hash, project_key, run_key, note, created_by, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)"))
        {
            command.Parameters.AddWithValue(SecretHash.Of(secret).ToArray());
            command.Parameters.AddWithValue(project);
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)subject.Run ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint });
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)request?.Note ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
            command.Parameters.AddWithValue(http.Caller().Name);
            command.Parameters.AddWithValue(book.Time);
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)request?.ExpiresAt?.ToUniversalTime() ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
            await command.ExecuteNonQueryAsync(cancel);
        }

        await book.RefreshAsync(cancel);
        await using var find = database.CreateCommand($"{Columns} and s.hash = $1");
        find.Parameters.AddWithValue(SecretHash.Of(secret).ToArray());
        var (share, _) = (await ReadAsync(find, cancel)).Single();
        http.Audit("link made", target, new { share.Id, share.Project, share.Run });
        return TypedResults.Ok(new NewShareDto($"{http.Request.Scheme}://{http.Request.Host}/share/{secret}", share));
    }

    private static async Task<List<(ShareDto Share, long Project)>> ReadAsync(NpgsqlCommand command, CancellationToken cancel)
    {
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<(ShareDto, long)>();
        while (await reader.ReadAsync(cancel))
        {
            var share = new ShareDto($"{reader.GetInt64(0)}", reader.GetString(1), reader.IsDBNull(2) ? null : reader.GetString(2), reader.IsDBNull(3) ? null : reader.GetString(3), reader.GetString(4),
                reader.GetFieldValue<DateTimeOffset>(5), reader.IsDBNull(6) ? null : reader.GetFieldValue<DateTimeOffset>(6));
            found.Add((share, reader.GetInt64(7)));
        }

        return found;
    }
}
