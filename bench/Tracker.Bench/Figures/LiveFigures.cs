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
    private const double TargetLatency = 500;
    private const double TargetMemory = 500;
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        await using var server = await bench.StartServerAsync(cancel);
        var random = new Random(1);
        var duration = Quiet + (2 * bench.Load);
        var runs = new Dictionary<string, LiveRun>(StringComparer.Ordinal);
        for (var i = 0; i < Runs; i++)
        {
            var run = await server.Http.CreateRunAsync("live");
            // Breaks lie between the end of the quiet time and a second before the end.
            var breaksAt = (Quiet + (random.NextDouble() * ((2 * bench.Load) - TimeSpan.FromSeconds(1)))) / LiveRun.StepTime;
            runs.Add(run, new LiveRun(new Writer(server.Http, run, $"writer-{i}"), (long)breaksAt));
        }

        var (points, diagnoses) = (new ConcurrentBag<double>(), new ConcurrentDictionary<string, double>(StringComparer.Ordinal));
        var quietUntil = Stopwatch.GetTimestamp() + (long)(Quiet.TotalSeconds * Stopwatch.Frequency);
        var sockets = new List<HubSocket> { await HubSocket.WatchAsync(server.Address, "WatchProject", ["live"], OnProject, cancel) };
        foreach (var run in runs.Keys.Take(Watched))
            sockets.Add(await HubSocket.WatchAsync(server.Address, "WatchRun", [run, Array.Empty<string>(), 0], OnRun, cancel));

        var clock = Stopwatch.StartNew();
        await Task.WhenAll(runs.Values.Select((run, i) => Task.Run(() => run.TrainAsync(i * LiveRun.StepTime / Runs, duration, cancel), cancel)));
        var sent = runs.Values.Sum(run => run.Writer.Acknowledged) / clock.Elapsed.TotalSeconds;
        var memory = server.ResidentBytes() / (double)(1 << 20);
        var patience = Stopwatch.StartNew();
        while (diagnoses.Count < Runs && patience.Elapsed < Patience) await Task.Delay(50, cancel);
        foreach (var socket in sockets) await socket.DisposeAsync();
        await Loads.CheckAsync(server, runs.Values.Select(run => run.Writer));

        var (seen, told) = (new Sample(points), new Sample(diagnoses.Values));
        Bench.Note($"live: {seen.Count} points of one series a run seen in {Watched} browsers, {told.Count} of {Runs} faults told");
        Bench.Report(new Figure("live-rate", sent, "points/s"));
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
                    // The first seconds belong to the compiler.
                    if (run.SinceStep(step.GetInt64()) is { } since && Stopwatch.GetTimestamp() > quietUntil) points.Add(since);
                }
            }
        }
    }

    private static bool IsAboutNaN(JsonElement diagnosis) =>
        diagnosis.GetProperty("signals").EnumerateArray().Any(signal => signal.GetProperty("id").GetString()!.StartsWith("nan-", StringComparison.Ordinal));
}
