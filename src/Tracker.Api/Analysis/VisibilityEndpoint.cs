using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Tracker.Api.Http;
using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Analysis;

/// <summary>What a run lets the analyzer see, from its config, the names of its series and the events that it logged.</summary>
internal static class VisibilityEndpoint
{
    public static async Task<Results<Ok<Visibility>, ProblemHttpResult>> Get(
        string id, RunCatalog runs, IDbContextFactory<TrackerDbContext> contexts, SeriesCatalog catalog, EventRows events, CancellationToken cancel)
    {
        if (await runs.FindAsync(id, cancel) is not { } run) return Problems.UnknownRun(id);
        await using var context = await contexts.CreateDbContextAsync(cancel);
        var config = await context.Runs.Where(row => row.RunKey == run.RunKey).Select(row => row.Config).FirstOrDefaultAsync(cancel);
        var names = await catalog.LoadAsync(run.RunKey, cancel);
        return TypedResults.Ok(Visibility.Of(config, names.All.Select(entry => (entry.Name, entry.Kind == SeriesKind.Histogram)), await events.KindsAsync(run.RunKey, cancel)));
    }
}
