using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tracker.Api.Embedded;
using Tracker.Api.Storage;
using Xunit;

namespace Tracker.Testing;

/// <summary>
/// One PostgreSQL for all tests of a project; each test takes a database of its own. It is the one that <c>TRACKER_TEST_POSTGRES</c> names
/// (a connection string of a user who may create databases), a container where the tests were built with <c>-p:UseTestcontainers=true</c>
/// (its major version by <c>TRACKER_TEST_POSTGRES_VERSION</c>, 14 to 18, default 17), else a private server like the product's, in a temporary folder. Use: <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    /// <summary>Nobody mourns these databases: they are made and dropped faster without waiting for the disk.</summary>
    private static readonly Dictionary<string, string> FastSettings = new() { ["fsync"] = "off", ["full_page_writes"] = "off", ["max_connections"] = "400" };

    private readonly TemporaryFolder _folder = new("tracker postgres");
#if TESTCONTAINERS
    private Testcontainers.PostgreSql.PostgreSqlContainer? _server;
#else
    private EmbeddedPostgres? _server;
#endif
    private readonly string _template = $"template_{Guid.NewGuid():n}";
    private readonly ConcurrentBag<string> _databases = [];
    private string _connectionString = "";

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("TRACKER_TEST_POSTGRES") is { Length: > 0 } given)
        {
            _connectionString = given;
            await CreateTemplateAsync();
            return;
        }
#if TESTCONTAINERS
        var version = Environment.GetEnvironmentVariable("TRACKER_TEST_POSTGRES_VERSION") is { Length: > 0 } named ? named : "17";
        if (!int.TryParse(version, out var major) || major is < 14 or > 18)
            throw new InvalidOperationException($"TRACKER_TEST_POSTGRES_VERSION is \"{version}\"; it must be a major version from 14 to 18.");
        _server = new Testcontainers.PostgreSql.PostgreSqlBuilder($"postgres:{major}")
            // Tests create and drop databases by hundreds and compare names by bytes, as the private server does.
            .WithEnvironment("POSTGRES_INITDB_ARGS", "--locale=C --encoding=UTF8")
            .WithCommand([.. FastSettings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" })])
            .Build();
        await _server.StartAsync();
        _connectionString = _server.GetConnectionString();
#else
        var options = new EmbeddedPostgresOptions
        {
            DataFolder = _folder.Path,
            Settings = FastSettings,
        };
        _server = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None);
        _connectionString = _server.ConnectionString;
#endif
        await CreateTemplateAsync();
    }

    /// <summary>A new database with Tracker's schema and nothing in it, or with nothing at all.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync(bool withSchema = true)
    {
        var name = $"test_{Guid.NewGuid():n}";
        await ExecuteAsync($"create database {name} template {(withSchema ? _template : "template0")}");
        _databases.Add(name);
        return ConnectionTo(name);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is null && _connectionString.Length > 0)
        {
            // The server goes on without us: it is left as it was found.
            foreach (var name in _databases.Append(_template)) await ExecuteAsync($"drop database if exists {name} with (force)");
        }
        NpgsqlConnection.ClearAllPools();
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Copying a database that has the schema is much faster than applying it for every test.</summary>
    private async Task CreateTemplateAsync()
    {
        await ExecuteAsync($"create database {_template}");
        var options = new DbContextOptionsBuilder<TrackerDbContext>()
            // No pool: a database with a connection to it cannot be copied.
            .UseNpgsql(ConnectionTo(_template) + ";Pooling=false")
            .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
        await using var context = new TrackerDbContext(options.Options);
        await context.Database.MigrateAsync();
    }

    private string ConnectionTo(string database) => new NpgsqlConnectionStringBuilder(_connectionString) { Database = database, MaxPoolSize = 20 }.ConnectionString;

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
