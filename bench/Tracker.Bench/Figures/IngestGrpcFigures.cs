using Tracker.Bench.Load;

namespace Tracker.Bench.Figures;

/// <summary>
/// Durable ingest over gRPC: batches of 100 series × 10 steps, 4 writers with a stream and a run each, the analyzer on. The roof and the load take turns,
/// so that both see the same machine; medians count.
/// </summary>
internal static class IngestGrpcFigures
{
    private const int Writers = 4;
    private const int StepsPerBatch = 10;
    private const double TargetRatio = 0.5;
    private static readonly TimeSpan RoofLoad = TimeSpan.FromSeconds(3);

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        await using var server = await bench.StartServerAsync(cancel);
        await Loads.StreamAsync(server, Writers, StepsPerBatch, bench.WarmUp, cancel);
        var (roofs, loads) = (new List<double>(), new List<LoadResult>());
        for (var round = 0; round < bench.Rounds; round++)
        {
            roofs.Add(await IngestRoof.MeasureAsync(server, RoofLoad, cancel));
            loads.Add(await Loads.StreamAsync(server, Writers, StepsPerBatch, bench.Load, cancel));
            Bench.Note($"ingest-grpc round {round + 1}: {loads[^1].Rate:#,0} points/s, roof {roofs[^1]:#,0}, all {loads[^1].Points:#,0} acknowledged points there once");
        }

        var figure = new Figure("ingest-grpc", new Sample(loads.Select(load => load.Rate)).Median, "points/s", new Sample(roofs).Median, $"≥ {TargetRatio} of the roof");
        Bench.Report(figure with { Pass = figure.Ratio >= TargetRatio });
        IngestDetails.Report("ingest-grpc", loads);
    }
}
