using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tracker.Api.Embedded;
using Tracker.Api.Storage;

namespace Tracker.Api.Admin;

/// <summary>What stops a command of <c>tracker admin</c>: one line for people.</summary>
public sealed class AdminException(string message) : Exception(message);

/// <summary>
/// The database for a command: the one that <c>ConnectionStrings:Tracker</c> names; else the private one, reached while its server runs, or started for the command alone.
/// </summary>
internal sealed class AdminDatabase : IAsyncDisposable
{
    private readonly EmbeddedPostgres? started;

    private AdminDatabase(string connection, string? folder, string? keys, EmbeddedPostgres? started)
    {
        (ConnectionString, Folder, Keys, this.started) = (connection, folder, keys, started);
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { ApplicationName = "tracker admin", MaxPoolSize = 4, GssEncryptionMode = GssEncryptionMode.Disable });
    }

    public string ConnectionString { get; }

    /// <summary>The folder of the private database's files; null for a foreign server.</summary>
    public string? Folder { get; }

    /// <summary>The folder of the keys that encrypt secrets of channels; null for a foreign server.</summary>
    public string? Keys { get; }

    public NpgsqlDataSource Source { get; }

    /// <param name="data">The data folder; null for that of <c>TRACKER_DATA</c>, else the default.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="withSchema">Whether what is missing of the schema is applied.</param>
    /// <exception cref="AdminException">There is none, or it cannot be reached.</exception>
    public static async Task<AdminDatabase> OpenAsync(string? data, CancellationToken cancel, bool withSchema = true)
    {
        var database = await FindAsync(data, cancel);
        if (withSchema) await database.MigrateAsync(cancel);
        return database;
    }

    private static async Task<AdminDatabase> FindAsync(string? data, CancellationToken cancel)
    {
        var configuration = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true).AddEnvironmentVariables().Build();
        if (data is null && configuration.GetConnectionString(Database.ConnectionName) is { Length: > 0 } foreign)
        {
            var given = new NpgsqlConnectionStringBuilder(foreign);
            if (configuration["TRACKER_POSTGRES_PASSWORD_FILE"] is { Length: > 0 } file) given.Password = (await File.ReadAllTextAsync(file, cancel)).Trim();
            return new AdminDatabase(given.ConnectionString, null, null, null);
        }

        var folder = Path.GetFullPath(data ?? (configuration["TRACKER_DATA"] is { Length: > 0 } named ? named : DatabaseHome.DefaultDataFolder()));
        var pointer = Path.Combine(folder, "database-home");
        var database = Path.Combine(File.Exists(pointer) ? (await File.ReadAllTextAsync(pointer, cancel)).Trim() : folder, "database");
        if (Running(database) is { } running && await AnswersAsync(running, cancel)) return new AdminDatabase(running, database, KeysBackup.Of(folder), null);
        try
        {
            var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = folder, BinaryFolder = configuration["TRACKER_POSTGRES_BIN"] }, NullLogger.Instance, cancel);
            return new AdminDatabase(postgres.ConnectionString, database, KeysBackup.Of(folder), postgres);
        }
        catch (EmbeddedPostgresException error)
        {
            throw new AdminException(error.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (started is not null) await started.DisposeAsync();
    }

    /// <summary>Applies what is missing of the schema: commands find that of this version, as the server would.</summary>
    public async Task MigrateAsync(CancellationToken cancel)
    {
        try
        {
            if (await Migrations.AreAppliedAsync(Source, cancel)) return;
            var options = new DbContextOptionsBuilder<TrackerDbContext>().UseNpgsql(Source).ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
            await using var context = new TrackerDbContext(options.Options);
            await context.Database.MigrateAsync(cancel);
        }
        catch (NpgsqlException error)
        {
            await DisposeAsync();
            throw new AdminException("The database cannot be used: " + error.Message);
        }
    }

    /// <summary>How to reach a private server that runs, by what it noted of itself.</summary>
    private static string? Running(string database)
    {
        var file = Path.Combine(database, "postmaster.pid");
        if (!File.Exists(file) || File.ReadAllLines(file) is not { Length: > 4 } lines) return null;
        var password = Path.Combine(Path.GetDirectoryName(database)!, "password");
        return new NpgsqlConnectionStringBuilder
        {
            Host = lines[4].Length > 0 ? lines[4] : "127.0.0.1",
            Port = int.Parse(lines[3], CultureInfo.InvariantCulture),
            Username = Cluster.Name,
            Database = Cluster.Name,
            Password = File.Exists(password) ? File.ReadAllText(password) : null,
        }.ConnectionString;
    }

    private static async Task<bool> AnswersAsync(string connection, CancellationToken cancel)
    {
        try
        {
            await using var source = NpgsqlDataSource.Create(connection);
            await using var command = source.CreateCommand("select 1");
            await command.ExecuteScalarAsync(cancel);
            return true;
        }
        catch (NpgsqlException)
        {
            // The note of a server that was killed.
            return false;
        }
    }
}
