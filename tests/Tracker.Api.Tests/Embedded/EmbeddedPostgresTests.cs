using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Shouldly;
using Tracker.Api.Embedded;
using Tracker.Testing;
using Xunit;

namespace Tracker.Api.Tests.Embedded;

public sealed class EmbeddedPostgresTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_stored_is_there_after_a_restart()
    {
        await using (var first = await StartAsync())
        {
            await ExecuteAsync(first, "create table kept (value integer)");
            await ExecuteAsync(first, "insert into kept values (42)");
        }
        await using var second = await StartAsync();
        (await ExecuteAsync(second, "select value from kept")).ShouldBe(42);
    }

    [Fact]
    public async Task The_first_start_has_the_settings_of_every_later_one()
    {
        string? first;
        const string Compression = "select setting from pg_settings where name = 'wal_compression'";
        await using (var postgres = await StartAsync()) first = (string?)await ExecuteAsync(postgres, Compression);
        await using var again = await StartAsync();
        (await ExecuteAsync(again, Compression)).ShouldBe(first);
    }

    [Fact]
    public async Task The_database_is_utf8_sorted_by_bytes_durable_and_off_the_network()
    {
        await using var postgres = await StartAsync();
        (await ExecuteAsync(postgres, "show server_encoding")).ShouldBe("UTF8");
        (await ExecuteAsync(postgres, "select datcollate from pg_database where datname = current_database()")).ShouldBe("C");
        (await ExecuteAsync(postgres, "show fsync")).ShouldBe("on");
        (await ExecuteAsync(postgres, "show synchronous_commit")).ShouldBe("on");
        if (!OperatingSystem.IsWindows()) (await ExecuteAsync(postgres, "show listen_addresses")).ShouldBe("");
    }

    [Fact]
    public async Task Disposal_stops_the_server_and_leaves_no_socket()
    {
        var postgres = await StartAsync();
        var process = Process.GetProcessById(postgres.ProcessId!.Value);
        var host = new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Host!;
        await postgres.DisposeAsync();
        process.WaitForExit(TimeSpan.FromSeconds(60)).ShouldBeTrue();
        Directory.Exists(host).ShouldBeFalse();
    }

    [Fact]
    public async Task A_second_server_on_the_same_folder_is_refused_with_the_first_ones_process_id()
    {
        await using var first = await StartAsync();
        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => StartAsync());
        refusal.Message.ShouldContain($"process {Environment.ProcessId}");
        refusal.Message.ShouldContain("TRACKER_DATA");
    }

    [Fact]
    public async Task Two_servers_run_side_by_side()
    {
        await using var first = await StartAsync(_folder["first"]);
        await using var second = await StartAsync(_folder["second"]);
        await ExecuteAsync(first, "create table mine (value integer)");
        (await ExecuteAsync(second, "select count(*) from pg_tables where tablename = 'mine'")).ShouldBe(0L);
    }

    [Fact]
    public async Task A_very_long_path_is_no_obstacle_to_the_socket()
    {
        await using var postgres = await StartAsync(_folder[Path.Combine(new string('a', 100), new string('b', 100))]);
        (await ExecuteAsync(postgres, "select 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_folder_that_is_closed_to_others_will_do()
    {
        TemporaryFolder.Close(_folder.Path);
        File.WriteAllText(_folder["something else"], "stays");
        string? elsewhere = null;
        try
        {
            await using (var first = await StartAsync()) await ExecuteAsync(first, "create table kept (value integer)");
            var pointer = _folder["database-home"];
            elsewhere = File.Exists(pointer) ? File.ReadAllText(pointer).Trim() : null;
            await using var second = await StartAsync();
            (await ExecuteAsync(second, "select count(*) from kept")).ShouldBe(0L);
            File.ReadAllText(_folder["something else"]).ShouldBe("stays");
        }
        finally
        {
            if (elsewhere is not null) Directory.Delete(elsewhere, recursive: true);
        }
    }

    [Fact]
    public async Task A_half_made_database_is_made_anew()
    {
        Directory.CreateDirectory(_folder["database"]);
        Directory.CreateDirectory(_folder["database.new"]);
        File.WriteAllText(Path.Combine(_folder["database.new"], "rest"), "");
        await using var postgres = await StartAsync();
        (await ExecuteAsync(postgres, "select 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_dies_is_started_again_under_the_same_address()
    {
        await using var postgres = await StartAsync();
        var first = postgres.ProcessId!.Value;
        await ExecuteAsync(postgres, "create table kept (value integer)");
        using (var process = Process.GetProcessById(first)) process.Kill();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (postgres.ProcessId is null || postgres.ProcessId == first || !await AnswersAsync(postgres)) await Task.Delay(50, patience.Token);
        (await ExecuteAsync(postgres, "select count(*) from kept")).ShouldBe(0L);
    }

    [Fact]
    public async Task A_process_id_that_belongs_to_another_program_by_now_is_no_obstacle()
    {
        await using (var first = await StartAsync()) await ExecuteAsync(first, "select 1");
        File.WriteAllText(Path.Combine(_folder["database"], "postmaster.pid"), $"{Environment.ProcessId}\n{_folder["database"]}\n1\n5432\n/tmp/tracker-gone\n\n");
        await using var second = await StartAsync();
        (await ExecuteAsync(second, "select 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_is_named_with_the_way_out()
    {
        // A file in the place of a folder stops root as well.
        File.WriteAllText(_folder["file"], "");
        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => StartAsync(Path.Combine(_folder["file"], "data")));
        refusal.Message.ShouldContain(_folder["file"]);
        refusal.Message.ShouldContain("TRACKER_DATA");
        refusal.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task A_folder_closed_to_writing_is_named_with_the_way_out()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Root may write everywhere.");
        Directory.CreateDirectory(_folder["closed"]);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["closed"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => StartAsync(_folder["closed"]));
        refusal.Message.ShouldContain("not writable");
    }

    private Task<EmbeddedPostgres> StartAsync(string? folder = null) =>
        EmbeddedPostgres.StartAsync(new EmbeddedPostgresOptions { DataFolder = folder ?? _folder.Path }, NullLogger.Instance, TestContext.Current.CancellationToken);

    private static async Task<object?> ExecuteAsync(EmbeddedPostgres postgres, string sql)
    {
        // No pool: a pooled connection would outlive the server of its test.
        await using var connection = new NpgsqlConnection(postgres.ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task<bool> AnswersAsync(EmbeddedPostgres postgres)
    {
        try
        {
            await ExecuteAsync(postgres, "select 1");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
