namespace Tracker.Bench.Figures;

/// <summary>From the start of the process on a data folder with 11 million points to the first 200 of <c>/readyz</c>, PostgreSQL's start included.</summary>
internal static class StartFigures
{
    private const double Target = 2;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        var data = await bench.DatasetAsync(cancel);
        var times = new List<double>();
        for (var round = 0; round < bench.Rounds; round++) times.Add((await data.Server.RestartAsync(cancel)).TotalSeconds);
        Bench.Report(Figure.AtMost("start", new Sample(times).Median, "s", Target));
    }
}
