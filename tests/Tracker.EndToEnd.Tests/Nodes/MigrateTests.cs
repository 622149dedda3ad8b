using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests.Nodes;

/// <summary>The server as a job that brings the schema up to date.</summary>
public sealed class MigrateTests(PostgresFixture postgres) : IDisposable
{
    private readonly TemporaryFolder data = new();

    public void Dispose() => data.Dispose();

    [Fact]
    public async Task With_the_switch_migrate_it_makes_the_schema_and_ends_without_serving()
    {
        var database = await postgres.CreateDatabaseAsync(withSchema: false);
        // The password comes by file, also for the way past a pooler.
        var connection = new NpgsqlConnectionStringBuilder(database);
        var password = Path.Combine(data.Path, "password");
        await File.WriteAllTextAsync(password, connection.Password + "\n", TestContext.Current.CancellationToken);
        connection.Password = null;
        var settings = new Dictionary<string, string>
        {
            ["ConnectionStrings__Tracker"] = connection.ConnectionString,
            ["ConnectionStrings__TrackerDirect"] = connection.ConnectionString,
            ["TRACKER_POSTGRES_PASSWORD_FILE"] = password,
        };

        var (exitCode, said) = await TrackerProcess.RunAsync(data.Path, settings, "--migrate");

        exitCode.ShouldBe(0, said);
        said.ShouldNotContain("Tracker is ready");
        await using var sql = NpgsqlDataSource.Create(database);
        await using var command = sql.CreateCommand("""select count(*) from "__EFMigrationsHistory" """);
        ((long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!).ShouldBeGreaterThan(0);
    }
}
