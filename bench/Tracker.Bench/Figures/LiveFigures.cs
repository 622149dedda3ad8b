using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Tracker.Bench.Live;
using Tracker.Bench.Load;
using Tracker.Testing;

namespace Tracker.Bench.Figures;

/// <summary>
/// 100 live runs of 100 series at 10 steps a second, one browser on their project and ten on a run each. Measured from the moment a batch is sent,
/// so the times hold the way to the server and the commit too. Each run breaks at its own moment: 100 diagnoses.
/// </summary>
internal static class LiveFigures
{
    private const int Runs = 100;
    private const int Watched = 10;
    // The load itself: less says that the server, or this program beside it, did not keep up, and that the times below are those of an overload.
    private const double TargetRate = 99_000;
    private const double TargetLatency = 500;
    private const double TargetMemory = 500;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        await using var server = await bench.StartServerAsync(cancel);
        var random = new Random(1);
        var duration = bench.WarmUp + (2 * bench.Load);
        var runs = new Dictionary<string, LiveRun>(StringComparer.Ordinal);
        for (var i = 0; i < Runs; i++)
        {
            var run = await server.Http.CreateRunAsync("live");
            // Between the end of the warm-up and a second before the end.
            var breaksAfter = bench.WarmUp + (random.NextDouble() * ((2 * bench.Load) - TimeSpan.FromSeconds(1)));
            runs.Add(run, new LiveRun(new Writer(server.Address, run, $"writer-{i}"), breaksAfter));
        }

        var (points, diagnoses) = (new ConcurrentBag<double>(), new ConcurrentDictionary<string, double>(StringComparer.Ordinal));
        var clock = new Stopwatch();
        var sockets = new List<HubSocket> { await HubSocket.WatchAsync(server.Address, "WatchProject", ["live"], OnProject, cancel) };
        foreach (var run in runs.Keys.Take(Watched))
            sockets.Add(await HubSocket.WatchAsync(server.Address, "WatchRun", [run, Array.Empty<string>(), 0], OnRun, cancel));

        var before = server.ReadProcessorTime();
        clock.Start();
        await Task.WhenAll(runs.Values.Select((run, i) => Loads.OnThread(() => run.Train(i * LiveRun.StepTime / Runs, duration))));
        var sent = (double)runs.Values.Sum(run => run.Writer.Acknowledged);
        var rate = sent / clock.Elapsed.TotalSeconds;
        var used = server.ReadProcessorTime() - before;
        var memory = server.ResidentBytes() / (double)(1 << 20);
        var patience = Stopwatch.StartNew();
        while (diagnoses.Count < Runs && patience.Elapsed < Patience) await Task.Delay(50, cancel);
        foreach (var socket in sockets) await socket.DisposeAsync();
        await Loads.CheckAsync(server, runs.Values.Select(run => run.Writer));

        var (seen, told) = (new Sample(points), new Sample(diagnoses.Values));
        Bench.Note($"live: {seen.Count} points of one series a run seen in {Watched} browsers, {told.Count} of {Runs} faults told");
        Bench.Report(Figure.AtLeast("live-rate", rate, "points/s", TargetRate));
        IngestDetails.ReportUse("live", used.Server / sent, used.Postgres / sent, used.Load / sent);
        Bench.Report(new Figure("live-ack-p99", new Sample(runs.Values.SelectMany(run => run.Writer.Latencies)).Percentile(99), "ms"));
        Bench.Report(new Figure("live-point-p50", seen.Median, "ms"));
        Bench.Report(new Figure("live-point-p99", seen.Percentile(99), "ms"));
        Bench.Report(new Figure("live-diagnosis-p50", told.Median, "ms"));
        var p99 = Figure.AtMost("live-diagnosis-p99", told.Percentile(99), "ms", TargetLatency);
        Bench.Report(p99 with { Pass = p99.Pass is true && told.Count == Runs });
        Bench.Report(Figure.AtMost("live-memory", memory, "MB", TargetMemory));

        void OnProject(string message, JsonElement diagnosis)
        {
            if (message != "diagnosis" || !IsAboutNaN(diagnosis)) return;
            var run = diagnosis.GetProperty("run").GetString()!;
            if (runs[run].SinceBreak() is { } since) diagnoses.TryAdd(run, since);
        }

        void OnRun(string message, JsonElement body)
        {
            if (message != "points") return;
            var run = runs[body.GetProperty("run").GetString()!];
            foreach (var series in body.GetProperty("series").EnumerateArray())
            {
                if (!series.GetProperty("name").ValueEquals("lr")) continue;
                foreach (var step in series.GetProperty("steps").EnumerateArray())
                {
                    // The warm-up does not count.
                    if (run.SinceStep(step.GetInt64()) is { } since && clock.Elapsed > bench.WarmUp) points.Add(since);
                }
            }
        }
    }

    private static bool IsAboutNaN(JsonElement diagnosis) =>
        diagnosis.GetProperty("signals").EnumerateArray().Any(signal => signal.GetProperty("id").GetString()!.StartsWith("nan-", StringComparison.Ordinal));
}
