using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Tracker.Api.Admin;
using Tracker.Api.Embedded;
using Tracker.Api.Storage;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Storage;

/// <summary>A real standby by streaming replication: two PostgreSQL are started.</summary>
public sealed class ReplicaTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Charts_and_exports_come_from_a_standby_that_keeps_up_and_from_the_database_when_it_does_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The private server of Windows lets no standby in.");
        using var folder = new TemporaryFolder("tracker replica");
        await using var primary = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = folder["primary"] }, NullLogger.Instance, Cancel);
        // A standby of a database that has its schema.
        await using (TrackerServer.Start(primary.ConnectionString))
        {
        }

        var standby = await StandbyAsync(primary.ConnectionString, folder);
        await using var server = TrackerServer.Start(primary.ConnectionString, host => host.UseSetting("ConnectionStrings:TrackerReplica", standby.ConnectionString));
        var reads = server.Services.GetRequiredService<ReadDatabase>();
        await TrackerApi.UntilAsync(() => Task.FromResult(reads.IsReplicaUsed), used => used, "the standby is not used");

        var run = await server.Client.CreateRunAsync();
        (await server.Client.LogAsync(run, """{"series":[{"name":"a","steps":[1,2],"values":[1,2]}]}""")).EnsureSuccessStatusCode();
        // What was acknowledged is in an export at once, whoever answers it.
        (await server.Client.PointsAsync(run, "a")).ShouldBe(["1,1", "2,2"]);
        await TrackerApi.UntilAsync(() => TotalAsync(server, run), total => total == 2, "the chart has the batch");

        // A standby that stands still is asked no more: the newest is there again.
        await using (var stop = NpgsqlDataSource.Create(standby.ConnectionString))
        await using (var command = stop.CreateCommand("select pg_wal_replay_pause()")) await command.ExecuteNonQueryAsync(Cancel);
        (await server.Client.LogAsync(run, """{"series":[{"name":"a","steps":[3],"values":[3]}]}""")).EnsureSuccessStatusCode();
        (await server.Client.PointsAsync(run, "a")).ShouldBe(["1,1", "2,2", "3,3"]);
        await TrackerApi.UntilAsync(() => Task.FromResult(reads.IsReplicaUsed), used => !used, "a standby that stands still is left alone");
        (await TotalAsync(server, run)).ShouldBe(3);

        await standby.DisposeAsync();
        (await TotalAsync(server, run)).ShouldBe(3);
    }

    private static async Task<long> TotalAsync(TrackerServer server, string run) =>
        (await server.Client.JsonAsync($"/api/v1/runs/{run}/data?name=a")).GetProperty("series")[0].GetProperty("total").GetInt64();

    private static async Task<EmbeddedPostgres> StandbyAsync(string primary, TemporaryFolder folder)
    {
        await using (var source = NpgsqlDataSource.Create(primary)) await PhysicalBackup.TakeAsync(source, folder[Path.Combine("primary", "database")], folder["copy"], Cancel);
        var account = await DatabaseAccount.FindAsync(Cancel);
        using (var home = await DatabaseHome.OpenAsync(folder["standby"], account, Cancel))
        {
            Directory.Move(folder["copy"], home.Database);
            await File.WriteAllTextAsync(Path.Combine(home.Database, "standby.signal"), "", Cancel);
            await account.OwnAsync(home.Database, Cancel);
        }

        var to = new NpgsqlConnectionStringBuilder(primary);
        return await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = folder["standby"], Settings = new Dictionary<string, string> { ["primary_conninfo"] = $"host={to.Host} port={to.Port} user={to.Username}" } }, NullLogger.Instance, Cancel);
    }
}
