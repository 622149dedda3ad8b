using System.Diagnostics;
using Tracker.Bench.Load;

namespace Tracker.Bench.Figures;

/// <summary>A chart of 2,000 columns from 1,000,000 points beside the time to read its chunks' bytes; and 100 charts of 100,000 points.</summary>
internal static class ChartFigures
{
    private const int Columns = 2_000;
    private const int Repetitions = 15;
    private const int AtOnce = 8;
    private const double Target = 60;
    private const double TargetRatio = 3;
    private const double TargetWall = 2;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        var data = await bench.DatasetAsync(cancel);
        var path = $"/api/v1/runs/{data.LongRun}/data?name={Dataset.LongSeries}&points={Columns}";
        var (charts, roofs) = (new List<double>(), new List<double>());
        for (var i = -Repetitions; i < Repetitions; i++)
        {
            var (roof, chart) = (await TimeAsync(() => ReadChunksAsync(data, cancel)), await TimeAsync(() => GetAsync(data, path, cancel)));
            // The first half warms up the code and the database's memory.
            if (i < 0) continue;
            roofs.Add(roof);
            charts.Add(chart);
        }

        var figure = new Figure("chart", new Sample(charts).Median, "ms", new Sample(roofs).Median, $"≤ {Target} and ≤ {TargetRatio} × the roof");
        Bench.Report(figure with { Pass = figure.Value <= Target && figure.Ratio <= TargetRatio });
        await MeasureWallAsync(bench, data, cancel);
    }

    private static async Task MeasureWallAsync(Bench bench, Dataset data, CancellationToken cancel)
    {
        var walls = new List<double>();
        for (var round = 0; round <= bench.Rounds; round++)
        {
            var wall = await TimeAsync(() => Parallel.ForEachAsync(SeriesNames.Hundred, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
                async (name, stop) => await GetAsync(data, $"/api/v1/runs/{data.WideRun}/data?name={Uri.EscapeDataString(name)}&points=1000", stop)));
            if (round > 0) walls.Add(wall / 1_000);
        }

        Bench.Report(Figure.AtMost("charts-100", new Sample(walls).Median, "s", TargetWall));
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalMilliseconds;
    }

    private static async Task GetAsync(Dataset data, string path, CancellationToken cancel)
    {
        using var answer = await data.Server.Http.GetAsync(new Uri(path, UriKind.Relative), cancel);
        answer.EnsureSuccessStatusCode();
        await answer.Content.ReadAsByteArrayAsync(cancel);
    }

    private static async Task ReadChunksAsync(Dataset data, CancellationToken cancel)
    {
        await using var command = data.Server.Database.CreateCommand("""
            select c.data from chunks c join runs r using (run_key) join series s using (run_key, series_id)
            where r.id = $1 and s.name = $2 order by c.number
            """);
        command.Parameters.AddWithValue(data.LongRun);
        command.Parameters.AddWithValue(Dataset.LongSeries);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel)) _ = reader.GetFieldValue<byte[]>(0);
    }
}
