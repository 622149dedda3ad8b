using System.Diagnostics;
using Tracker.Client;

namespace Tracker.Bench.Figures;

/// <summary>
/// <c>TrackerRun.Log</c> of 10 scalars, as the training loop feels it: bursts of a thousand calls against a real server, each after
/// the last one has been acknowledged.
/// </summary>
internal static class ClientLogFigures
{
    private const int Calls = 1_000;
    private const int Bursts = 100;
    private const int WarmUp = 30;
    private const double TargetTime = 1_000;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        await using var server = await bench.StartServerAsync(cancel);
        await using var run = await TrackerRun.StartAsync(new TrackerRunOptions { Project = "bench", Url = server.Address }, cancel);
        var (times, allocated) = (new List<double>(), 0L);
        long step = 0;
        for (var burst = -WarmUp; burst < Bursts; burst++)
        {
            var (elapsed, bytes) = Burst(run, ref step);
            if (burst >= 0) times.Add(elapsed.TotalNanoseconds / Calls);
            if (burst >= 0) allocated += bytes;
            do await Task.Delay(10, cancel);
            while (run.Statistics.Pending > 0);
        }

        Bench.Report(Figure.AtMost("client-log", new Sample(times).Median, "ns", TargetTime));
        Bench.Report(new Figure("client-log-worst-burst", new Sample(times).Percentile(100), "ns"));
        Bench.Report(Figure.AtMost("client-log-allocated", (double)allocated / (Bursts * Calls), "bytes", 0));
        var finish = await run.FinishAsync(cancellationToken: cancel);
        if (!finish.Complete || run.Statistics.Dropped > 0) throw new InvalidOperationException($"The client lost points: {run.Statistics}");
    }

    private static (TimeSpan Elapsed, long Bytes) Burst(TrackerRun run, ref long step)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < Calls; i++)
        {
            var x = step * 0.001;
            run.Log(step++, ("train/loss", x), ("train/accuracy", x), ("lr", x), ("grad_norm/total", x), ("clip/active", 0), ("clip/threshold", 1),
                ("param_norm/total", x), ("step_time", x), ("data_time", x), ("epoch", x));
        }

        return (Stopwatch.GetElapsedTime(started), GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
