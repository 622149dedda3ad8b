using Tracker.Bench.Load;
using Tracker.Core.Diagnosis;
using Tracker.Core.Series;

namespace Tracker.Bench.Figures;

/// <summary>The analyzer alone, all detectors on: a run of 100 series that all have a role, batches of 10 steps, clipped in six steps of ten. Processor time.</summary>
internal static class AnalyzerFigures
{
    private const int Batches = 500;
    private const int Steps = 10;
    private const int RunsKept = 50;
    private const double TargetTime = 2;
    private const double TargetBytes = 12 * 1024;

    public static Task MeasureAsync(Bench bench)
    {
        var run = MakeRun();
        var points = run.Sum(batch => (long)batch.Batch.PointCount);
        for (var i = 0; i < 3; i++) Fold(run, "warm-up");
        var times = new List<double>();
        for (var round = 0; round < Math.Max(5, bench.Rounds); round++)
        {
            var before = Environment.CpuUsage.TotalTime;
            Fold(run, $"run-{round}");
            times.Add((Environment.CpuUsage.TotalTime - before).TotalMicroseconds / points);
        }

        Bench.Report(Figure.AtMost("analyzer", new Sample(times).Median, "µs/point", TargetTime));

        var kept = new List<RunAnalyzer>();
        var empty = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < RunsKept; i++) kept.Add(Fold(run, $"kept-{i}"));
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - empty;
        Bench.Report(Figure.AtMost("analyzer-memory", (double)bytes / (kept.Count * SeriesNames.Hundred.Length), "bytes/series", TargetBytes));
        Bench.Report(new Figure("analyzer-diagnoses", kept[^1].Diagnoses.Count, "diagnoses"));
        GC.KeepAlive(run);
        return Task.CompletedTask;
    }

    private static RunAnalyzer Fold(List<StoredBatch> run, string id)
    {
        var analyzer = new RunAnalyzer(id);
        foreach (var batch in run) analyzer.Fold(batch);
        return analyzer;
    }

    private static List<StoredBatch> MakeRun()
    {
        var random = new Random(1);
        var config = new RunEvent { Kind = "config", Data = """{"max_grad_norm":1,"num_classes":10,"total_steps":5000,"schedule":"constant"}""" };
        return [.. Enumerable.Range(0, Batches).Select(number =>
        {
            var steps = Enumerable.Range(number * Steps, Steps).Select(step => (long)step).ToArray();
            long[] times = [.. steps.Select(BatchBody.TimeOf)];
            return new StoredBatch(number + 1, 0, new LogBatch
            {
                Scalars = [.. SeriesNames.Hundred.Select((name, id) => new ScalarColumn(name, steps, times, [.. steps.Select(step => (double)SeriesNames.Value(name, step, random))]) { SeriesId = id })],
                Events = number == 0 ? [config] : [],
            });
        })];
    }
}
