using System.Diagnostics;
using Npgsql;

namespace Tracker.Testing.Durability;

/// <param name="Faults">How many times something is broken.</param>
/// <param name="Kinds">What may be broken, in turn; <see cref="Fault.FillDisk"/> is left out where no small disk can be mounted.</param>
/// <param name="Seed">Of the moments at which it breaks.</param>
/// <param name="Runs">Runs written to at once.</param>
/// <param name="WritersPerRun">Writers of each run.</param>
/// <param name="FaultsPerRound">After so many faults the runs are finished, compared point by point, and others begun.</param>
/// <param name="DiskMegabytes">Size of the disk that is filled.</param>
public sealed record DurabilityOptions(
    int Faults, IReadOnlyList<Fault>? Kinds = null, int Seed = 1, int Runs = 2, int WritersPerRun = 3, int FaultsPerRound = 9, int DiskMegabytes = 1024);

/// <summary>What a loop went through.</summary>
/// <param name="Faults">How often each thing was broken.</param>
/// <param name="Runs">Runs that were compared point by point.</param>
/// <param name="Points">Acknowledged scalar points, each found exactly once.</param>
/// <param name="Batches">Acknowledged batches.</param>
/// <param name="Resent">Requests without an answer, sent again.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="LongestOutage">Longest time from a fault to the moment when every writer was acknowledged again.</param>
public sealed record DurabilityResult(
    IReadOnlyDictionary<Fault, int> Faults, int Runs, long Points, long Batches, long Resent, TimeSpan Elapsed, TimeSpan LongestOutage);

