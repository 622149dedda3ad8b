using Npgsql;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Alerts;

/// <summary>A fresh database with the schema for each test, with projects and runs of keys 1 and 2.</summary>
public abstract class AlertDatabase(PostgresFixture postgres) : IAsyncLifetime
{
    protected string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        ConnectionString = await postgres.CreateDatabaseAsync();
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var rows = database.CreateCommand(
            """
            insert into projects (name) values ('digits'), ('letters');
            insert into runs (project_key, id, name) values (1, 'run-7', 'seven'), (2, 'run-8', 'eight');
            """);
        await rows.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }
}
