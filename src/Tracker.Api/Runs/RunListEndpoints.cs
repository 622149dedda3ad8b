using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs.Query;

namespace Tracker.Api.Runs;

/// <summary>The list of runs over REST.</summary>
public static class RunListEndpoints
{
    private const int MaxLimit = 1_000;

    public static void MapRunList(this IEndpointRouteBuilder group) => group.MapGet("/runs", List).Needs(Rights.Read, Of.Caller)
        .WithSummary("Runs by filter, in any order, with the columns asked for; the newest first where no order is given.")
        .Produces<Page<RunDto>>()
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity);

    /// <param name="project">Only runs of this project.</param>
    /// <param name="state">Only runs in this state: <c>running finished failed killed lost</c>.</param>
    /// <param name="deleted"><c>only</c>: the runs in the trash; without it those that are not there.</param>
    /// <param name="filter">Only runs that it is true for, such as <c>metrics.val/loss &lt; 0.3 and tags has "baseline"</c>; docs/api.md has the grammar.</param>
    /// <param name="orderBy">Fields with <c>asc</c> or <c>desc</c>, such as <c>metrics.val/loss.min asc, createdAt desc</c>; missing values come last.</param>
    /// <param name="fields">Columns to give, such as <c>name,state,metrics.val/loss,config.lr</c>; everything when absent.</param>
    /// <param name="limit">Rows a page, 1–1,000; default 100.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    private static async Task<IResult> List(
        HttpContext http, RunList runs, string? project, string? state, string? deleted, string? filter, string? orderBy, string? fields, int? limit, string? cursor, CancellationToken cancel)
    {
        if (limit is < 1 or > MaxLimit) return Problems.Invalid("limit", $"limit is {limit}.", "1–1,000");
        if (deleted is not (null or "only")) return Problems.Invalid("deleted", "deleted is \"only\" or absent.", "only");
        var (condition, problem) = FilterParser.Parse(filter);
        var (keys, orderProblem) = RunOrder.Parse(orderBy);
        var (columns, fieldsProblem) = fields is null ? (null, null) : RunColumns.Parse(fields);
        if ((problem ?? orderProblem ?? fieldsProblem) is { } wrong) return Problems.Syntax(wrong.Field, wrong.Position, wrong.Expected, wrong.Found);
        var order = RunCursor.OrderOf(orderBy);
        var after = cursor is null ? null : RunCursor.Decode(cursor);
        if (cursor is not null && after?.Order != order) return NoCursor();
        try
        {
            var (found, now, next) = await runs.ReadAsync(
                new RunListQuery { Projects = http.Caller().Projects(Rights.Read), Project = project, State = state, Deleted = deleted is not null, Filter = condition, Order = keys, Columns = columns, Limit = limit ?? 100, After = after, OrderName = order }, cancel);
            return columns is null
                ? TypedResults.Ok(new Page<RunDto>(found, next?.Encode()))
                : TypedResults.Ok(new Page<Dictionary<string, object?>>([.. found.Select(run => columns.Pick(run, now))], next?.Encode()));
        }
        catch (Exception error) when (after is not null && error is PostgresException { SqlState: ['2', '2', ..] } or ArgumentOutOfRangeException)
        {
            return NoCursor();
        }
    }

    private static ProblemHttpResult NoCursor() => Problems.Invalid("cursor", "This is no cursor of a page of runs in this order.");
}
