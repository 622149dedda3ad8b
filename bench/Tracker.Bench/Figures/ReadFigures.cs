using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Tracker.Bench.Load;

namespace Tracker.Bench.Figures;

/// <summary>Every point of a long series in three formats, charts with other axes and smoothings, and a chart that has not changed.</summary>
internal static class ReadFigures
{
    private const int Repetitions = 9;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        var data = await bench.DatasetAsync(cancel);
        foreach (var format in (string[])["csv", "ndjson", "json"])
        {
            var seconds = await MedianAsync(bench.Rounds, async () =>
            {
                using var answer = await data.Server.Http.GetAsync(
                    new Uri($"/api/v1/runs/{data.LongRun}/points?name={Dataset.LongSeries}&format={format}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancel);
                answer.EnsureSuccessStatusCode();
                await using var body = await answer.Content.ReadAsStreamAsync(cancel);
                await body.CopyToAsync(Stream.Null, cancel);
            }) / 1_000;
            Bench.Report(new Figure($"read-{format}", Dataset.LongPoints / seconds, "points/s"));
        }

        (string Name, string Query)[] charts =
        [
            ("time", "x=time"), ("log", "scale=log"), ("zoom", "from=400000&to=410000"), ("ema", "smooth=ema:0.9"), ("time-ema", "smooth=time-ema:0.9"),
            ("gaussian", "smooth=gaussian:20"), ("mean", "smooth=mean:100"), ("metric", $"x={Dataset.LongSeries}"),
        ];
        foreach (var (name, query) in charts)
        {
            var path = $"/api/v1/runs/{data.LongRun}/data?name={Dataset.LongSeries}&points=2000&{query}";
            Bench.Report(new Figure($"chart-{name}", await MedianAsync(Repetitions, () => data.Server.Http.GetByteArrayAsync(new Uri(path, UriKind.Relative), cancel)), "ms"));
        }

        await MeasureUnchangedAsync(data, cancel);
    }

    private static async Task MeasureUnchangedAsync(Dataset data, CancellationToken cancel)
    {
        var address = new Uri($"/api/v1/runs/{data.LongRun}/data?name={Dataset.LongSeries}&points=2000", UriKind.Relative);
        EntityTagHeaderValue tag;
        using (var first = await data.Server.Http.GetAsync(address, cancel)) tag = first.Headers.ETag!;
        Bench.Report(new Figure("chart-unchanged", await MedianAsync(50, async () =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { IfNoneMatch = { tag } } };
            using var answer = await data.Server.Http.SendAsync(request, cancel);
            if (answer.StatusCode != HttpStatusCode.NotModified) throw new InvalidOperationException($"A chart that has not changed was answered {answer.StatusCode}.");
        }), "ms"));
    }

    private static async Task<double> MedianAsync(int repetitions, Func<Task> work)
    {
        var times = new List<double>();
        for (var i = -repetitions; i < repetitions; i++)
        {
            var clock = Stopwatch.StartNew();
            await work();
            if (i >= 0) times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return new Sample(times).Median;
    }
}
