using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Tracker.Testing;

namespace Tracker.Bench.Figures;

/// <summary>
/// <c>log</c> of 10 scalars and <c>watch</c> in the Python client, by <c>bench/python/overhead.py</c>, beside event files as TensorBoard's writer
/// makes them: in bursts, and once in 10 ms with other work between, when the caches hold something else.
/// </summary>
internal static class ClientPythonFigures
{
    private const double Target = 20;
    private const double WatchTarget = 2;

    public static async Task MeasureAsync(Bench bench, CancellationToken cancel)
    {
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        string[] arguments = [Repository.PathOf("bench", "python", "overhead.py"), "--seconds", bench.Load.TotalSeconds.ToString(CultureInfo.InvariantCulture)];
        using var process = Process.Start(new ProcessStartInfo(python, arguments) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        if (process.ExitCode != 0) throw new InvalidOperationException($"overhead.py ended with {process.ExitCode}.");
        var figures = JsonDocument.Parse(output.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]).RootElement;
        foreach (var (name, key, file) in new[] { ("bursts", "log_us", "event_file_us"), ("steps", "log_at_100_steps_a_second_us", "event_file_at_100_steps_a_second_us") })
        {
            // The roof is what writing the same ten scalars to an event file takes.
            var (log, plain) = (figures.GetProperty(key), figures.GetProperty(file).GetProperty("median").GetDouble());
            var median = log.GetProperty("median").GetDouble();
            Bench.Report(new Figure($"client-python-{name}", median, "µs", plain, $"≤ {Target}", median <= Target));
            Bench.Report(new Figure($"client-python-{name}-p99", log.GetProperty("p99").GetDouble(), "µs"));
            Bench.Report(new Figure($"client-python-{name}-event-file", plain, "µs"));
        }

        if (!figures.TryGetProperty("watch", out var watch)) return;
        Bench.Report(Figure.AtMost("client-python-watch", watch.GetProperty("mean_overhead_percent").GetDouble(), "% of the step", WatchTarget));
        Bench.Report(new Figure("client-python-watch-own-time", watch.GetProperty("own_time_percent").GetDouble(), "% of the step"));
        Bench.Report(new Figure("client-python-watch-step", watch.GetProperty("step_ms").GetDouble(), "ms"));
        Bench.Report(new Figure("client-python-dropped", figures.GetProperty("dropped").GetDouble(), "points"));
    }
}
