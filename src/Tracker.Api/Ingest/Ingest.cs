using Tracker.Api.Auth;
using Tracker.Api.Http;
using Tracker.Api.Storage;
using Tracker.Api.Telemetry;
using Tracker.Core.Series;

namespace Tracker.Api.Ingest;

/// <summary>A point that could not be kept, and why; the rest of its batch was.</summary>
/// <param name="Series">Name of the series.</param>
/// <param name="Step">The step as it was sent.</param>
/// <param name="Reason">Why, in words.</param>
public sealed record Rejection(string Series, double Step, string Reason);

/// <summary>What every protocol hands over.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Writer">The writer's id; null together with <paramref name="Batch"/> for a batch without a number.</param>
/// <param name="Batch">The batch's number, from 1.</param>
/// <param name="FirstHash">Hash of the content of batch 1; null for the others.</param>
/// <param name="Content">Points and events.</param>
public sealed record IngestRequest(string RunId, string? Writer, long? Batch, byte[]? FirstHash, LogBatch Content);

/// <param name="Append">What the journal said.</param>
/// <param name="Accepted">Points kept.</param>
/// <param name="Rejected">Points left out.</param>
public sealed record IngestAnswer(AppendResult Append, int Accepted, IReadOnlyList<Rejection> Rejected)
{
    /// <summary>The project's quota in bytes, when nothing was stored because it is reached; the outcome is then <see cref="AppendOutcome.Busy"/>.</summary>
    public long? ReachedQuota { get; init; }
}

/// <summary>The one way in: REST, gRPC and whatever comes later decode, call this, and encode the answer.</summary>
public sealed class Ingest(RunCatalog runs, SeriesCatalog series, JournalWriter journal, ProjectSizes sizes)
{
    /// <summary>Appends a batch to a run's journal; the answer comes after the commit. A run that the caller may not log to is unknown to them, whatever the protocol.</summary>
    public async Task<IngestAnswer> AppendAsync(IngestRequest request, Caller caller, CancellationToken cancel)
    {
        var run = await runs.FindAsync(request.RunId, cancel);
        if (run is null)
        {
            var gone = caller.Everywhere.HasFlag(Rights.Ingest) && await runs.WasDeletedAsync(request.RunId, cancel);
            return new IngestAnswer(new AppendResult(gone ? AppendOutcome.DeletedRun : AppendOutcome.UnknownRun, 0, 0, null, null), 0, []);
        }

        if (!caller.May(Rights.Ingest, run)) return new IngestAnswer(new AppendResult(AppendOutcome.UnknownRun, 0, 0, null, null), 0, []);
        if (sizes.ReachedQuota(run.ProjectKey) is { } quota) return new IngestAnswer(new AppendResult(AppendOutcome.Busy, 0, 0, null, null), 0, []) { ReachedQuota = quota };
        var rejected = await NumberSeriesAsync(run.RunKey, request.Content, cancel);
        var points = request.Content.PointCount;
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        var result = await journal.AppendAsync(run.RunKey, request.Writer, request.Batch, request.FirstHash, request.Content);
        Measures.Appended(result.Outcome, points, began);
        if (result.Outcome is AppendOutcome.DeletedRun or AppendOutcome.UnknownRun) runs.Forget(run);
        return new IngestAnswer(result, result.Outcome is AppendOutcome.Stored or AppendOutcome.Seen ? points : 0, rejected);
    }

    /// <summary>Gives every column its series' number; takes out what conflicts in kind or is one series too many.</summary>
    private async ValueTask<IReadOnlyList<Rejection>> NumberSeriesAsync(long runKey, LogBatch batch, CancellationToken cancel)
    {
        if (batch.PointCount == 0 || IsNumbered(series.KnownOf(runKey), batch)) return [];
        var rejected = new List<Rejection>();
        var names = new List<(string Name, SeriesKind Kind)>(batch.Scalars.Count + batch.Histograms.Count);
        foreach (var column in batch.Scalars) names.Add((column.Name, SeriesKind.Scalar));
        if (batch.Histograms.Count > 0)
        {
            var scalars = names.Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var name in batch.Histograms.Select(h => h.Name).Distinct(StringComparer.Ordinal))
            {
                if (scalars.Add(name)) names.Add((name, SeriesKind.Histogram));
            }
        }

        var catalog = await series.RegisterAsync(runKey, names, cancel);
        batch.Scalars.RemoveAll(column =>
        {
            var entry = catalog.Find(column.Name);
            if (entry is { Kind: SeriesKind.Scalar })
            {
                column.SeriesId = entry.Id;
                return false;
            }

            foreach (var step in column.Steps) rejected.Add(new Rejection(column.Name, step, Reason(entry)));
            return true;
        });
        batch.Histograms.RemoveAll(histogram =>
        {
            var entry = catalog.Find(histogram.Name);
            if (entry is { Kind: SeriesKind.Histogram })
            {
                histogram.SeriesId = entry.Id;
                return false;
            }

            rejected.Add(new Rejection(histogram.Name, histogram.Step, Reason(entry)));
            return true;
        });
        // Whoever reads the batch, from memory, from the journal or put together from chunks, finds its series in one order.
        batch.OrderByNumber();
        return rejected;
    }

    /// <summary>The usual case: all series are known and of the kind that the batch sends.</summary>
    private static bool IsNumbered(RunSeries known, LogBatch batch)
    {
        var (guess, rises) = (0, true);
        foreach (var column in batch.Scalars)
        {
            if (known.Find(column.Name, guess) is not { Kind: SeriesKind.Scalar } entry) return false;
            column.SeriesId = entry.Id;
            rises &= entry.Id >= guess;
            guess = entry.Id + 1;
        }

        foreach (var histogram in batch.Histograms)
        {
            if (known.Find(histogram.Name, guess) is not { Kind: SeriesKind.Histogram } entry) return false;
            histogram.SeriesId = entry.Id;
            guess = entry.Id + 1;
        }

        if (!rises || batch.Histograms.Count > 0) batch.OrderByNumber();
        return true;
    }

    private static string Reason(SeriesEntry? entry) => entry is null
        ? $"the run has {SeriesLimits.MaxSeriesPerRun} series already"
        : $"the series holds {(entry.Kind == SeriesKind.Scalar ? "scalars" : "histograms")}";
}
