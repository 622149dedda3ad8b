using System.Diagnostics;
using Tracker.Bench.Figures;
using Tracker.Bench.Load;
using Tracker.Bench.Server;
using Tracker.Testing;

namespace Tracker.Bench.Growth;

/// <summary>
/// How cost grows with what is stored: ingest and a chart at 10^6, 10^7, 10^8 points, the runs table at 100, 1,000, 10,000 runs, all on one
/// server that keeps everything. Printed as figures and as a table, and drawn.
/// </summary>
internal static class GrowthFigures
{
    private const int Writers = 4;
    private const int StepsPerBatch = 10;
    private const int FillSteps = 100;
    private const int Columns = 2_000;
    private const int Repetitions = 15;
    private static readonly int[] Runs = [100, 1_000, 10_000];

    /// <param name="bench">Options of the call.</param>
    /// <param name="most">Points of the last stage; each stage before has a tenth of the next.</param>
    /// <param name="plot">File of the drawing, SVG; null draws none.</param>
    /// <param name="cancel">Ends it early.</param>
    public static async Task MeasureAsync(Bench bench, long most, string? plot, CancellationToken cancel)
    {
        await using var server = await bench.StartServerAsync(cancel);
        await Loads.RunAsync(server, Writers, StepsPerBatch, bench.WarmUp, cancel);
        var chart = await StoreLongSeriesAsync(server, cancel);
        List<(double At, double Rate, double Cost, double Chart)> points = [];
        for (var stage = Math.Min(1_000_000, most); stage <= most; stage *= 10)
        {
            await FillAsync(server, stage, cancel);
            var stored = await StoredAsync(server, cancel);
            var loads = new List<LoadResult>();
            for (var round = 0; round < bench.Rounds; round++) loads.Add(await Loads.RunAsync(server, Writers, StepsPerBatch, bench.Load, cancel));
            var rate = new Sample(loads.Select(load => load.Rate)).Median;
            var cost = new Sample(loads.Select(load => (load.Used.Server + load.Used.Postgres) / load.Points * 1e6)).Median;
            var drawn = await ChartAsync(server, chart, cancel);
            points.Add((stored, rate, cost, drawn));
            Bench.Note($"{stored:#,0} points stored: {rate:#,0} points/s, {cost:0.00} µs/point, chart {drawn:0.0} ms");
            Bench.Report(new Figure($"growth-ingest-{Power(stage)}", rate, "points/s"));
            Bench.Report(new Figure($"growth-ingest-cpu-{Power(stage)}", cost, "µs/point"));
            Bench.Report(new Figure($"growth-chart-{Power(stage)}", drawn, "ms"));
        }

        List<(double At, double Milliseconds)> tables = [];
        foreach (var runs in Runs)
        {
            var took = await RunsFigures.MeasureAsync(server, $"table-{runs}", runs, cancel);
            tables.Add((runs, took));
            Bench.Report(new Figure($"growth-runs-{runs}", took, "ms"));
        }

        if (plot is null) return;
        await File.WriteAllTextAsync(plot, LogPlot.Draw(
            [
                new("Ingest over REST, points/s", "points stored", [.. points.Select(point => (point.At, point.Rate))]),
                new("Ingest, µs of processor time a point", "points stored", [.. points.Select(point => (point.At, point.Cost))]),
                new("Chart of 1,000,000 points, ms", "points stored", [.. points.Select(point => (point.At, point.Chart))]),
                new("Runs table filtered and sorted, ms", "runs", [.. tables]),
            ]), cancel);
    }

    private static string Power(long stage) => $"1e{(int)Math.Log10(stage)}";

    private static async Task<string> StoreLongSeriesAsync(BenchServer server, CancellationToken cancel)
    {
        using var writer = new Writer(server.Address, await server.Http.CreateRunAsync("bench"), "long");
        await Loads.OnThread(() => Fill(writer, [Dataset.LongSeries], 10_000, Dataset.LongPoints));
        await server.SettleAsync([writer.Run], cancel);
        return writer.Run;
    }

    /// <summary>Runs of a hundred series with a million points each, until so many points are stored.</summary>
    private static async Task FillAsync(BenchServer server, long points, CancellationToken cancel)
    {
        while (await StoredAsync(server, cancel) < points)
        {
            var writers = new List<Writer>();
            for (var i = 0; i < Writers; i++) writers.Add(new Writer(server.Address, await server.Http.CreateRunAsync("bench"), $"fill-{i}"));
            await Task.WhenAll(writers.Select(writer => Loads.OnThread(() => Fill(writer, SeriesNames.Hundred, FillSteps, 10_000))));
            await server.SettleAsync(writers.Select(writer => writer.Run), cancel);
            await Loads.CheckAsync(server, writers);
        }
    }

    private static void Fill(Writer writer, string[] names, int steps, int until)
    {
        var random = new Random(1);
        List<BatchBody> bodies = [.. Enumerable.Range(0, 8).Select(i =>
            new BatchBody(writer.Name, names, steps, writer.NextStep, (name, step) => SeriesNames.Value(name, step - BatchBody.FirstStep, random)))];
        while (writer.NextStep < BatchBody.FirstStep + until) writer.Send(bodies[(int)(writer.Batches % bodies.Count)]);
    }

    private static async Task<long> StoredAsync(BenchServer server, CancellationToken cancel)
    {
        await using var command = server.Database.CreateCommand("select coalesce(sum(count), 0)::bigint from summaries");
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task<double> ChartAsync(BenchServer server, string run, CancellationToken cancel)
    {
        var times = new List<double>();
        for (var i = -Repetitions; i < Repetitions; i++)
        {
            var clock = Stopwatch.StartNew();
            using var answer = await server.Http.GetAsync(new Uri($"/api/v1/runs/{run}/data?name={Dataset.LongSeries}&points={Columns}", UriKind.Relative), cancel);
            answer.EnsureSuccessStatusCode();
            await answer.Content.ReadAsByteArrayAsync(cancel);
            if (i >= 0) times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return new Sample(times).Median;
    }
}