/// <summary>
/// Writes to a server from several clients while the server, its PostgreSQL, the network and the disk are broken at random moments, and holds
/// after every fault what is stored against what was acknowledged.
/// </summary>
public sealed class DurabilityLoop : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly DurabilityOptions _options;
    private readonly Action<string> _note;
    private readonly Random _random;
    private readonly TemporaryFolder _folder = new("tracker durability");
    private readonly SmallDisk? _disk;
    private readonly IReadOnlyList<Fault> _kinds;
    private readonly Dictionary<Fault, int> _struck = [];
    private TrackerProcess _server = null!;
    private CuttingProxy _network = null!;
    private HttpClient _clients = null!;
    private HttpClient _checks = null!;
    private TimeSpan _longestOutage;
    private Fault _last;

    private DurabilityLoop(DurabilityOptions options, Action<string> note)
    {
        (_options, _note, _random) = (options, note, new Random(options.Seed));
        var kinds = options.Kinds ?? Enum.GetValues<Fault>();
        _disk = kinds.Contains(Fault.FillDisk) ? SmallDisk.Mount(_folder.Path, options.DiskMegabytes) : null;
        _kinds = [.. kinds.Where(kind => kind is not Fault.FillDisk || _disk is not null)];
        if (_kinds.Count < kinds.Count) note("no small disk could be mounted here: the disk is not filled");
    }

    /// <summary>Runs one loop on a new server with an empty database.</summary>
    /// <exception cref="DurabilityException">A promise was broken.</exception>
    public static async Task<DurabilityResult> RunAsync(DurabilityOptions options, Action<string> note, CancellationToken cancel)
    {
        await using var loop = new DurabilityLoop(options, note);
        try
        {
            return await loop.RunAsync(cancel);
        }
        catch (Exception error) when (loop._server is not null && error is not OperationCanceledException)
        {
            throw new DurabilityException($"After {loop._last}: {error.Message}\nThe server's last words:\n{Tail(loop._server.Output)}", error);
        }
    }

    private async Task<DurabilityResult> RunAsync(CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        _server = await TrackerProcess.StartAsync(_folder.Path);
        _network = new CuttingProxy(_server.Address!);
        _clients = new HttpClient { BaseAddress = _network.Address, Timeout = Timeout.InfiniteTimeSpan };
        _checks = new HttpClient { BaseAddress = _server.Address, Timeout = TimeSpan.FromMinutes(2) };
        var all = new List<LoopWriter>();
        var runs = 0;
        for (var struck = 0; struck < _options.Faults;)
        {
            var faults = Math.Min(_options.FaultsPerRound, _options.Faults - struck);
            var round = await RoundAsync(struck, faults, cancel);
            all.AddRange(round);
            struck += faults;
            runs += _options.Runs;
            _note($"{struck} faults: {all.Sum(writer => 3 * writer.Steps):N0} points of {runs} runs are there exactly once, {all.Sum(writer => writer.Resent)} requests were sent again, longest outage {_longestOutage.TotalSeconds:F1} s");
        }

        return new DurabilityResult(
            _struck, runs, all.Sum(writer => 3 * writer.Steps), all.Sum(writer => writer.Batches), all.Sum(writer => writer.Resent), clock.Elapsed, _longestOutage);
    }

    /// <summary>New runs, some faults, then the comparison point by point: with a tail in the journal, and again when all is in chunks.</summary>
    private async Task<List<LoopWriter>> RoundAsync(int first, int faults, CancellationToken cancel)
    {
        var writers = new List<LoopWriter>();
        for (var i = 0; i < _options.Runs; i++)
        {
            var run = await _checks.CreateRunAsync("durability");
            for (var w = 0; w < _options.WritersPerRun; w++) writers.Add(new LoopWriter(_clients, run, w));
        }

        for (var i = 0; i < faults; i++)
        {
            var kind = _kinds[(first + i) % _kinds.Count];
            _last = kind;
            await StrikeAsync(kind, writers, cancel);
            _struck[kind] = _struck.GetValueOrDefault(kind) + 1;
            foreach (var run in writers.GroupBy(writer => writer.Run)) await CheckAsync(run.Key, [.. run], everyPoint: false, cancel);
        }

        foreach (var run in writers.GroupBy(writer => writer.Run)) await CheckAsync(run.Key, [.. run], everyPoint: true, cancel);
        foreach (var run in writers.GroupBy(writer => writer.Run))
        {
            await (await _checks.PostAsync($"/api/v1/runs/{run.Key}/finish", "{}")).JsonAsync();
            await SettledAsync(run.Key, cancel);
            await CheckAsync(run.Key, [.. run], everyPoint: true, cancel);
        }

        return writers;
    }

    /// <summary>Load, a fault at a random moment, and load until every writer has been acknowledged again.</summary>
    private async Task StrikeAsync(Fault kind, List<LoopWriter> writers, CancellationToken cancel)
    {
        using var pause = new CancellationTokenSource();
        var load = writers.ConvertAll(writer => Task.Run(() => writer.SendAsync(pause.Token, cancel), cancel));
        await AcknowledgedAsync(load, writers, cancel);
        await Task.Delay(_random.Next(20, 700), cancel);
        var outage = Stopwatch.StartNew();
        await StrikeAsync(kind, cancel);
        await AcknowledgedAsync(load, writers, cancel);
        if (outage.Elapsed > _longestOutage) _longestOutage = outage.Elapsed;
        await pause.CancelAsync();
        await Task.WhenAll(load);
    }

    /// <summary>Waits until every writer has got one more acknowledgement than it has now.</summary>
    private async Task AcknowledgedAsync(List<Task> load, List<LoopWriter> writers, CancellationToken cancel)
    {
        var before = writers.ConvertAll(writer => writer.Batches);
        var clock = Stopwatch.StartNew();
        while (writers.Where((writer, i) => writer.Batches == before[i]).Any())
        {
            if (load.Find(writer => writer.IsFaulted) is { } failed) await failed;
            if (clock.Elapsed > Patience) throw new DurabilityException($"No acknowledgement within {Patience}:\n{_server.Output}");
            await Task.Delay(5, cancel);
        }
    }

    private async Task StrikeAsync(Fault kind, CancellationToken cancel)
    {
        switch (kind)
        {
            case Fault.KillServer:
                await _server.KillAsync();
                await _server.StartAsync();
                break;
            case Fault.KillBoth:
                Postgres.Kill(_folder.Path);
                await _server.KillAsync();
                await _server.StartAsync();
                break;
            case Fault.KillPostgres:
                Postgres.Kill(_folder.Path);
                break;
            case Fault.KillSession:
                Postgres.KillSession(_folder.Path, _random);
                break;
            case Fault.StopServer:
                await _server.StopAsync();
                await _server.StartAsync();
                break;
            case Fault.PauseServer:
                await Postgres.SignalAsync("-STOP", _server.ProcessId);
                await SomeTimeAsync();
                await Postgres.SignalAsync("-CONT", _server.ProcessId);
                break;
            case Fault.CutNetwork:
                _network.Cut();
                await SomeTimeAsync();
                _network.Restore();
                break;
            case Fault.SilentNetwork:
                _network.Silence();
                await SomeTimeAsync();
                _network.Cut();
                _network.Restore();
                break;
            case Fault.FillDisk:
                _disk!.Fill();
                await SomeTimeAsync();
                _disk.Free();
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }

        Task SomeTimeAsync() => Task.Delay(_random.Next(100, 2_000), cancel);
    }

    private async Task CheckAsync(string run, List<LoopWriter> writers, bool everyPoint, CancellationToken cancel)
    {
        await Verification.CheckCountsAsync(_checks, run, writers);
        await using (var database = Postgres.Connect(_folder.Path)) await Verification.CheckTablesAsync(database, run, writers, cancel);
        if (everyPoint) await Verification.CheckPointsAsync(_checks, run, writers, cancel);
    }

    private async Task SettledAsync(string run, CancellationToken cancel)
    {
        await using var database = Postgres.Connect(_folder.Path);
        await using var command = database.CreateCommand("select unsettled from run_heads join runs using (run_key) where id = $1");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = run });
        await TrackerApi.UntilAsync(async () => await command.ExecuteScalarAsync(cancel) is true, unsettled => !unsettled, $"Run {run} is compacted and analysed", Patience);
    }

    private static string Tail(string output) => string.Join('\n', output.Split('\n').TakeLast(30));

    public async ValueTask DisposeAsync()
    {
        _clients?.Dispose();
        _checks?.Dispose();
        if (_network is not null) await _network.DisposeAsync();
        _disk?.Free();
        if (_server is not null) await _server.DisposeAsync();
        _disk?.Dispose();
        _folder.Dispose();
    }
}
