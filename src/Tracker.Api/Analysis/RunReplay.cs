using Tracker.Api.Storage;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Api.Analysis;

/// <summary>Folds a stored run anew, by the present rules and options of choice; changes nothing. Memory holds one page of the run at a time.</summary>
public sealed class RunReplay(JournalReader journal, HistoryReader history)
{
    private const int PageBytes = 4 << 20;

    /// <summary>What the rules say of the run as far as it has come, by thresholds of choice or, where null, by its own; null when it is gone.</summary>
    public async Task<IReadOnlyList<RunDiagnosis>?> FoldAsync(RunRef run, AnalyzerOptions? options, CancellationToken cancel)
    {
        var analyzer = new RunAnalyzer(run.Id, options, AnalyzerOptionsJson.Parse);
        var position = 0L;
        while (true)
        {
            var page = await journal.ReadAfterAsync(run.RunKey, position, PageBytes, cancel);
            if (page.Head == 0) return null;
            IReadOnlyList<StoredBatch> batches = page.Batches;
            var through = batches.Count == 0 ? page.Head : batches[^1].Sequence;
            if (page.Gap) (batches, through) = await history.ReadAfterAsync(run.RunKey, position, page.Compacted, cancel);
            foreach (var batch in batches) analyzer.Fold(batch);
            if (through >= page.Head || through <= position) return analyzer.Diagnoses;
            position = through;
        }
    }
}
