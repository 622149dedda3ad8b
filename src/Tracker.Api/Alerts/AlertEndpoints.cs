using System.ComponentModel;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>An alert in a list.</summary>
/// <param name="Id" example="3f2b9a54-0c7e-4c1e-9a51-6a52d1b7c001">The same id that receivers see in <c>webhook-id</c>.</param>
/// <param name="Sequence" example="97">Its place in the list: rises with every alert of the server.</param>
/// <param name="Type" example="diagnosis.raised"><c>diagnosis.raised</c>, <c>diagnosis.updated</c> or <c>diagnosis.resolved</c>.</param>
/// <param name="Timestamp" example="2026-11-22T10:00:00Z">When it was written.</param>
/// <param name="Data">What it says.</param>
public sealed record AlertItem(Guid Id, long Sequence, string Type, DateTimeOffset Timestamp, AlertMessage Data);

/// <summary>A page of alerts, oldest first.</summary>
/// <param name="Items">The alerts.</param>
/// <param name="NextCursor" example="97">What to give as <c>since</c> to go on. Always there, so that a script can follow.</param>
public sealed record AlertPage(IReadOnlyList<AlertItem> Items, string NextCursor);

/// <summary><c>GET /api/v1/alerts</c>.</summary>
public static class AlertEndpoints
{
    private const int MostItems = 1000;

    public static void MapAlerts(this IEndpointRouteBuilder routes) =>
        routes.MapGroup("/api/v1/alerts").WithTags("Alerts").MapGet("", ListAsync)
            .WithName("ListAlerts")
            .WithSummary("Alerts in the order in which they became visible, oldest first.")
            .WithDescription("Follow them by giving nextCursor as since: nothing is missed and nothing comes twice, over all projects or within one.");

    private static async Task<Results<Ok<AlertPage>, ProblemHttpResult>> ListAsync(
        AlertLists lists,
        [Description("Return alerts after this sequence: the nextCursor of an earlier answer. Default: 0, from the first.")] string? since,
        [Description("Name of a project. Default: all projects.")] string? project,
        [Description("Most items, 1 to 1,000. Default: 100.")] int? limit,
        CancellationToken cancel)
    {
        long after = 0;
        if (since is not null && (!long.TryParse(since, NumberStyles.None, CultureInfo.InvariantCulture, out after) || after < 0))
            return Invalid("since", "since must be a nextCursor of an earlier answer, a whole number from 0.");
        if (limit is < 1 or > MostItems) return Invalid("limit", $"limit must lie between 1 and {MostItems}.");
        var items = await lists.ReadAsync(after, project, limit ?? 100, cancel);
        var next = items.Count > 0 ? items[^1].Sequence : after;
        return TypedResults.Ok(new AlertPage(items, next.ToString(CultureInfo.InvariantCulture)));
    }

    private static ProblemHttpResult Invalid(string field, string detail) => TypedResults.Problem(
        detail, statusCode: StatusCodes.Status400BadRequest, extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["field"] = field });
}
