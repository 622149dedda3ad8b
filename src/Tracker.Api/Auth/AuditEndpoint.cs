using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;
using Tracker.Api.Http;

namespace Tracker.Api.Auth;

/// <summary>Something that somebody did.</summary>
/// <param name="At" example="2026-11-22T10:00:00Z">When.</param>
/// <param name="Actor" example="ana@example.com">Who.</param>
/// <param name="Address" example="10.0.0.7">From where.</param>
/// <param name="Action" example="DELETE /runs/{id}">What: the route, or words.</param>
/// <param name="Project" example="digits">In which project.</param>
/// <param name="Target" example="lr-10">With what.</param>
/// <param name="Detail">More.</param>
public sealed record AuditDto(DateTimeOffset At, string Actor, string? Address, string Action, string? Project, string? Target, JsonElement? Detail);

/// <summary>The audit log over REST.</summary>
public static class AuditEndpoint
{
    public static void MapAudit(this IEndpointRouteBuilder app) => app.MapGet("/api/v1/audit", List).WithTags("Access").Needs(Rights.Admin, Of.Caller)
        .WithSummary("Who did what, the latest first: everything for admins of the server, else what was done in projects that one administrates.").ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    /// <param name="project">Only what was done in this project.</param>
    /// <param name="limit">Rows a page, 1–1,000; default 100.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    private static async Task<Results<Ok<Page<AuditDto>>, ProblemHttpResult>> List(HttpContext http, string? project, int? limit, string? cursor, NpgsqlDataSource database, CancellationToken cancel)
    {
        if (limit is < 1 or > 1_000) return Problems.Invalid("limit", $"limit is {limit}.", "1–1,000");
        var before = long.MaxValue;
        if (cursor is not null && !long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out before)) return Problems.Invalid("cursor", "This is no cursor of a page of the audit log.");
        await using var command = database.CreateCommand("""
            select a.number, a.at, a.actor, a.address, a.action, p.name, a.target, a.detail::text from audit a left join projects p using (project_key)
            where a.number < $1 and ($2::bigint[] is null or a.project_key = any ($2)) and ($3::text is null or p.name = $3) order by a.number desc limit $4
            """);
        command.Parameters.AddWithValue(before);
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)http.Caller().Projects(Rights.Admin) ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint });
        command.Parameters.Add(new NpgsqlParameter { Value = (object?)project ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.AddWithValue((limit ?? 100) + 1);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var rows = new List<(long Number, AuditDto Row)>();
        while (await reader.ReadAsync(cancel))
        {
            string? At(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
            rows.Add((reader.GetInt64(0), new AuditDto(reader.GetFieldValue<DateTimeOffset>(1), reader.GetString(2), At(3), reader.GetString(4), At(5), At(6), At(7) is { } detail ? JsonElement.Parse(detail) : null)));
        }

        var page = rows.Take(limit ?? 100).ToList();
        return TypedResults.Ok(new Page<AuditDto>([.. page.Select(row => row.Row)], rows.Count > page.Count ? page[^1].Number.ToString(CultureInfo.InvariantCulture) : null));
    }
}
