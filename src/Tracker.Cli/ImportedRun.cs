using System.Text.Json;
using System.Text.Json.Nodes;
using Tracker.Client;

namespace Tracker.Cli;

/// <summary>
/// A run that is imported. What is read comes in the same order every time, and the server keeps it in that order: as many points of a series
/// as it has are passed over, and importing again, or after an interruption, adds what is new. Without anything new the run is not touched.
/// </summary>
internal sealed class ImportedRun
{
    private const long MostPendingBytes = 16 * 1024 * 1024;
    private const long MostStep = 1L << 53;

    private readonly ImportTarget _target;
    private readonly string _id;
    private readonly string _name;
    private readonly string _source;
    private readonly string _from;
    private readonly Dictionary<string, There> _there = [];
    private readonly List<(string, double)> _new = [];
    private TrackerRun? _run;
    private (long Step, DateTimeOffset? Time)? _restart;
    private string? _url;
    private bool _isKnown;
    private long _passed;
    private int _restarts;

    private ImportedRun(ImportTarget target, string id, string name, string source, string from) =>
        (_target, _id, _name, _source, _from) = (target, id, name, source, from);

    /// <summary>Values that no run can hold: of a step out of range, or of a series that has another kind.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Asks what the server has of the run.</summary>
    /// <exception cref="CommandException">The server does not answer, or says no.</exception>
    public static async Task<ImportedRun> OpenAsync(ImportTarget target, string id, string name, string source, string from, CancellationToken cancellationToken)
    {
        var imported = new ImportedRun(target, id, name, source, from);
        using var server = new Server(target.Server);
        if (await server.FindAsync($"runs/{id}", cancellationToken) is not { } run) return imported;
        imported._isKnown = true;
        imported._url = (string?)run["url"];
        await foreach (var series in server.ListAsync($"runs/{id}/series", cancellationToken))
            imported._there[(string)series["name"]!] = new There((string?)series["kind"] == "histogram", (long)series["count"]!);
        return imported;
    }

    /// <summary>The training went back to a step: told before the next point that is new.</summary>
    public void Restart(long step, DateTimeOffset? time) => _restart = (step, time);

    public async Task LogAsync(long step, DateTimeOffset? time, IReadOnlyList<(string Name, double Value)> values, CancellationToken cancellationToken)
    {
        _new.Clear();
        foreach (var (name, value) in values)
        {
            if (IsNew(name, step, isHistogram: false)) _new.Add((Clean(name), value));
        }

        if (_new.Count == 0) return;
        var run = await RunAsync(cancellationToken);
        if (time is { } at) run.Log(step, at, _new.ToArray());
        else run.Log(step, _new.ToArray());
        await WaitForRoomAsync(run, cancellationToken);
    }

    public async Task LogHistogramAsync(string name, double[] edges, double[] counts, long step, DateTimeOffset time, CancellationToken cancellationToken)
    {
        if (!IsNew(name, step, isHistogram: true)) return;
        var run = await RunAsync(cancellationToken);
        run.LogHistogram(Clean(name), edges, counts, step, time);
        await WaitForRoomAsync(run, cancellationToken);
    }

    /// <summary>Ends the run and says what became of it.</summary>
    /// <param name="skipped">Values of the files that are neither numbers nor histograms.</param>
    public async Task<int> FinishAsync(long skipped)
    {
        var finish = _run is null ? new TrackerFinish(true, 0, 0) : await _run.FinishAsync(TrackerFinishState.Finished, TimeSpan.FromMinutes(5), cancellationToken: CancellationToken.None);
        var (sent, rejected) = ((_run?.Statistics.Acknowledged ?? 0) - _restarts, _run?.Statistics.Rejected ?? 0);
        var url = _run?.Url?.ToString() ?? _url;
        skipped += LeftOut;
        foreach (var (name, there) in _there.Where(series => series.Value is { IsSeen: true, Count: > 0 }))
            await Console.Error.WriteLineAsync($"tracker: {_from}: run {_id} has {there.Count:N0} more points of {name} than this; is it another one? --run gives it a run of its own");
        if (_target.IsJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new { from = _from, run = _id, url, points = sent, there = _passed, rejected, dropped = finish.Dropped, left = finish.Left, skipped }));
        }
        else
        {
            var already = !_isKnown ? "" : sent == 0 ? "already there, nothing new" : "already there, ";
            var news = _isKnown ? sent == 0 ? "" : $"{sent:N0} new points and histograms" : $"{sent:N0} points and histograms";
            Console.WriteLine($"{_from}: {already}{news}{(skipped > 0 ? $", {skipped:N0} of other kinds left out" : "")}{(url is null ? "" : $": {url}")}");
        }

        return finish.Complete ? 0 : CommandException.Incomplete;
    }

    private bool IsNew(string name, long step, bool isHistogram)
    {
        if (!_there.TryGetValue(Clean(name), out var there)) _there[Clean(name)] = there = new There(isHistogram, 0);
        there.IsSeen = true;
        if (there.IsHistogram != isHistogram || step is > MostStep or < -MostStep)
        {
            LeftOut++;
            return false;
        }

        if (there.Count == 0) return true;
        there.Count--;
        _passed++;
        _restart = null; // It was told before this point.
        return false;
    }

    private async Task<TrackerRun> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            _run ??= await TrackerRun.StartAsync(Options(), cancellationToken);
        }
        catch (TrackerRefusedException error)
        {
            throw new CommandException(CommandException.Unreadable, $"{_from}: {error.Message} --run gives it another id.");
        }

        if (_restart is { } restart)
        {
            // In one batch points go by their steps; what comes after the restart has to be in another.
            while (_run.Statistics.Pending > 0) await Task.Delay(10, cancellationToken);
            _run.LogEvent(new TrackerEvent { Kind = TrackerEventKind.Resume, Name = "restart", Step = restart.Step, Time = restart.Time });
            _restart = null;
            _restarts++;
        }

        return _run;
    }

    private TrackerRunOptions Options() => new()
    {
        Url = _target.Server,
        Project = _target.Project,
        Id = _id,
        Resume = TrackerResume.Allow,
        Rank = 0,
        Name = _name,
        Tags = ["imported", _source],
        Notes = $"imported from {_from}",
        Mode = TrackerMode.Online,
        // The files are there to be read again, and the machine is not the one that trained.
        SpoolFolder = "",
        Collect = TrackerCollect.None,
        EndsOnSignals = false,
        StateOnDispose = TrackerFinishState.Failed,
        Report = Console.Error.WriteLine,
    };

    /// <summary>Nothing is dropped: files are read no faster than the server takes what is in them.</summary>
    private static async Task WaitForRoomAsync(TrackerRun run, CancellationToken cancellationToken)
    {
        while (run.Statistics.PendingBytes > MostPendingBytes) await Task.Delay(10, cancellationToken);
    }

    // One such name would have its whole batch refused.
    private static string Clean(string name) => name.Any(char.IsControl) ? string.Concat(name.Select(c => char.IsControl(c) ? '_' : c)) : name;

    /// <summary>What the server has of a series that was not met in the files yet.</summary>
    private sealed class There(bool isHistogram, long count)
    {
        public bool IsHistogram => isHistogram;

        public long Count { get; set; } = count;

        public bool IsSeen { get; set; }
    }
}
