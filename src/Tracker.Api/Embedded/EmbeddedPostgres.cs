using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Npgsql;

namespace Tracker.Api.Embedded;

/// <summary>A PostgreSQL server of our own: started on a data folder, kept running, and stopped when disposed.</summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private const int SocketPort = 5432;

    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private readonly DatabaseHome _home;
    private readonly Cluster _cluster;
    private readonly string? _socketFolder;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _watch;
    private readonly Lazy<Task> _disposal;

    private EmbeddedPostgres(DatabaseHome home, Cluster cluster, string? socketFolder, string connectionString, ILogger logger)
    {
        (_home, _cluster, _socketFolder, _logger, ConnectionString) = (home, cluster, socketFolder, logger, connectionString);
        _watch = Task.Run(WatchAsync);
        _disposal = new Lazy<Task>(StopAsync);
    }

    /// <summary>How to reach the database <c>tracker</c> as its owner; stays the same until disposal.</summary>
    public string ConnectionString { get; }

    /// <summary>The process id of the server, null at a moment when it does not run.</summary>
    public int? ProcessId => _cluster.RunningProcess();

    /// <summary>Finds PostgreSQL (fetches it if need be), makes the database if there is none, and starts it.</summary>
    /// <exception cref="EmbeddedPostgresException">It cannot be done; the message says why and what to do.</exception>
    public static async Task<EmbeddedPostgres> StartAsync(EmbeddedPostgresOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var dataFolder = Path.GetFullPath(options.DataFolder ?? DatabaseHome.DefaultDataFolder());
        // pg_ctl hands the path to a shell between double quotes.
        if (dataFolder.AsSpan().IndexOfAny("\"$`\n\\") >= 0 && !OperatingSystem.IsWindows())
            throw new EmbeddedPostgresException($"The data folder {dataFolder} has a character in its path that PostgreSQL's pg_ctl cannot take (\" $ ` \\): set TRACKER_DATA to another one.");

        var account = await DatabaseAccount.FindAsync(cancellationToken);
        var home = await DatabaseHome.OpenAsync(dataFolder, account, cancellationToken);
        Cluster? cluster = null;
        string? socketFolder = null;
        try
        {
            var major = Cluster.MajorOf(home.Database);
            var binaries = await PostgresBinaries.FindAsync(major, options, account, cancellationToken)
                ?? await PostgresPackage.GetAsync(major, options, account, logger, cancellationToken);
            cluster = new Cluster(home.Database, binaries, account, logger);
            await cluster.StopOrphanAsync();

            var password = OperatingSystem.IsWindows() ? Password(home) : null;
            if (major is null) await cluster.CreateAsync(password, cancellationToken);
            socketFolder = OperatingSystem.IsWindows() ? null : await SocketFolder.CreateAsync(account, cancellationToken);
            var port = socketFolder is null ? FreePort() : SocketPort;
            ClusterSettings.Write(
                Path.Combine(home.Folder, ClusterSettings.FileName), socketFolder, port, await cluster.AcceptsAsync("wal_compression=lz4", cancellationToken), options.Settings);
            await cluster.StartAsync(cancellationToken);
            EmbeddedLog.Started(logger, binaries.Major, binaries.Folder, home.Folder);

            var connection = new NpgsqlConnectionStringBuilder
            {
                Host = socketFolder ?? "127.0.0.1",
                Port = port,
                Username = Cluster.Name,
                Database = Cluster.Name,
                Password = password,
            };
            return new EmbeddedPostgres(home, cluster, socketFolder, connection.ConnectionString, logger);
        }
        catch (Exception exception)
        {
            if (cluster?.RunningProcess() is not null) await cluster.StopAsync();
            if (socketFolder is not null) SocketFolder.Delete(socketFolder);
            home.Dispose();
            if (exception is IOException or UnauthorizedAccessException)
                throw new EmbeddedPostgresException($"The database in {dataFolder} cannot be started: {exception.Message}", exception);
            throw;
        }
    }

    /// <summary>Stops the server and lets go of the folder. A signal and the program's end may both call this; both wait until it is done.</summary>
    public ValueTask DisposeAsync() => new(_disposal.Value);

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _watch;
        await _cluster.StopAsync();
        if (_socketFolder is not null) SocketFolder.Delete(_socketFolder);
        _home.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Starts the server again when it ends without us. Requests fail meanwhile and clients send again; a start that fails is tried again later.</summary>
    private async Task WatchAsync()
    {
        var wait = WatchInterval;
        try
        {
            while (true)
            {
                await Task.Delay(wait, _stopping.Token);
                if (_cluster.RunningProcess() is not null) continue;
                EmbeddedLog.Died(_logger);
                try
                {
                    await _cluster.StartAsync(_stopping.Token);
                    wait = WatchInterval;
                }
                catch (EmbeddedPostgresException exception)
                {
                    // A full disk, mostly: somebody makes room soon, or nobody does for long.
                    EmbeddedLog.NotRestarted(_logger, exception.Message);
                    wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposal.
        }
    }

    private static string Password(DatabaseHome home)
    {
        var file = Path.Combine(home.Folder, "password");
        if (!File.Exists(file)) File.WriteAllText(file, RandomNumberGenerator.GetHexString(32));
        return File.ReadAllText(file);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
