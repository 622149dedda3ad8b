using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Tracker.Api.Auth;
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
    private const int DefaultHistogramColumns = 200;

    public static void AddSeries(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ChartReader>();
        builder.Services.AddSingleton<PointExport>();
        builder.Services.AddSingleton<HistogramReader>();
        builder.Services.AddSingleton<ReadTags>();
        builder.Services.AddSingleton<EventRows>();
    }

    public static void MapSeries(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/runs/{id}").WithTags("Series").Needs(Rights.Read, Of.Run)
            .ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status422UnprocessableEntity);
        group.MapGet("/series", Catalogue).Produces<SeriesCatalogDto>().Produces(StatusCodes.Status304NotModified).WithSummary("The series of a run with their counts, steps and summaries.");
        app.MapCharts();
        group.MapGet("/points", Points).WithSummary("Every stored point in canonical order, streamed as JSON, NDJSON or CSV.")
            .Produces<string>(StatusCodes.Status200OK, "application/json", "application/x-ndjson", "text/csv");
        group.MapGet("/histograms", Histograms).Produces<HistogramsDto>().Produces(StatusCodes.Status304NotModified).WithSummary("Histograms of one series on one common grid.");
        group.MapGet("/events", Events).WithSummary("What a run logged besides points, in order.");
    }

    /// <param name="limit">Rows a page, 1–100,000; without it all series come at once.</param>
    /// <param name="cursor">The <c>nextCursor</c> of the page before.</param>
    private static async Task<IResult> Catalogue(string id, int? limit, string? cursor, HttpContext context, RunCatalog runs, IDbContextFactory<TrackerDbContext> contexts, SeriesCatalog catalog,
        SeriesReader reader, ReadTags tags, CancellationToken cancel)
    {
        if (limit is < 1 or > SeriesLimits.MaxSeriesPerRun) return Problems.Invalid("limit", $"limit is {limit}.", $"1–{SeriesLimits.MaxSeriesPerRun}");
        var after = -1;
        if (cursor is not null && !int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out after)) return Problems.Invalid("cursor", "This is no cursor of a page of series.");
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        if (await tags.IsCurrentAsync(context, [run], ofPoints: false, cancel)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        await using var model = await contexts.CreateDbContextAsync(cancel);
        var roles = new RoleBook(await model.Runs.Where(row => row.RunKey == run.RunKey).Select(row => row.Config).FirstOrDefaultAsync(cancel));
        var names = await catalog.LoadAsync(run.RunKey, cancel);
        var (sequence, summaries) = await reader.SummarizeAsync(run.RunKey, names, cancel);
        var rest = summaries.Series.Where(entry => entry.Key > after).OrderBy(entry => entry.Key).ToList();
        var page = rest.Take(limit ?? int.MaxValue).ToList();
        var items = page.Select(entry => entry.Value).Select(entry => new SeriesDto
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
        ReadTags.Set(context, new RunState(run.RunKey, sequence));
        return TypedResults.Ok(new SeriesCatalogDto(sequence, [.. items], page.Count < rest.Count ? page[^1].Key.ToString(CultureInfo.InvariantCulture) : null));
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
    private static async Task<IResult> Histograms(string id, string? name, int? columns, HttpContext context, RunCatalog runs, SeriesCatalog catalog, HistogramReader histograms,
        ReadTags tags, CancellationToken cancel)
    {
        if (string.IsNullOrEmpty(name)) return Problems.Invalid("name", "Name a histogram series.");
        if (columns is < 1 or > MaxHistogramColumns) return Problems.Invalid("columns", $"columns is {columns}.", $"1–{MaxHistogramColumns}");
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        if (await tags.IsCurrentAsync(context, [run], ofPoints: true, cancel)) return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var entry = (await catalog.LoadAsync(run.RunKey, cancel)).Find(name);
        if (entry is null) return TypedResults.Ok(new HistogramsDto([], [], 0));
        if (entry.Kind != SeriesKind.Histogram) return Problems.Invalid("name", $"\"{name}\" holds scalars: read them from /data.", "histogram series");
        var (state, answer) = await histograms.ReadAsync(run, entry.Id, columns ?? DefaultHistogramColumns, cancel);
        ReadTags.Set(context, state);
        return TypedResults.Ok(answer);
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
