using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Runs;

namespace Tracker.Api.Alerts;

/// <summary>Deliveries over REST.</summary>
internal static class DeliveryEndpoints
{
    public static void MapDeliveries(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/deliveries").WithTags("Alerts").Needs(Rights.Admin, Of.Server).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("", List).WithSummary("Deliveries of alerts to channels with their attempts, the latest first; with state=dead the dead letters.");
        group.MapPost("/resend", Resend).WithSummary("Sends dead letters again, under the ids they had.");
    }

    /// <param name="alert">Only deliveries of this alert.</param>
    /// <param name="channel">Only deliveries to this channel.</param>
    /// <param name="state"><c>waiting</c>, <c>delivered</c>, <c>dead</c> or <c>skipped</c>; all when absent.</param>
    /// <param name="project">Only alerts of this project.</param>
    /// <param name="limit">Rows a page, 1–500; default 100.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    private static async Task<Results<Ok<Page<DeliveryDto>>, ProblemHttpResult>> List(
        Guid? alert, string? channel, string? state, string? project, int? limit, string? cursor, DeliveryLog deliveries, CancellationToken cancel)
    {
        if (state is not (null or "waiting" or "delivered" or "dead" or "skipped")) return Problems.Invalid("state", $"There is no state \"{state}\".", "waiting, delivered, dead, skipped");
        if (limit is < 1 or > 500) return Problems.Invalid("limit", $"limit is {limit}.", "1–500");
        var before = long.MaxValue;
        if (cursor is not null && !long.TryParse(cursor, CultureInfo.InvariantCulture, out before)) return Problems.Invalid("cursor", "This is no cursor of a page of deliveries.");
        var most = limit ?? 100;
        var rows = await deliveries.ListAsync(alert, channel, state, project, before, most + 1, cancel);
        return TypedResults.Ok(new Page<DeliveryDto>([.. rows.Take(most)], rows.Count > most ? rows[most - 1].Id : null));
    }

    private static async Task<Results<Ok<ResentDto>, ProblemHttpResult>> Resend(ResendRequest? request, DeliveryLog deliveries, AlertSignal signal, CancellationToken cancel)
    {
        var ids = new List<long>();
        foreach (var text in request?.Ids ?? [])
        {
            if (!long.TryParse(text, CultureInfo.InvariantCulture, out var id)) return Problems.Invalid("ids", $"\"{text}\" is no id of a delivery.");
            ids.Add(id);
        }

        var resent = await deliveries.ResendAsync(request?.Channel, request?.Ids is null ? null : ids, cancel);
        signal.Raise();
        return TypedResults.Ok(new ResentDto(resent));
    }
}
