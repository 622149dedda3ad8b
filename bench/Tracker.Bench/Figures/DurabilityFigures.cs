using Tracker.Testing.Durability;

namespace Tracker.Bench.Figures;

/// <summary>The long form of the durability loop: kills, cuts and full disks at random moments of a load, everything compared afterwards.</summary>
internal static class DurabilityFigures
{
    /// <exception cref="DurabilityException">An acknowledged point is missing, doubled or changed.</exception>
    public static async Task MeasureAsync(int faults, int seed, CancellationToken cancel)
    {
        Bench.Note($"durability: {faults} faults, seed {seed}");
        var result = await DurabilityLoop.RunAsync(new DurabilityOptions(faults, Seed: seed), Bench.Note, cancel);
        foreach (var (fault, times) in result.Faults) Bench.Report(new Figure($"durability-{fault}", times, "times"));
        Bench.Report(new Figure("durability-points", result.Points, "points, each there once"));
        Bench.Report(new Figure("durability-batches", result.Batches, "batches"));
        Bench.Report(new Figure("durability-resent", result.Resent, "requests"));
        Bench.Report(new Figure("durability-longest-outage", result.LongestOutage.TotalSeconds, "s"));
        Bench.Report(new Figure("durability-seconds", result.Elapsed.TotalSeconds, "s"));
        // What is lost or doubled ends the loop with an error.
        Bench.Report(Figure.AtMost("durability-lost-or-doubled", 0, "points", 0));
        Bench.Report(Figure.AtLeast("durability-faults", result.Faults.Values.Sum(), "faults", 200));
    }
}
