using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Tracker.Api.Http;
using Tracker.Api.Runs;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Series;

/// <summary>Reads of series, histograms and events over REST.</summary>
public static class SeriesEndpoints
{
    private const int MaxHistogramColumns = 2_000;

    public static void AddSeries(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ChartReader>();
        builder.Services.AddSingleton<PointExport>();
        builder.Services.AddSingleton<EventRows>();
    }

    public static void MapSeries(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/runs/{id}").WithTags("Series")
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("/series", Catalogue).WithSummary("The series of a run with their counts, steps and summaries.");
        group.MapGet("/data", Data).WithSummary("Columns for charts: reduced so that no spike is lost, smoothed over all points before that.");
        group.MapGet("/points", Points).WithSummary("Every stored point in canonical order, streamed as JSON, NDJSON or CSV.")
            .Produces<string>(StatusCodes.Status200OK, "application/json", "application/x-ndjson", "text/csv");
        group.MapGet("/histograms", Histograms).WithSummary("Histograms of one series on one common grid.");
        group.MapGet("/events", Events).WithSummary("What a run logged besides points, in order.");
    }

    private static async Task<Results<Ok<SeriesCatalogDto>, ProblemHttpResult>> Catalogue(
        string id, RunCatalog runs, IDbContextFactory<TrackerDbContext> contexts, SeriesCatalog catalog, SeriesReader reader, CancellationToken cancel)
    {
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        await using var context = await contexts.CreateDbContextAsync(cancel);
        var roles = new RoleBook(await context.Runs.Where(row => row.RunKey == run.RunKey).Select(row => row.Config).FirstOrDefaultAsync(cancel));
        var names = await catalog.LoadAsync(run.RunKey, cancel);
        var (sequence, summaries) = await reader.SummarizeAsync(run.RunKey, names, cancel);
        var items = summaries.Series.OrderBy(entry => entry.Key).Select(entry => entry.Value).Select(entry => new SeriesDto
        {
            Name = entry.Name,
            Kind = entry.Summary.Kind == SeriesKind.Scalar ? "scalar" : "histogram",
            Count = entry.Summary.Count,
            Late = entry.Summary.Late,
            Repeated = entry.Summary.Repeated,
            NonFinite = entry.Summary.NonFinite,
            FirstStep = entry.Summary.FirstStep,
            LastStep = entry.Summary.LastStep,
            Last = entry.Summary.Last,
            Min = entry.Summary.Min,
            Max = entry.Summary.Max,
            Mean = entry.Summary.Mean,
            Role = roles.Of(entry.Name, entry.Summary.Kind == SeriesKind.Histogram)?.Name,
        });
        return TypedResults.Ok(new SeriesCatalogDto(sequence, [.. items]));
    }

    /// <param name="name">Names of series, 1–200; one that is not there comes back empty.</param>
    /// <param name="points">Pixel columns, 1–10,000, default 1,000; at most four times as many points come back.</param>
    /// <param name="from">Least x shown, in units of the axis.</param>
    /// <param name="to">Greatest x shown.</param>
    /// <param name="x"><c>step</c> (default), <c>time</c> (Unix milliseconds), <c>relative</c> (seconds since the run's first point), or the name of a series.</param>
    /// <param name="smooth"><c>ema:0.6</c>: debiased exponential moving average of that weight, 0–1; <c>none</c> (default).</param>
    private static async Task<Results<Ok<ChartDto>, ProblemHttpResult>> Data(string id, [FromQuery] string[]? name, int? points, double? from, double? to, string? x,
        string? smooth, RunCatalog runs, ChartReader charts, CancellationToken cancel)
    {
        var (query, problem) = ChartQuery.Read(name, points, from, to, x, smooth);
        if (query is null) return problem!;
        return await runs.FindAsync(id, cancel) is { } run ? TypedResults.Ok(await charts.ReadAsync(run, query, cancel)) : Problems.UnknownRun(id);
    }

