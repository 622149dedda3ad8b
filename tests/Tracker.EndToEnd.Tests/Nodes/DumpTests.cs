using System.ComponentModel;
using System.Diagnostics;
using Npgsql;
using Shouldly;
using Tracker.Testing;
using Xunit;

namespace Tracker.EndToEnd.Tests.Nodes;

/// <summary><c>tracker admin backup --dump</c> and <c>restore --dump</c>, as commands: the way of a foreign server, and from one version of PostgreSQL to another.</summary>
public sealed class DumpTests(PostgresFixture postgres) : IDisposable
{
    private readonly TemporaryFolder folder = new("tracker dump");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_dump_comes_back_into_a_new_database_and_not_over_one_that_holds_something()
    {
        Assert.SkipUnless(HasClientPrograms(), "PostgreSQL's client programs are not on this machine.");
        var full = await postgres.CreateDatabaseAsync();
        string run;
        await using (var server = TrackerServer.Start(full))
        {
            run = await server.Client.CreateRunAsync();
            (await server.Client.LogAsync(run, """{"series":[{"name":"a","steps":[1,2],"values":[1,"NaN"]}]}""")).EnsureSuccessStatusCode();
        }

        var dump = folder["tracker.dump"];
        (await AdminAsync(full, "backup", "--dump", dump)).ExitCode.ShouldBe(0);

        // One that nobody has used, and one where a server has started: it brings its own schema.
        foreach (var withSchema in new[] { false, true })
        {
            var empty = await postgres.CreateDatabaseAsync(withSchema);
            var (code, said) = await AdminAsync(empty, "restore", "--dump", dump);
            code.ShouldBe(0, said);
            await using var server = TrackerServer.Start(empty);
            (await server.Client.PointsAsync(run, "a")).ShouldBe(["1,1", "2,NaN"]);
            (await server.Client.CreateRunAsync()).ShouldNotBe(run);
        }

        var (refused, why) = await AdminAsync(full, "restore", "--dump", dump);
        refused.ShouldBe(1);
        why.ShouldContain("holds runs");
        var foreign = await postgres.CreateDatabaseAsync(withSchema: false);
        await using (var sql = NpgsqlDataSource.Create(foreign))
        {
            await using var command = sql.CreateCommand("create table of_somebody_else (n int)");
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        (refused, why) = await AdminAsync(foreign, "restore", "--dump", dump);
        refused.ShouldBe(1);
        why.ShouldContain("not Tracker's");
    }

    private Task<(int ExitCode, string Output)> AdminAsync(string database, params string[] arguments) =>
        TrackerProcess.RunAsync(folder.Path, new Dictionary<string, string> { ["ConnectionStrings__Tracker"] = database }, ["admin", .. arguments]);

    private static bool HasClientPrograms()
    {
        if (Directory.Exists("/usr/lib/postgresql") && Directory.EnumerateFiles("/usr/lib/postgresql", "pg_restore", SearchOption.AllDirectories).Any()) return true;
        try
        {
            using var process = Process.Start(new ProcessStartInfo("pg_restore", "--version") { UseShellExecute = false, RedirectStandardOutput = true });
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }
}
