using System.Diagnostics;
using Npgsql;
using Tracker.Testing;
using Tracker.Testing.Durability;

namespace Tracker.Bench.Server;

/// <summary>The product as it is started by people, on a new data folder, beside a connection to its private PostgreSQL.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly TrackerProcess _process;

    private BenchServer(TemporaryFolder folder, TrackerProcess process)
    {
        (_folder, _process) = (folder, process);
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = process.Address, Timeout = TimeSpan.FromMinutes(2) };
        Database = Connect();
    }

    public HttpClient Http { get; }

    public NpgsqlDataSource Database { get; private set; }

    public Uri Address => _process.Address!;

    public Uri GrpcAddress => _process.GrpcAddress!;

    public string DataFolder => _folder.Path;

    /// <param name="environment">Settings of the server.</param>
    public static async Task<BenchServer> StartAsync(IReadOnlyDictionary<string, string>? environment = null)
    {
        var folder = new TemporaryFolder("tracker-bench");
        try
        {
            return new BenchServer(folder, await TrackerProcess.StartAsync(folder.Path, environment));
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A data source for another database of the same PostgreSQL.</summary>
    public NpgsqlDataSource Connect(string database = "tracker") => Postgres.Connect(_folder.Path, database);

    /// <summary>Stops the server and its PostgreSQL and starts them again; gives the time from the start of the process to a 200 of <c>/readyz</c>.</summary>
    public async Task<TimeSpan> RestartAsync(CancellationToken cancel)
    {
        await Database.DisposeAsync();
        await _process.StopAsync();
        var clock = Stopwatch.StartNew();
        await _process.StartAsync();
        using (var ready = await Http.GetAsync(new Uri("/readyz", UriKind.Relative), cancel)) ready.EnsureSuccessStatusCode();
        var took = clock.Elapsed;
        Database = Connect();
        return took;
    }

    /// <summary>Ends runs and waits until everything that they logged is in chunks and has been seen by the analyzer.</summary>
    /// <returns>How long that took.</returns>
    public async Task<TimeSpan> SettleAsync(IEnumerable<string> runs, CancellationToken cancel)
    {
        var clock = Stopwatch.StartNew();
        foreach (var run in runs) await (await Http.PostAsync($"/api/v1/runs/{run}/finish", "{}")).JsonAsync();
        await using var command = Database.CreateCommand("select count(*) from run_heads where unsettled");
        while (await command.ExecuteScalarAsync(cancel) is not 0L) await Task.Delay(20, cancel);
        return clock.Elapsed;
    }

    /// <summary>Resident memory of the server itself, in bytes.</summary>
    public long ResidentBytes()
    {
        using var process = Process.GetProcessById(_process.ProcessId);
        return process.WorkingSet64;
    }

    public ProcessorTime ReadProcessorTime() => ProcessorTime.Read(
        _process.ProcessId, int.Parse(File.ReadLines(_folder[Path.Combine("database", "postmaster.pid")]).First()));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Database.DisposeAsync();
        await _process.DisposeAsync();
        _folder.Dispose();
    }
}
