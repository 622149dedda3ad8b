using System.Runtime.InteropServices;
using Npgsql;

namespace Tracker.Api.Embedded;

public static class EmbeddedPostgresSetup
{
    private const string ConnectionKey = "ConnectionStrings:Tracker";
    private const string DirectConnectionKey = "ConnectionStrings:TrackerDirect";
    private const string ReplicaConnectionKey = "ConnectionStrings:TrackerReplica";

    /// <summary>
    /// Starts the private PostgreSQL and sets <c>ConnectionStrings:Tracker</c> to it; starts none and returns null where that key is set already.
    /// The password may then stand in a file of its own, as container secrets do: <c>TRACKER_POSTGRES_PASSWORD_FILE</c>.
    /// The caller disposes what it gets after the host has stopped: the database goes last.
    /// </summary>
    /// <remarks>
    /// Until the host listens to signals by itself, Ctrl-C and SIGTERM are watched here, so that a server that is stopped
    /// while it starts takes its database with it.
    /// </remarks>
    /// <exception cref="EmbeddedPostgresException">The one line to print before exiting with 1.</exception>
    /// <exception cref="OperationCanceledException">A signal came before the database ran: nothing is left running.</exception>
    public static async Task<EmbeddedPostgres?> AddEmbeddedPostgresAsync(this IHostApplicationBuilder builder, ILogger logger)
    {
        var configuration = builder.Configuration;
        if (configuration[ConnectionKey] is { } connection && !string.IsNullOrWhiteSpace(connection))
        {
            if (Given("TRACKER_POSTGRES_PASSWORD_FILE") is { } file)
            {
                configuration[ConnectionKey] = WithPassword(connection, file);
                foreach (var key in new[] { DirectConnectionKey, ReplicaConnectionKey })
                {
                    if (Given(key) is { } other) configuration[key] = WithPassword(other, file);
                }
            }

            return null;
        }

        var signals = new StartupSignals();
        EmbeddedPostgres? postgres = null;
        try
        {
            postgres = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions
                {
                    DataFolder = Given("TRACKER_DATA"),
                    BinaryFolder = Given("TRACKER_POSTGRES_BIN"),
                    Settings = Given(WalArchive.Key) is { } archive ? WalArchive.Settings(archive) : new Dictionary<string, string>(),
                },
                logger,
                signals.Stopping);
            configuration[ConnectionKey] = postgres.ConnectionString;
            // Beside the database, not in it: a copy of the database alone opens no secret.
            configuration["TRACKER_KEYS"] ??= Path.Combine(Given("TRACKER_DATA") ?? DatabaseHome.DefaultDataFolder(), "keys");
            signals.Guard(postgres);
            builder.Services.AddHostedService(_ => signals);
            return postgres;
        }
        catch
        {
            signals.Dispose();
            if (postgres is not null) await postgres.DisposeAsync();
            throw;
        }

        string? Given(string key) => configuration[key] is { Length: > 0 } value ? value : null;
    }

    private static string WithPassword(string connectionString, string file)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connectionString) { Password = File.ReadAllText(file).Trim() }.ConnectionString;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EmbeddedPostgresException($"TRACKER_POSTGRES_PASSWORD_FILE names {file}, which cannot be read: {exception.Message}", exception);
        }
    }

    /// <summary>Watches for Ctrl-C and SIGTERM from the start of the database to the start of the host, whose own watch takes over.</summary>
    private sealed class StartupSignals : IHostedService, IDisposable
    {
        private readonly CancellationTokenSource _stopping = new();
        private readonly PosixSignalRegistration[] _registrations;
        private volatile EmbeddedPostgres? _postgres;

        public StartupSignals() =>
            _registrations = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)];

        public CancellationToken Stopping => _stopping.Token;

        /// <summary>From here on a signal stops this database and ends the process.</summary>
        public void Guard(EmbeddedPostgres postgres)
        {
            _postgres = postgres;
            _stopping.Token.ThrowIfCancellationRequested();
        }

        public Task StartAsync(CancellationToken cancellationToken)
        {
            Dispose();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose()
        {
            foreach (var registration in _registrations) registration.Dispose();
        }

        private void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            _stopping.Cancel();
            if (_postgres is not { } postgres) return;
            postgres.DisposeAsync().AsTask().Wait();
            Environment.Exit(128 + (context.Signal == PosixSignal.SIGINT ? 2 : 15));
        }
    }
}
