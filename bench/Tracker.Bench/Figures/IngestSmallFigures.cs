using Tracker.Bench.Load;

namespace Tracker.Bench.Figures;

/// <summary>Batches of one step with 100 scalars, from 100 runs at once, each sending the next as soon as the last is acknowledged.</summary>
internal static class IngestSmallFigures
{
    private const int Runs = 100;
    private const double Target = 250_000;
    private const double TargetLatency = 100;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        await using var server = await bench.StartServerAsync(cancel);
        await Loads.RunAsync(server, Runs, 1, bench.WarmUp, cancel);
        var loads = new List<LoadResult>();
        for (var round = 0; round < bench.Rounds; round++)
        {
            loads.Add(await Loads.RunAsync(server, Runs, 1, bench.Load, cancel));
            Bench.Note($"ingest-small round {round + 1}: {loads[^1].Rate:#,0} points/s, p99 {loads[^1].Latencies.Percentile(99):0.0} ms");
        }

        Bench.Report(Figure.AtLeast("ingest-small", new Sample(loads.Select(load => load.Rate)).Median, "points/s", Target));
        Bench.Report(Figure.AtMost("ingest-small-ack-p99", new Sample(loads.Select(load => load.Latencies.Percentile(99))).Median, "ms", TargetLatency));
        IngestDetails.Report("ingest-small", loads);
    }
}
