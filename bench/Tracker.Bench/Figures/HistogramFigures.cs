using System.Diagnostics;
using System.Globalization;
using System.Text;
using Tracker.Bench.Load;
using Tracker.Testing;

namespace Tracker.Bench.Figures;

/// <summary>A heat map of 1,000 steps × 64 bins, every histogram with edges of its own.</summary>
internal static class HistogramFigures
{
    private const int Steps = 1_000;
    private const int Bins = 64;
    private const int Repetitions = 15;
    private const double Target = 50;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        var data = await bench.DatasetAsync(cancel);
        var run = await data.Server.Http.CreateRunAsync("bench");
        var random = new Random(1);
        for (var start = 0; start < Steps; start += 50)
        {
            var histograms = Enumerable.Range(start, 50).Select(step => One(step, random));
            await (await data.Server.Http.LogAsync(run, $"{{\"histograms\":[{string.Join(',', histograms)}]}}")).JsonAsync();
        }

        await data.Server.SettleAsync([run], cancel);
        var times = new List<double>();
        for (var i = -Repetitions; i < Repetitions; i++)
        {
            var clock = Stopwatch.StartNew();
            await data.Server.Http.GetByteArrayAsync(new Uri($"/api/v1/runs/{run}/histograms?name=grads/fc1&columns={Steps}", UriKind.Relative), cancel);
            // The first half warms up the code.
            if (i >= 0) times.Add(clock.Elapsed.TotalMilliseconds);
        }

        Bench.Report(Figure.AtMost("histograms", new Sample(times).Median, "ms", Target));
    }

    /// <summary>Counts of a bell that narrows, over edges that breathe.</summary>
    private static string One(int step, Random random)
    {
        var width = 2 + random.NextDouble();
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"{{\"name\":\"grads/fc1\",\"step\":{step},\"edges\":["));
        for (var i = 0; i <= Bins; i++) text.Append(i == 0 ? "" : ",").Append(string.Create(CultureInfo.InvariantCulture, $"{width * ((2.0 * i / Bins) - 1):R}"));
        text.Append("],\"counts\":[");
        for (var i = 0; i < Bins; i++)
        {
            var distance = (i - (Bins / 2.0)) / (6 + (10.0 * step / Steps));
            text.Append(i == 0 ? "" : ",").Append((int)(5_000 * Math.Exp(-distance * distance)) + random.Next(20));
        }

        return text.Append("]}").ToString();
    }
}
