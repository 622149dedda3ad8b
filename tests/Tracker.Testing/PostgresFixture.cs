using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tracker.Api.Embedded;
using Xunit;

namespace Tracker.Testing;

/// <summary>
/// One PostgreSQL for all tests of a project; each test takes a database of its own. It is the one that <c>TRACKER_TEST_POSTGRES</c> names
/// (a connection string of a user who may create databases), a container where the tests were built with <c>-p:UseTestcontainers=true</c>,
/// else a private server like the product's, in a temporary folder. Use: <c>[assembly: AssemblyFixture(typeof(PostgresFixture))]</c>.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new("tracker postgres");
#if TESTCONTAINERS
    private Testcontainers.PostgreSql.PostgreSqlContainer? _server;
#else
    private EmbeddedPostgres? _server;
#endif
    private string _connectionString = "";

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("TRACKER_TEST_POSTGRES") is { Length: > 0 } given)
        {
            _connectionString = given;
            return;
        }
#if TESTCONTAINERS
        _server = new Testcontainers.PostgreSql.PostgreSqlBuilder().WithImage("postgres:17").Build();
        await _server.StartAsync();
        _connectionString = _server.GetConnectionString();
#else
        var options = new EmbeddedPostgresOptions
        {
            DataFolder = _folder.Path,
            // Nobody mourns these databases: they are made and dropped faster without waiting for the disk.
            Settings = new Dictionary<string, string> { ["fsync"] = "off", ["full_page_writes"] = "off", ["max_connections"] = "400" },
        };
        _server = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, CancellationToken.None);
        _connectionString = _server.ConnectionString;
#endif
    }

    /// <summary>A new, empty database; the host applies the schema to it when it starts.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Guid.NewGuid():n}";
        await ExecuteAsync($"create database {name}");
        return new NpgsqlConnectionStringBuilder(_connectionString) { Database = name, MaxPoolSize = 20 }.ConnectionString;
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_server is not null) await _server.DisposeAsync();
        _folder.Dispose();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
