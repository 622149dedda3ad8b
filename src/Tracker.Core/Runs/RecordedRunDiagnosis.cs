using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Core.Runs;

/// <summary>A recorded run through the analyzer, point by point, as a server would have seen it live.</summary>
public static class RecordedRunDiagnosis
{
    /// <summary>Folds the run's config, then each of its steps, then its end, where it records none; gives each step with what happened at it.</summary>
    public static IEnumerable<(RecordedStep Step, IReadOnlyList<DiagnosisEvent> Events)> Diagnose(this RecordedRun run, RunAnalyzer analyzer)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(analyzer);
        var sequence = 1L;
        var config = new LogBatch { Events = [new RunEvent { Kind = "config", Data = run.Config }] };
        analyzer.Fold(new StoredBatch(sequence++, Writer: 0, config));
        var ended = false;
        foreach (var step in run.ReadSteps())
        {
            foreach (var e in step.Batch.Events) ended = e.Kind switch { "finish" => true, "resume" => false, _ => ended };
            yield return (step, analyzer.Fold(new StoredBatch(sequence++, Writer: 1, step.Batch)));
        }
        if (ended) yield break;
        var end = new RecordedStep(null, 0, new LogBatch { Events = [new RunEvent { Kind = "finish" }] });
        yield return (end, analyzer.Fold(new StoredBatch(sequence, Writer: 0, end.Batch)));
    }
}
