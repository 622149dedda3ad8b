using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Tracker.Client;
using Tracker.Core.Runs;

namespace Tracker.Cli;

/// <summary>Sends recorded runs: every value as it was recorded, the times between points kept.</summary>
internal sealed class Replay(Uri? server, string? project, double speed, bool json)
{
    private const int Sent = 0, NotAllStored = 1, Unreadable = 2, Unreachable = 3;
    private const long MostPendingBytes = 16 * 1024 * 1024;

    private readonly Uri _address = server ?? new Uri(Environment.GetEnvironmentVariable("TRACKER_URL") is { Length: > 0 } given ? given : "http://127.0.0.1:5080");
    private readonly Lock _console = new();

    /// <summary>Exit code: 0 all stored, 1 something was not, 2 a file cannot be read, 3 the server does not answer.</summary>
    public async Task<int> RunAsync(string[] files, CancellationToken cancellationToken)
    {
        var codes = await Task.WhenAll(files.Select(file => Task.Run(() => RunAsync(file, cancellationToken), CancellationToken.None)));
        return codes.Max();
    }

    /// <summary>A run would wait for a server that is not there; somebody who replays a file wants to be told at once.</summary>
    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            using var answer = await client.GetAsync(new Uri(_address, "/healthz"), cancellationToken);
            return true;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            Console.Error.WriteLine($"{_address} does not answer: {error.Message}");
            return false;
        }
    }

    private async Task<int> RunAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // Read twice: once for its length, which says at what time it has to have started to end about now.
            var length = Length(path);
            using var file = RecordedRunFile.Open(path);
            if (!await AnswersAsync(cancellationToken)) return Unreachable;
            return await SendAsync(path, file.Run, length, cancellationToken);
        }
        catch (Exception error) when (RecordedRunFile.IsUnreadable(error))
        {
            Console.Error.WriteLine($"{path}: {error.Message}");
            return Unreadable;
        }
    }

    private static TimeSpan Length(string path)
    {
        using var file = RecordedRunFile.Open(path);
        return file.Run.ReadSteps().Select(step => step.Seconds).Where(double.IsFinite).DefaultIfEmpty(0).Max() is var seconds and > 0
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;
    }

    private async Task<int> SendAsync(string path, RecordedRun recorded, TimeSpan length, CancellationToken cancellationToken)
    {
        await using var run = await TrackerRun.StartAsync(
            new TrackerRunOptions
            {
                Url = _address,
                Project = project ?? Environment.GetEnvironmentVariable("TRACKER_PROJECT") ?? "replay",
                Name = recorded.Run.Length > 0 ? recorded.Run : Path.GetFileName(path),
                Config = ConfigOf(recorded),
                Tags = ["replay"],
                Mode = TrackerMode.Online,
                StateOnDispose = TrackerFinishState.Failed,
                // The file is there to be replayed again, and Ctrl-C is dealt with here.
                SpoolFolder = "",
                Collect = TrackerCollect.None,
                EndsOnSignals = false,
                Report = Console.Error.WriteLine,
            },
            cancellationToken);
        if (!json) Print($"{path}: {run.Url}");
        var time = Stopwatch.StartNew();
        await LogAsync(run, recorded, StartOf(length), time, cancellationToken);
        var state = cancellationToken.IsCancellationRequested ? TrackerFinishState.Killed : TrackerFinishState.Finished;
        var finish = await run.FinishAsync(state, TimeSpan.FromMinutes(5), cancellationToken: CancellationToken.None);
        return Result(path, run, finish, time.Elapsed);
    }

    private async Task LogAsync(TrackerRun run, RecordedRun recorded, DateTimeOffset start, Stopwatch time, CancellationToken cancellationToken)
    {
        var scalars = new List<(string Name, double Value)>();
        foreach (var step in recorded.ReadSteps(start.ToUnixTimeMilliseconds()))
        {
            await WaitAsync(run, step.Seconds, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested || run.ShouldStop) return;
            scalars.Clear();
            foreach (var column in step.Batch.Scalars) scalars.Add((column.Name, column.Values[0]));
            if (step.Batch.Scalars is [var first, ..]) run.Log(first.Steps[0], Time(first.Times[0]), CollectionsMarshal.AsSpan(scalars));
            foreach (var point in step.Batch.Histograms) run.LogHistogram(point.Name, point.Edges, point.Counts, point.Step, Time(point.Time));
            foreach (var item in step.Batch.Events) run.LogEvent(EventOf(item));
        }
    }

    /// <summary>Until the step's time has come, and until the server has taken most of what was sent: a replay drops nothing.</summary>
    private async Task WaitAsync(TrackerRun run, double seconds, Stopwatch time, CancellationToken cancellationToken)
    {
        if (speed > 0 && TimeSpan.FromSeconds(seconds / speed) - time.Elapsed is { Ticks: > 0 } early) await Task.Delay(early, cancellationToken);
        while (run.Statistics.PendingBytes > MostPendingBytes) await Task.Delay(10, cancellationToken);
    }

    /// <summary>No point may lie in the future: a run sent faster than it was recorded started that much earlier.</summary>
    private DateTimeOffset StartOf(TimeSpan length)
    {
        var lasts = speed > 0 ? length / speed : TimeSpan.Zero;
        return TimeProvider.System.GetUtcNow() - (length > lasts ? length - lasts : TimeSpan.Zero);
    }

    private int Result(string path, TrackerRun run, TrackerFinish finish, TimeSpan elapsed)
    {
        var statistics = run.Statistics;
        if (json)
        {
            Print(JsonSerializer.Serialize(new
            {
                file = path, run = run.Id, url = run.Url, logged = statistics.Logged, rejected = statistics.Rejected, dropped = finish.Dropped, left = finish.Left,
                seconds = Math.Round(elapsed.TotalSeconds, 3),
            }));
        }
        else
        {
            Print($"{path}: {statistics.Acknowledged} points, histograms and events in {elapsed.TotalSeconds:0.0} s");
        }

        return finish.Complete && statistics.Rejected == 0 ? Sent : NotAllStored;
    }

    private static TrackerEvent EventOf(Core.Series.RunEvent item) => new()
    {
        Kind = Enum.TryParse<TrackerEventKind>(item.Kind, ignoreCase: true, out var kind) ? kind : TrackerEventKind.Note,
        Name = item.Name.Length > 0 ? item.Name : item.Kind,
        Step = item.Step,
        Time = Time(item.Time),
        Level = Enum.TryParse<TrackerLevel>(item.Level, ignoreCase: true, out var level) ? level : null,
        Data = item.Data is null ? null : Object(item.Data),
    };

    private static Dictionary<string, object?> ConfigOf(RecordedRun recorded) => Object(recorded.Config);

    private static Dictionary<string, object?> Object(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value.Clone());
    }

    private static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private void Print(string line)
    {
        lock (_console) Console.WriteLine(line);
    }
}
