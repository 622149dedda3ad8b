using Npgsql;
using Tracker.Api.Storage;
using Tracker.Core.Alerts.Rules;
using Tracker.Core.Series;

namespace Tracker.Api.Alerts;

/// <summary>Folds stored runs through a rule before it is saved: the same fold as live, so what it shows is what people would have got.</summary>
public sealed class RulePreview(NpgsqlDataSource database, JournalReader journal, HistoryReader history)
{
    private const int PageBytes = 4 << 20;
    private const int MostEvents = 50;

    public async Task<PreviewDto> RunAsync(long projectKey, string project, ThresholdRule rule, int limit, CancellationToken cancel)
    {
        var runs = new List<PreviewRunDto>();
        var skipped = 0;
        foreach (var (run, name, state, thinned) in await RunsAsync(projectKey, project, limit, cancel))
        {
            if (thinned) skipped++;
            else if (await FoldAsync(run, name, state, rule, cancel) is { } folded) runs.Add(folded);
        }

        return new PreviewDto(runs, runs.Count(run => run.Raised.Count > 0), skipped);
    }

    private async Task<PreviewRunDto?> FoldAsync(RunRef run, string name, string state, ThresholdRule rule, CancellationToken cancel)
    {
        var rules = new RuleFold();
        rules.Follow([new ActiveRule("preview", 1, rule)]);
        var (points, position) = (0L, 0L);
        var raised = new List<PreviewEventDto>();
        var gaps = new Gaps(rule);
        while (true)
        {
            var page = await journal.ReadAfterAsync(run.RunKey, position, PageBytes, cancel);
            if (page.Head == 0) return null;
            IReadOnlyList<StoredBatch> batches = page.Batches;
            var through = batches.Count == 0 ? page.Head : batches[^1].Sequence;
            if (page.Gap) (batches, through) = await history.ReadAfterAsync(run.RunKey, position, page.Compacted, cancel);
            foreach (var batch in batches)
            {
                points += batch.Batch.Scalars.Where(column => rule.IsAbout(column.Name)).Sum(column => (long)column.Count);
                if (rule.Measure == RuleMeasure.Absent) raised.AddRange(gaps.Take(batch.Batch));
                else foreach (var finding in rules.Fold(batch)) Add(raised, finding.Event);
            }

            if (through >= page.Head || through <= position) break;
            position = through;
        }

        return new PreviewRunDto(run.Id, name, state, points, [.. raised.Take(MostEvents)]);
    }

    private static void Add(List<PreviewEventDto> raised, RuleEvent happened)
    {
        if (happened.Raised)
        {
            raised.Add(new PreviewEventDto(happened.Series, happened.OnsetStep, happened.Step, null, happened.Value));
            return;
        }

        var open = raised.FindLastIndex(entry => entry.Series == happened.Series && entry.EndStep is null);
        if (open >= 0) raised[open] = raised[open] with { EndStep = happened.Step };
    }

    private async Task<List<(RunRef Run, string Name, string State, bool Thinned)>> RunsAsync(long projectKey, string project, int limit, CancellationToken cancel)
    {
        await using var command = database.CreateCommand("select run_key, id, name, state, thinned_at is not null from runs where project_key = $1 and deleted_at is null order by run_key desc limit $2");
        command.Parameters.AddWithValue(projectKey);
        command.Parameters.AddWithValue(limit);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        var found = new List<(RunRef, string, string, bool)>();
        while (await reader.ReadAsync(cancel)) found.Add((new RunRef(reader.GetInt64(0), projectKey, reader.GetString(1), project), reader.GetString(2), reader.GetString(3), reader.GetBoolean(4)));
        return found;
    }

    /// <summary>For <c>absent(…)</c>: gaps between the times that points bear, which is as near as a stored run comes to when they arrived.</summary>
    private sealed class Gaps(ThresholdRule rule)
    {
        private long? last;
        private long lastStep;

        public IEnumerable<PreviewEventDto> Take(LogBatch batch)
        {
            foreach (var column in batch.Scalars.Where(column => rule.IsAbout(column.Name)))
            {
                for (var i = 0; i < column.Count; i++)
                {
                    var gap = column.Times[i] - last;
                    if (gap > rule.Absence.TotalMilliseconds) yield return new PreviewEventDto(column.Name, lastStep, lastStep, column.Steps[i], gap.Value / 1000.0);
                    (last, lastStep) = (Math.Max(column.Times[i], last ?? long.MinValue), column.Steps[i]);
                }
            }
        }
    }
}
