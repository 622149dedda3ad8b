using Tracker.Bench.Load;
using Tracker.Bench.Server;

namespace Tracker.Bench.Figures;

/// <summary>What explains a figure of ingest: latencies, who used the processor, and how far the followers lay behind at the end.</summary>
internal static class IngestDetails
{
    public static void Report(string name, IReadOnlyList<LoadResult> loads)
    {
        Bench.Report(new Figure($"{name}-ack-p50", Median(load => load.Latencies.Median), "ms"));
        PerPoint("server", used => used.Server);
        PerPoint("postgres", used => used.Postgres);
        PerPoint("load", used => used.Load);
        Bench.Report(new Figure($"{name}-behind", Median(load => load.Behind.TotalSeconds), "s"));

        void PerPoint(string party, Func<ProcessorTime, double> seconds) =>
            Bench.Report(new Figure($"{name}-cpu-{party}", Median(load => seconds(load.Used) / load.Points * 1e6), "µs/point"));

        double Median(Func<LoadResult, double> value) => new Sample(loads.Select(value)).Median;
    }
}
