using Microsoft.AspNetCore.Mvc;
using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Storage;

namespace Tracker.Api.Series;

/// <summary>Charts over REST: of one run, and of several.</summary>
public static class ChartEndpoints
{
    public const int MaxRuns = 100;

    /// <summary>Most curves in one answer.</summary>
    public const int MaxCurves = 1_000;

    public static void MapCharts(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/runs/{id}/data", OfRun).Needs(Rights.Read, Of.Run).WithTags("Series").Produces<ChartDto>().Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Columns for charts: reduced so that no spike is lost, smoothed over all points before that.");
        app.MapGet("/api/v1/data", OfRuns).Needs(Rights.Read, Of.Caller).WithTags("Series").Produces<RunChartsDto>().Produces(StatusCodes.Status304NotModified)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Columns for charts of several runs: the same series of each.");
    }

    /// <param name="name">Names of series, 1–200; one that is not there comes back empty.</param>
    /// <param name="points">Pixel columns, 1–10,000, default 1,000; at most four times as many points come back.</param>
    /// <param name="from">Least x shown, in units of the axis.</param>
    /// <param name="to">Greatest x shown.</param>
    /// <param name="x"><c>step</c> (default), <c>time</c> (Unix milliseconds), <c>relative</c> (seconds since the run's first point), or the name of a series.</param>
    /// <param name="scale"><c>linear</c> (default) or <c>log</c>: pixel columns of equal width in log2 x; what is not above 0 is left out.</param>
    /// <param name="smooth">
    /// <c>none</c> (default), <c>ema:0.6</c> (debiased exponential moving average, weight 0–1), <c>time-ema:0.6</c> (weighted by distance on the axis, 0–1),
    /// <c>gaussian:2</c> (standard deviation in points, 0–10,000), <c>mean:5</c> (mean of so many points around each, 1–100,000).
    /// </param>
    private static async Task<IResult> OfRun(string id, [FromQuery] string[]? name, int? points, double? from, double? to, string? x, string? scale, string? smooth,
        HttpContext context, RunCatalog runs, ChartReader charts, ReadTags tags, CancellationToken cancel)
    {
        var (query, problem) = ChartQuery.Read(new ChartRequest(name, points, from, to, x, scale, smooth));
        if (query is null) return problem!;
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        if (await tags.IsCurrentAsync(context, [run], ofPoints: true, cancel)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var (state, chart) = await charts.ReadAsync(run, query, cancel);
        ReadTags.Set(context, state);
        return TypedResults.Ok(chart);
    }

    /// <param name="run">Ids of runs, 1–100; those that are not there are named in <c>missing</c>.</param>
    /// <param name="name">Names of series, 1–200; one that a run does not have comes back empty. Runs times names are at most 1,000.</param>
    /// <param name="points">Pixel columns, 1–10,000, default 1,000; at most four times as many points come back.</param>
    /// <param name="from">Least x shown, in units of the axis.</param>
    /// <param name="to">Greatest x shown.</param>
    /// <param name="x"><c>step</c> (default), <c>time</c> (Unix milliseconds), <c>relative</c> (seconds since the first point of each run), or the name of a series.</param>
    /// <param name="scale"><c>linear</c> (default) or <c>log</c>.</param>
    /// <param name="smooth">As for one run.</param>
    private static async Task<IResult> OfRuns([FromQuery] string[]? run, [FromQuery] string[]? name, int? points, double? from, double? to, string? x, string? scale, string? smooth,
        HttpContext context, RunCatalog runs, ChartReader charts, ReadTags tags, CancellationToken cancel)
    {
        if (run is not { Length: > 0 and <= MaxRuns }) return Problems.Invalid("run", "Name at least one run.", $"1–{MaxRuns}");
        var (query, problem) = ChartQuery.Read(new ChartRequest(name, points, from, to, x, scale, smooth));
        if (query is null) return problem!;
        if (run.Length * query.Names.Count > MaxCurves) return Problems.Invalid("name", $"{run.Length} runs × {query.Names.Count} names.", $"{MaxCurves} curves");
        if ((long)run.Length * query.Names.Count * query.Shape.Columns > ChartQuery.MaxTotalColumns) return ChartQuery.TooManyColumns(run.Length * query.Names.Count, query.Shape.Columns);
        var (found, missing) = (new List<RunRef>(), new List<string>());
        foreach (var id in run.Distinct(StringComparer.Ordinal))
        {
            if (await runs.FindAsync(id, cancel) is { } known && context.Caller().May(Rights.Read, known)) found.Add(known);
            else missing.Add(id);
        }

        if (missing.Count == 0 && await tags.IsCurrentAsync(context, found, ofPoints: true, cancel)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var (answers, states) = (new List<RunChartDto>(), new List<RunState>());
        foreach (var one in found)
        {
            var (state, chart) = await charts.ReadAsync(one, query, cancel);
            states.Add(state);
            answers.Add(new RunChartDto(one.Id, chart.Sequence, chart.Series));
        }

        if (missing.Count == 0) ReadTags.Set(context, [.. states]);
        return TypedResults.Ok(new RunChartsDto(answers, missing));
    }
}
