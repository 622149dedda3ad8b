using System.Diagnostics;
using Tracker.Bench.Server;
using Tracker.Testing;

namespace Tracker.Bench.Load;

/// <summary>What a load gave.</summary>
/// <param name="Points">Acknowledged points.</param>
/// <param name="Seconds">From the first batch sent to the last acknowledgement.</param>
/// <param name="Latencies">Milliseconds to the acknowledgement.</param>
/// <param name="Used">Processor time of the three parties meanwhile.</param>
/// <param name="Behind">Time after the end of the runs until all was compacted and analysed.</param>
internal sealed record LoadResult(long Points, double Seconds, Sample Latencies, ProcessorTime Used, TimeSpan Behind)
{
    public double Rate => Points / Seconds;
}

/// <summary>Many writers at once, each with a run of its own, as fast as the server answers.</summary>
internal static class Loads
{
    private const int Bodies = 32;

    /// <param name="server">Where to.</param>
    /// <param name="runs">Runs, with one writer each.</param>
    /// <param name="steps">Steps in a batch of the hundred series.</param>
    /// <param name="duration">How long.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="InvalidOperationException">An acknowledged point is missing or doubled.</exception>
    public static async Task<LoadResult> RunAsync(BenchServer server, int runs, int steps, TimeSpan duration, CancellationToken cancel)
    {
        var writers = new List<Writer>();
        for (var i = 0; i < runs; i++) writers.Add(new Writer(server.Address, await server.Http.CreateRunAsync("bench"), $"writer-{i}"));
        var bodies = writers.ConvertAll(writer => MakeBodies(writer, steps, runs > Bodies ? 4 : Bodies));
        return await MeasureAsync(server, writers, i => OnThread(() => writers[i].SendFor(bodies[i], duration)), cancel);
    }

    /// <summary>The same over gRPC, each writer on a stream.</summary>
    public static async Task<LoadResult> StreamAsync(BenchServer server, int runs, int steps, TimeSpan duration, CancellationToken cancel)
    {
        var writers = new List<GrpcWriter>();
        for (var i = 0; i < runs; i++) writers.Add(new GrpcWriter(server.GrpcAddress, await server.Http.CreateRunAsync("bench")));
        var random = new Random(1);
        var bodies = writers.ConvertAll(writer => Enumerable.Range(0, Bodies).Select(i =>
            new GrpcBody(writer.Run, "writer", SeriesNames.Hundred, steps, BatchBody.FirstStep, (name, _) => SeriesNames.Value(name, i * steps, random))).ToList());
        return await MeasureAsync(server, writers, i => writers[i].SendForAsync(bodies[i], duration, cancel), cancel);
    }

    private static async Task<LoadResult> MeasureAsync(BenchServer server, IReadOnlyList<ILoadWriter> writers, Func<int, Task> send, CancellationToken cancel)
    {
        var before = server.ReadProcessorTime();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, writers.Count).Select(i => Task.Run(() => send(i), cancel)));
        var seconds = clock.Elapsed.TotalSeconds;
        var used = server.ReadProcessorTime() - before;

        await CheckAsync(server, writers);
        var behind = await server.SettleAsync(writers.Select(writer => writer.Run), cancel);
        await CheckAsync(server, writers);
        return new LoadResult(writers.Sum(writer => writer.Acknowledged), seconds, new Sample(writers.SelectMany(writer => writer.Latencies)), used, behind);
    }

    /// <summary>A thread of its own for what blocks.</summary>
    public static Task OnThread(Action work) => Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>Every acknowledged point is there, once: as many in each series as there are steps, none late, none repeated.</summary>
    public static async Task CheckAsync(BenchServer server, IEnumerable<ILoadWriter> writers)
    {
        foreach (var writer in writers)
        {
            var catalogue = await server.Http.JsonAsync($"/api/v1/runs/{writer.Run}/series");
            long stored = 0;
            foreach (var series in catalogue.GetProperty("items").EnumerateArray())
            {
                var count = series.GetProperty("count").GetInt64();
                var steps = series.GetProperty("lastStep").GetInt64() - series.GetProperty("firstStep").GetInt64() + 1;
                var strays = series.GetProperty("late").GetInt64() + series.GetProperty("repeated").GetInt64();
                if (count != steps || strays != 0) throw new InvalidOperationException($"Run {writer.Run}: {series} does not hold every step once.");
                stored += count;
            }

            if (stored != writer.Acknowledged) throw new InvalidOperationException($"Run {writer.Run} holds {stored} points; {writer.Acknowledged} were acknowledged.");
        }
    }

    private static List<BatchBody> MakeBodies(Writer writer, int steps, int count)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count).Select(i =>
            new BatchBody(writer.Name, SeriesNames.Hundred, steps, BatchBody.FirstStep, (name, _) => SeriesNames.Value(name, i * steps, random)))];
    }
}