    /// <param name="name">Names of scalar series, at least one.</param>
    /// <param name="format"><c>json</c> (default), <c>ndjson</c> or <c>csv</c>.</param>
    private static async Task<IResult> Points(string id, [FromQuery] string[]? name, string? format, RunCatalog runs, SeriesCatalog catalog, PointExport export,
        HttpResponse response, CancellationToken cancel)
    {
        if (name is not { Length: > 0 and <= ChartQuery.MaxNames }) return Problems.Invalid("name", "Name at least one series.", $"1–{ChartQuery.MaxNames}");
        if (format is not (null or "json" or "ndjson" or "csv")) return Problems.Invalid("format", $"There is no format \"{format}\".", "json, ndjson, csv");
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        var names = await catalog.LoadAsync(run.RunKey, cancel);
        var entries = new List<SeriesEntry>();
        foreach (var wanted in name.Distinct(StringComparer.Ordinal))
        {
            if (names.Find(wanted) is not { } entry) return TypedResults.Problem($"The run has no series \"{wanted}\".", statusCode: 404, title: "Unknown series", extensions: new Dictionary<string, object?> { ["field"] = "name" });
            if (entry.Kind != SeriesKind.Scalar) return Problems.Invalid("name", $"\"{wanted}\" holds histograms: read them from /histograms.", "scalar series");
            entries.Add(entry);
        }

        await export.WriteAsync(run.RunKey, entries, format ?? "json", response, cancel);
        return Results.Empty;
    }

    /// <param name="name">Name of a histogram series.</param>
    /// <param name="columns">At most so many histograms, 1–2,000, default 200: evenly taken, first and last always among them.</param>
    private static async Task<Results<Ok<HistogramsDto>, ProblemHttpResult>> Histograms(
        string id, string? name, int? columns, RunCatalog runs, SeriesCatalog catalog, SeriesReader reader, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(name)) return Problems.Invalid("name", "Name a histogram series.");
        if (columns is < 1 or > MaxHistogramColumns) return Problems.Invalid("columns", $"columns is {columns}.", $"1–{MaxHistogramColumns}");
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        var entry = (await catalog.LoadAsync(run.RunKey, cancel)).Find(name);
        if (entry is null) return TypedResults.Ok(new HistogramsDto([], [], 0));
        if (entry.Kind != SeriesKind.Histogram) return Problems.Invalid("name", $"\"{name}\" holds scalars: read them from /data.", "histogram series");
        var (_, points) = await reader.ReadHistogramsAsync(run.RunKey, entry.Id, cancel);
        var total = points.Count;
        // The last one of each step, by step; then thinned out evenly.
        var steps = points.GroupBy(point => point.Step).Select(group => group.Last()).OrderBy(point => point.Step).ToList();
        var limit = columns ?? 200;
        if (steps.Count > limit)
        {
            var all = steps;
            steps = limit == 1 ? [all[^1]] : [.. Enumerable.Range(0, limit).Select(i => all[(int)((long)i * (all.Count - 1) / (limit - 1))])];
        }

        var grid = HistogramGrid.Rebin(steps);
        return TypedResults.Ok(new HistogramsDto(grid.Edges, [.. grid.Columns.Select(column => new HistogramColumnDto(column.Step, column.Time, column.Counts))], total));
    }

    /// <param name="kind">Only events of this kind.</param>
    /// <param name="since">Only events of batches above this sequence.</param>
    /// <param name="limit">Rows a page, 1–1,000; default 100.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    private static async Task<Results<Ok<Page<EventDto>>, ProblemHttpResult>> Events(string id, string? kind, long? since, int? limit, string? cursor,
        RunCatalog runs, EventRows events, CancellationToken cancel)
    {
        if (limit is < 1 or > 1_000) return Problems.Invalid("limit", $"limit is {limit}.", "1–1,000");
        var (sequence, number) = (since ?? 0, int.MaxValue);
        if (cursor is not null)
        {
            var parts = cursor.Split('.');
            if (parts.Length != 2 || !long.TryParse(parts[0], CultureInfo.InvariantCulture, out sequence) || !int.TryParse(parts[1], CultureInfo.InvariantCulture, out number))
            {
                return Problems.Invalid("cursor", "This is no cursor of a page of events.");
            }
        }

        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        var size = limit ?? 100;
        var found = await events.ReadAsync(run.RunKey, kind, sequence, number, size + 1, cancel);
        var page = found.Take(size).ToList();
        var items = page.Select(row => new EventDto
        {
            Sequence = row.Sequence,
            Kind = row.Event.Kind,
            Name = row.Event.Name,
            Step = row.Event.Step,
            Time = row.Event.Time,
            Level = row.Event.Level,
            Data = row.Event.Data is { } data ? JsonSerializer.Deserialize<JsonElement>(data) : null,
        });
        return TypedResults.Ok(new Page<EventDto>([.. items], found.Count > size ? EventRows.Cursor(page[^1].Sequence, page[^1].Number) : null));
    }
}
