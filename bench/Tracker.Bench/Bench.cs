using Tracker.Bench.Load;
using Tracker.Bench.Server;

namespace Tracker.Bench;

/// <summary>One call of the program: its options, what it prints, and the servers it needs.</summary>
internal sealed class Bench(TimeSpan load, TimeSpan warmUp, int rounds) : IAsyncDisposable
{
    private Dataset? _dataset;
    private bool _settingsPrinted;

    /// <summary>Length of one load.</summary>
    public TimeSpan Load => load;

    /// <summary>Length of the load that goes before it and does not count.</summary>
    public TimeSpan WarmUp => warmUp;

    /// <summary>Repetitions of what is repeated; the median counts.</summary>
    public int Rounds => rounds;

    public static void Report(Figure figure) => Console.Out.WriteLine(figure.ToLine());

    /// <summary>Progress, on standard error.</summary>
    public static void Note(string line) => Console.Error.WriteLine($"# {line}");

    /// <summary>A new server with an empty database.</summary>
    public async Task<BenchServer> StartServerAsync(CancellationToken cancel)
    {
        var server = await BenchServer.StartAsync();
        if (!_settingsPrinted) await Settings.PrintAsync(server, cancel);
        _settingsPrinted = true;
        return server;
    }

    /// <summary>A server with stored points, made once for all figures that read them.</summary>
    public async Task<Dataset> DatasetAsync(CancellationToken cancel) => _dataset ??= await Dataset.CreateAsync(await StartServerAsync(cancel), cancel);

    public async ValueTask DisposeAsync()
    {
        if (_dataset is not null) await _dataset.Server.DisposeAsync();
    }
}
