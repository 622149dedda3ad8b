using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Embedded;

/// <summary>The fixtures that the other tests stand on.</summary>
public sealed class HostTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Two_hosts_in_one_process_listen_on_ports_of_their_own()
    {
        await using var first = await TrackerServer.StartAsync(postgres);
        await using var second = await TrackerServer.StartAsync(postgres);
        first.Address.Port.ShouldNotBe(second.Address.Port);
        using var answer = await first.Client.GetAsync("/", TestContext.Current.CancellationToken);
        ((int)answer.StatusCode).ShouldBeLessThan(500);
    }

    [Fact]
    public async Task Every_test_has_a_database_of_its_own()
    {
        await ExecuteAsync(await postgres.CreateDatabaseAsync(), "create table mine ()");
        await ExecuteAsync(await postgres.CreateDatabaseAsync(), "create table mine ()");
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
