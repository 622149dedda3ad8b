using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Tracker.Api.Admin;
using Tracker.Api.Alerts;
using Tracker.Api.Embedded;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Admin;

/// <summary>Backups of a private database that runs, and its return, to their end and to a moment. Takes some seconds: three servers are started.</summary>
public sealed class BackupTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_backup_taken_under_load_comes_back_as_it_was_and_at_any_moment_after_it()
    {
        using var folder = new TemporaryFolder("tracker backup");
        var archive = Directory.CreateDirectory(folder["archive"]).FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(archive, (UnixFileMode)0b111_111_111);
        DateTimeOffset moment;
        var options = new EmbeddedPostgresOptions { DataFolder = folder["data"], Settings = WalArchive.Settings(archive) };
        await using (var postgres = await EmbeddedPostgres.StartAsync(options, NullLogger.Instance, Cancel))
        {
            await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
            await ExecuteAsync(source, "create table seen (n int primary key, filler text)");
            using var stop = new CancellationTokenSource();
            var written = 0;
            var load = Task.Run(async () =>
            {
                while (!stop.IsCancellationRequested) await ExecuteAsync(source, $"insert into seen values ({Interlocked.Increment(ref written)}, repeat('x', 2000))");
            }, Cancel);
            await TrackerApi.UntilAsync(() => Task.FromResult(Volatile.Read(ref written)), n => n > 100, "nothing is written");
            (await PhysicalBackup.TakeAsync(source, folder[Path.Combine("data", "database")], folder["copy"], Cancel)).ShouldBeGreaterThan(1 << 20);
            await stop.CancelAsync();
            await load;

            await ExecuteAsync(source, "insert into seen values (-1, 'before')");
            await using (var now = source.CreateCommand("select clock_timestamp()")) moment = new DateTimeOffset((DateTime)(await now.ExecuteScalarAsync(Cancel))!, TimeSpan.Zero);
            await ExecuteAsync(source, "insert into seen values (-2, 'after'); select pg_switch_wal()");
            // The segment with the last row is in the archive.
            await TrackerApi.UntilAsync(async () => await CountAsync(source, "select archived_count from pg_stat_archiver where last_archived_wal >= pg_walfile_name(pg_current_wal_lsn() - 16 * 1024 * 1024)"), count => count > 0, "the log is not archived");
        }

        await PhysicalRestore.RestoreAsync(folder["copy"], folder["alone"], null, null, null, Cancel);
        await PhysicalRestore.RestoreAsync(folder["copy"], folder["moment"], archive, moment, null, Cancel);
        var alone = await ReadAsync(folder["alone"]);
        alone.ShouldNotContain(-1, "the backup alone ends where it ended");
        alone.Count.ShouldBeGreaterThan(100);
        var then = await ReadAsync(folder["moment"]);
        then.ShouldContain(-1);
        then.ShouldNotContain(-2, "it came after the moment");
        alone.ShouldBeSubsetOf(then);
        Enumerable.Range(1, alone.Max()).ShouldBeSubsetOf(alone, "nothing is missing in between");
    }

    /// <summary>Two servers and a restore: that the database and the keys beside it come back together is its point.</summary>
    [Fact]
    public async Task Secrets_of_channels_can_be_read_after_a_restore()
    {
        using var folder = new TemporaryFolder("tracker keys");
        var address = $"http://127.0.0.1:9/{Guid.NewGuid():n}";
        await using (var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = folder["data"] }, NullLogger.Instance, Cancel))
        {
            await using (var server = Start(postgres, folder["data"]))
                (await server.Client.PostAsync("/api/v1/channels", $$"""{"kind":"webhook","name":"ops","url":"{{address}}"}""")).EnsureSuccessStatusCode();
            (await AdminCommand.RunAsync(["admin", "backup", folder["copy"], "--data", folder["data"]])).ShouldBe(0);
        }

        (await AdminCommand.RunAsync(["admin", "restore", folder["copy"], "--data", folder["new"]])).ShouldBe(0);

        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(folder[Path.Combine("copy", "keys")]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using (var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = folder["new"] }, NullLogger.Instance, Cancel))
        {
            await using var server = Start(postgres, folder["new"]);
            var channel = (await server.Services.GetRequiredService<ChannelStore>().ListAsync(Cancel)).Single(channel => channel.Name == "ops");
            channel.IsReadable.ShouldBeTrue();
            channel.Secrets.Url.ShouldBe(address);
        }

        static TrackerServer Start(EmbeddedPostgres postgres, string data) => TrackerServer.Start(postgres.ConnectionString, host => host.UseSetting("TRACKER_KEYS", Path.Combine(data, "keys")).UseSetting("Alerts:AllowPrivateAddresses", "true"));
    }

    [Fact]
    public async Task A_folder_that_is_no_backup_or_not_empty_is_told()
    {
        using var folder = new TemporaryFolder("tracker backup");
        (await Should.ThrowAsync<AdminException>(() => PhysicalRestore.RestoreAsync(folder.Path, folder["new"], null, null, null, Cancel))).Message.ShouldContain("backup_label");
        await File.WriteAllTextAsync(folder["file"], "", Cancel);
        await using var source = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1");
        (await Should.ThrowAsync<AdminException>(() => PhysicalBackup.TakeAsync(source, "/nowhere", folder.Path, Cancel))).Message.ShouldContain("not empty");
    }

    private static async Task<List<int>> ReadAsync(string data)
    {
        await using var postgres = await EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = data }, NullLogger.Instance, Cancel);
        await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using var command = source.CreateCommand("select n from seen");
        await using var reader = await command.ExecuteReaderAsync(Cancel);
        var rows = new List<int>();
        while (await reader.ReadAsync(Cancel)) rows.Add(reader.GetInt32(0));
        return rows;
    }

    private static async Task<long> CountAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Cancel) as long? ?? 0;
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancel);
    }
}
