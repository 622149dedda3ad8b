using System.Diagnostics;
using System.Text.Json;
using Tracker.Client;
using Tracker.Testing;

namespace Tracker.Bench.Soak;

/// <summary>
/// Both clients log for a long time against a server that is killed again and again: their memory has to stay flat, their calls as quick as ever,
/// and every point has to be there once.
/// </summary>
internal sealed class SoakFigures(TimeSpan length, TimeSpan betweenKills, double stepsPerSecond)
{
    private static readonly string[] s_names = [.. Enumerable.Range(0, 10).Select(number => $"metric/{number}")];
    private static readonly TimeSpan s_longestAway = TimeSpan.FromSeconds(60);

    private readonly Course _net = new();
    private readonly Course _live = new();
    private readonly Course _python = new();
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private volatile bool _isAway;
    private int _kills;

    /// <exception cref="InvalidOperationException">A point is missing or doubled.</exception>
    public async Task MeasureAsync(CancellationToken cancel)
    {
        using var data = new TemporaryFolder();
        using var spool = new TemporaryFolder();
        await using var server = await TrackerProcess.StartAsync(data.Path);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var killing = KillAsync(server, end.Token);
        var steps = await Task.WhenAll(LogAsync(server.Address!, spool.Path, cancel), PythonAsync(server.Address!, spool.Path, cancel));
        await end.CancelAsync();
        await killing;

        using var client = new HttpClient { BaseAddress = server.Address };
        await CheckAsync(client, "soak-net", steps[0]);
        await CheckAsync(client, "soak-python", steps[1]);
        _net.Report("net");
        _live.Report("net-live");
        _python.Report("python");
        Bench.Report(new Figure("soak-kills", _kills, "times"));
        Bench.Report(new Figure("soak-points", (steps[0] + steps[1]) * s_names.Length, "points, each there once"));
    }

    private async Task KillAsync(TrackerProcess server, CancellationToken cancel)
    {
        var random = new Random(1);
        while (true)
        {
            await Task.Delay(betweenKills, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancel.IsCancellationRequested || _time.Elapsed > length - s_longestAway) return;
            var away = s_longestAway * random.NextDouble();
            _isAway = true;
            await server.KillAsync();
            await Task.Delay(away, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await server.StartAsync();
            _isAway = false;
            Bench.Note($"{_time.Elapsed:hh\\:mm\\:ss}: killed, away for {away.TotalSeconds:0} s ({++_kills})");
        }
    }

    private async Task<long> LogAsync(Uri server, string spool, CancellationToken cancel)
    {
        await using var run = await TrackerRun.StartAsync(
            new TrackerRunOptions { Project = "soak", Id = "soak-net", Url = server, Mode = TrackerMode.Online, SpoolFolder = spool, Report = Bench.Note, FinishTimeout = TimeSpan.FromMinutes(5) }, cancel);
        var weights = Enumerable.Range(0, 1_000).Select(number => 0.01f * number).ToArray();
        var values = new (string, double)[s_names.Length];
        var (times, step, told) = (new List<double>(), 0L, TimeSpan.Zero);
        var began = _time.Elapsed;
        while (_time.Elapsed - began < length)
        {
            for (var i = 0; i < values.Length; i++) values[i] = (s_names[i], 0.5 + (i / (step + 1.0)));
            var before = Stopwatch.GetTimestamp();
            run.Log(step, values);
            times.Add(Stopwatch.GetElapsedTime(before).TotalMicroseconds);
            if (step % 50 == 0) run.LogHistogram("weights", weights, step);
            step++;
            if (_time.Elapsed - told >= TimeSpan.FromSeconds(10))
            {
                told = _time.Elapsed;
                times.Sort();
                // What is not collected yet is no leak: the first is what the system sees, the second what is in use.
                _net.Add(told, Environment.WorkingSet, times[times.Count / 2], _isAway);
                _live.Add(told, GC.GetTotalMemory(forceFullCollection: true), times[times.Count / 2], _isAway);
                times.Clear();
            }

            if (began + TimeSpan.FromSeconds(step / stepsPerSecond) - _time.Elapsed is { Ticks: > 0 } early) await Task.Delay(early, cancel);
        }

        var finish = await run.FinishAsync(cancellationToken: cancel);
        return finish.Complete ? step : throw new InvalidOperationException($"The .NET client ended with {finish}.");
    }

    private async Task<long> PythonAsync(Uri server, string spool, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("python3", [Repository.PathOf("bench", "python", "soak.py"), $"{length.TotalSeconds:0}", $"{stepsPerSecond:0}", "soak-python"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["TRACKER_URL"] = server.ToString().TrimEnd('/');
        start.Environment["TRACKER_SPOOL"] = spool;
        using var python = Process.Start(start)!;
        var steps = 0L;
        while (await python.StandardOutput.ReadLineAsync(cancel) is { } line)
        {
            var told = JsonDocument.Parse(line).RootElement;
            if (told.TryGetProperty("steps", out var count)) steps = told.GetProperty("dropped").GetInt64() == 0 ? count.GetInt64() : throw new InvalidOperationException($"Python dropped points: {line}");
            else _python.Add(_time.Elapsed, told.GetProperty("resident").GetDouble(), told.GetProperty("log").GetDouble(), _isAway);
        }

        await python.WaitForExitAsync(cancel);
        return steps;
    }

    /// <summary>Each step of each series once.</summary>
    private static async Task CheckAsync(HttpClient client, string run, long steps)
    {
        var series = (await client.JsonAsync($"/api/v1/runs/{run}/series")).GetProperty("items").EnumerateArray().Where(item => item.GetProperty("name").GetString()!.StartsWith("metric/", StringComparison.Ordinal)).ToList();
        var wrong = series.Where(item => item.GetProperty("count").GetInt64() != steps || item.GetProperty("late").GetInt64() + item.GetProperty("repeated").GetInt64() != 0).ToList();
        if (series.Count != s_names.Length || wrong.Count > 0) throw new InvalidOperationException($"{run}: {steps} steps, {series.Count} series; not as logged: {string.Join(", ", wrong)}");
    }
}
