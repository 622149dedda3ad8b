using Tracker.Bench.Load;

namespace Tracker.Bench.Figures;

/// <summary>What explains a figure of ingest: latencies, who used the processor, and how far the followers lay behind at the end.</summary>
internal static class IngestDetails
{
    public static void Report(string name, IReadOnlyList<LoadResult> loads)
    {
        Bench.Report(new Figure($"{name}-ack-p50", Median(load => load.Latencies.Median), "ms"));
        ReportUse(name, Median(load => load.Used.Server / load.Points), Median(load => load.Used.Postgres / load.Points), Median(load => load.Used.Load / load.Points));
        Bench.Report(new Figure($"{name}-behind", Median(load => load.Behind.TotalSeconds), "s"));

        double Median(Func<LoadResult, double> value) => new Sample(loads.Select(value)).Median;
    }

    /// <summary>Processor time of each party, in seconds a point.</summary>
    public static void ReportUse(string name, double server, double postgres, double load)
    {
        Bench.Report(new Figure($"{name}-cpu-server", server * 1e6, "µs/point"));
        Bench.Report(new Figure($"{name}-cpu-postgres", postgres * 1e6, "µs/point"));
        Bench.Report(new Figure($"{name}-cpu-load", load * 1e6, "µs/point"));
    }
}
