using Npgsql;
using Shouldly;
using Tracker.Api.Admin;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Admin;

/// <summary><c>tracker admin verify</c> and <c>doctor</c>, and keys made past a server that runs.</summary>
public sealed class CareTests(PostgresFixture postgres)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Verify_reads_all_that_is_stored_and_names_what_is_broken()
    {
        await using var server = await TrackerServer.StartAsync(postgres);
        var run = await server.Client.CreateRunAsync();
        (await server.Client.LogAsync(run, """{"series":[{"name":"a","steps":[1,2],"values":[1,2]}],"histograms":[{"name":"h","step":1,"edges":[0,1],"counts":[3]}]}""")).EnsureSuccessStatusCode();
        (await server.Client.PostAsync($"/api/v1/runs/{run}/finish", "{}")).EnsureSuccessStatusCode();
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        await TrackerApi.UntilAsync(async () =>
        {
            await using var command = source.CreateCommand("select count(*) from chunks");
            return (long)(await command.ExecuteScalarAsync(Cancel))!;
        }, count => count == 2, "the run is not compacted");
        var said = new StringWriter();
        (await CareCommands.VerifyAsync(source, said, Cancel)).ShouldBe(0, said.ToString());
        said.ToString().ShouldContain("2 chunks with 3 points");

        await using (var harm = source.CreateCommand("update chunks set data = substr(data, 1, 9) where series_id = 0")) (await harm.ExecuteNonQueryAsync(Cancel)).ShouldBe(1);
        said = new StringWriter();
        (await CareCommands.VerifyAsync(source, said, Cancel)).ShouldBe(2);
        said.ToString().ShouldContain("series 0");
    }

    [Fact]
    public async Task The_doctor_finds_what_endangers_data()
    {
        await using var source = NpgsqlDataSource.Create(await postgres.CreateDatabaseAsync());
        var findings = await Doctor.LookAsync(source, TimeProvider.System, Cancel);
        // The tests' own server does not wait for the disk, and the doctor says so.
        if (Environment.GetEnvironmentVariable("TRACKER_TEST_POSTGRES") is null) findings.Single(finding => finding.What == "fsync").Level.ShouldBe(FindingLevel.Bad);
        findings.Single(finding => finding.What == "server_version").Level.ShouldBe(FindingLevel.Fine);
        findings.Single(finding => finding.What == "clock").Level.ShouldBe(FindingLevel.Fine);
    }
}
