using System.ComponentModel;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Storage;
using Tracker.Core.Alerts;

namespace Tracker.Api.Alerts;

/// <summary>An alert in a list.</summary>
/// <param name="Id" example="3f2b9a54-0c7e-4c1e-9a51-6a52d1b7c001">The same id that receivers see in <c>webhook-id</c>.</param>
/// <param name="Sequence" example="97">Its place in the list: rises with every alert of the server.</param>
/// <param name="Type" example="diagnosis.raised">What happened: <c>diagnosis.raised</c>, <c>run.lost</c>, <c>rule.raised</c> and so on; see docs/alerts.md.</param>
/// <param name="Timestamp" example="2026-11-22T10:00:00Z">When it was written.</param>
/// <param name="Data">What it says.</param>
public sealed record AlertItem(Guid Id, long Sequence, string Type, DateTimeOffset Timestamp, AlertMessage Data);

/// <summary>A page of alerts.</summary>
/// <param name="Items">The alerts.</param>
/// <param name="NextCursor" example="97">What to give as <c>since</c>, or as <c>before</c>, to go on. Always there, so that a script can follow.</param>
public sealed record AlertPage(IReadOnlyList<AlertItem> Items, string NextCursor);

/// <summary>Alerts over REST: list, stream, picture.</summary>
public static class AlertEndpoints
{
    private const int MostItems = 1000;

    /// <summary>How often a stream looks for what other nodes wrote.</summary>
    private static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>A stream that has nothing to say says so, for proxies that close what is silent.</summary>
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static void MapAlerts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/alerts").WithTags("Alerts").Needs(Rights.Read, Of.Caller);
        group.MapGet("", ListAsync)
            .WithName("ListAlerts")
            .WithSummary("Alerts in the order in which they became visible, oldest first; with before the latest first.")
            .WithDescription("Follow them by giving nextCursor as since: nothing is missed and nothing comes twice, over all projects or within one.");
        group.MapGet("/stream", StreamAsync).WithSummary("Alerts as server-sent events, from since or from now; the id of an event is its sequence, so a client that connects anew goes on where it was (Last-Event-ID).")
            .Produces<string>(StatusCodes.Status200OK, "text/event-stream");
        group.MapGet("/{alert:guid}/chart.png", PictureAsync).WithSummary("The curve that an alert speaks of, with the evidence marked; the key comes with the alert.")
            .Produces<byte[]>(StatusCodes.Status200OK, "image/png").ProducesProblem(StatusCodes.Status404NotFound).OpenToAll();
        routes.MapActions();
        routes.MapChannels();
        routes.MapDeliveries();
        routes.MapRules();
    }

    private static async Task<Results<Ok<AlertPage>, ProblemHttpResult>> ListAsync(
        HttpContext http,
        AlertLists lists,
        [Description("Return alerts after this sequence: the nextCursor of an earlier answer. Default: 0, from the first.")] string? since,
        [Description("Return alerts before this sequence, the latest first: for reading back. \"now\" begins with the latest.")] string? before,
        [Description("Name of a project. Default: all projects.")] string? project,
        [Description("Only alerts of this run.")] string? run,
        [Description("Most items, 1 to 1,000. Default: 100.")] int? limit,
        CancellationToken cancel)
    {
        if (!TryRead(since, 0, out var after)) return Invalid("since", "since must be a nextCursor of an earlier answer, a whole number from 0.");
        var end = long.MaxValue;
        if (before is not (null or "now") && !TryRead(before, 0, out end)) return Invalid("before", "before must be a nextCursor of an earlier answer, or \"now\".");
        if (limit is < 1 or > MostItems) return Invalid("limit", $"limit must lie between 1 and {MostItems}.");
        var items = before is null ? await lists.ReadAsync(after, project, http.Caller().Projects(Rights.Read), limit ?? 100, cancel, run) : await lists.ReadBackAsync(end, project, http.Caller().Projects(Rights.Read), run, limit ?? 100, cancel);
        var next = items.Count > 0 ? items[^1].Sequence : before is null ? after : end;
        return TypedResults.Ok(new AlertPage(items, next.ToString(CultureInfo.InvariantCulture)));
    }

    private static async Task<Results<ServerSentEventsResult<AlertItem>, ProblemHttpResult>> StreamAsync(
        HttpContext context, AlertLists lists, AlertSignal signal, TimeProvider time,
        [Description("Begin after this sequence: the nextCursor of an answer. Default: now.")] string? since,
        [Description("Name of a project. Default: all projects.")] string? project,
        CancellationToken cancel)
    {
        var from = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : since;
        if (!TryRead(from, -1, out var after)) return Invalid("since", "since must be a nextCursor of an earlier answer, a whole number from 0.");
        if (after < 0) after = await lists.LastAsync(cancel);
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(Follow(lists, signal, time, after, project, context.Caller(), cancel));
    }

    private static async IAsyncEnumerable<SseItem<AlertItem>> Follow(
        AlertLists lists, AlertSignal signal, TimeProvider time, long after, string? project, Caller caller, [EnumeratorCancellation] CancellationToken cancel)
    {
        var spoke = time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            var next = signal.Next;
            var items = await lists.ReadAsync(after, project, caller.Projects(Rights.Read), MostItems, cancel);
            foreach (var item in items)
            {
                after = item.Sequence;
                yield return new SseItem<AlertItem>(item, "alert") { EventId = item.Sequence.ToString(CultureInfo.InvariantCulture) };
            }

            if (items.Count > 0) spoke = time.GetTimestamp();
            else if (time.GetElapsedTime(spoke) > KeepAlive)
            {
                spoke = time.GetTimestamp();
                yield return new SseItem<AlertItem>(null!, "idle");
            }

            if (items.Count < MostItems) await Task.WhenAny(next, Task.Delay(Sweep, time, cancel));
        }
    }

    private static async Task<Results<FileContentHttpResult, ProblemHttpResult>> PictureAsync(
        [Description("Id of the alert.")] Guid alert, [Description("The key that came in the alert's imageUrl.")] string? key, HttpContext context, ActionTokens tokens, AlertLists lists, AlertPictures pictures, CancellationToken cancel)
    {
        if (key is null || tokens.Read(key) is not ("picture", var allowed) || allowed != alert) return Problems.Unknown("picture", alert.ToString());
        if (await lists.FindAsync(alert, cancel) is not { } found || await pictures.RenderAsync(found, cancel) is not { } picture) return Problems.Unknown("picture", alert.ToString());
        context.Response.Headers.CacheControl = "private, max-age=60";
        return TypedResults.File(picture, "image/png");
    }

    private static bool TryRead(string? text, long absent, out long number)
    {
        number = absent;
        return text is null || (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number >= 0);
    }

    private static ProblemHttpResult Invalid(string field, string detail) => TypedResults.Problem(
        detail, statusCode: StatusCodes.Status400BadRequest, extensions: new Dictionary<string, object?>(StringComparer.Ordinal) { ["field"] = field });
}
