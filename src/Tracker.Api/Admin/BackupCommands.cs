using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tracker.Api.Embedded;
using Command = System.CommandLine.Command;

namespace Tracker.Api.Admin;

/// <summary><c>tracker admin backup</c> and <c>restore</c>: the files of a private database, or a dump of any by <c>pg_dump</c>.</summary>
internal static class BackupCommands
{
    public static Command CreateBackup()
    {
        var target = new Argument<string>("target") { Description = "A new folder for the files; or with --dump a file." };
        var dump = new Option<bool>("--dump") { Description = "A dump by pg_dump, for another server or another version, instead of the files. The only kind for a foreign server." };
        var data = AdminCommand.DataOption();
        var command = new Command("backup", "Back up the database while it runs.") { target, dump, data };
        command.SetAction((parsed, cancel) => AdminCommand.WithDatabaseAsync(parsed.GetValue(data), async database =>
        {
            var to = Path.GetFullPath(parsed.GetValue(target)!);
            if (parsed.GetValue(dump))
            {
                await RunAsync("pg_dump", database.ConnectionString, ["--format=custom", "--no-owner", "--file", to], cancel);
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{new FileInfo(to).Length:N0} bytes in {to}; restore: tracker admin restore --dump {to}"));
                if (database.Keys is { } keys) Console.Out.WriteLine($"The keys that encrypt secrets of channels are not in a dump: keep {keys} with it.");
                return 0;
            }

            if (database.Folder is null) throw new AdminException("The files of a foreign server are its own: use --dump, or pg_basebackup there.");
            var bytes = await PhysicalBackup.TakeAsync(database.Source, database.Folder, to, cancel);
            // After the database: what it holds was encrypted by keys that are there by now.
            KeysBackup.Copy(database.Keys!, Path.Combine(to, KeysBackup.Folder));
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{bytes:N0} bytes in {to}; restore: tracker admin restore {to} --data NEW_FOLDER"));
            return 0;
        }, cancel));
        return command;
    }

    public static Command CreateRestore()
    {
        var source = new Argument<string>("source") { Description = "What backup made." };
        var dump = new Option<bool>("--dump") { Description = "It is a dump: it goes into the empty database of --data or ConnectionStrings__Tracker, by pg_restore." };
        var archive = new Option<string?>("--archive") { Description = "The folder of TRACKER_WAL_ARCHIVE, to go on after the backup." };
        var until = new Option<DateTimeOffset?>("--until") { Description = "Stop at this moment, such as 2026-11-22T10:00:00Z. Default: the end of the archive." };
        var data = AdminCommand.DataOption();
        var command = new Command("restore", "Bring a backup back as a new data folder.") { source, dump, archive, until, data };
        command.SetAction((parsed, cancel) => parsed.GetValue(dump) ? RestoreDumpAsync(parsed.GetValue(source)!, parsed.GetValue(data), cancel) : RestoreFilesAsync(parsed.GetValue(source)!, parsed.GetValue(data), parsed.GetValue(archive), parsed.GetValue(until), cancel));
        return command;
    }

    private static async Task<int> RestoreFilesAsync(string source, string? data, string? archive, DateTimeOffset? until, CancellationToken cancel)
    {
        try
        {
            if (data is null) throw new AdminException("--data names the new data folder.");
            await PhysicalRestore.RestoreAsync(Path.GetFullPath(source), data, archive, until, new EmbeddedPostgresOptions { BinaryFolder = Environment.GetEnvironmentVariable("TRACKER_POSTGRES_BIN") }, cancel);
            KeysBackup.Copy(Path.Combine(Path.GetFullPath(source), KeysBackup.Folder), KeysBackup.Of(Path.GetFullPath(data)));
            Console.Out.WriteLine($"Restored. Start the server with TRACKER_DATA={Path.GetFullPath(data)}");
            return 0;
        }
        catch (Exception error) when (error is AdminException or EmbeddedPostgresException or IOException or UnauthorizedAccessException or NpgsqlException)
        {
            await Console.Error.WriteLineAsync("tracker: " + error.Message);
            return 1;
        }
    }

    private static Task<int> RestoreDumpAsync(string file, string? data, CancellationToken cancel) => AdminCommand.WithDatabaseAsync(data, async database =>
    {
        await ClearAsync(database.Source, cancel);
        await RunAsync("pg_restore", database.ConnectionString, ["--no-owner", "--exit-on-error", "--single-transaction", Path.GetFullPath(file)], cancel);
        // The dump may be an older version's.
        await database.MigrateAsync(cancel);
        Console.Out.WriteLine("Restored.");
        return 0;
    }, cancel, withSchema: false);

    /// <summary>Takes away the empty schema that a server or a command has made already: the dump brings its own. What holds anything else stays as it is.</summary>
    private static async Task ClearAsync(NpgsqlDataSource source, CancellationToken cancel)
    {
        if (await AsksAsync("select not exists (select 1 from pg_tables where schemaname = current_schema())")) return;
        if (!await AsksAsync("select to_regclass('runs') is not null and to_regclass('run_heads') is not null"))
            throw new AdminException("This database holds tables that are not Tracker's: a dump is restored into a new one.");
        if (await AsksAsync("select exists (select 1 from runs)")) throw new AdminException("This database holds runs: a dump is restored into a new one.");
        await using var clear = source.CreateCommand("do $$ declare ours text := current_schema(); begin execute format('drop schema %I cascade', ours); execute format('create schema %I', ours); end $$");
        await clear.ExecuteNonQueryAsync(cancel);

        async Task<bool> AsksAsync(string sql)
        {
            await using var command = source.CreateCommand(sql);
            return await command.ExecuteScalarAsync(cancel) is true;
        }
    }

    /// <summary>Runs one of PostgreSQL's programs; the password goes by environment.</summary>
    private static async Task RunAsync(string program, string connectionString, IEnumerable<string> arguments, CancellationToken cancel)
    {
        var to = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(Find(program), ["--host", to.Host ?? "", "--port", $"{to.Port}", "--username", to.Username ?? "", "--dbname", to.Database ?? "", "--no-password", .. arguments]) { UseShellExecute = false, RedirectStandardError = true };
        if (to.Password is { } password) start.Environment["PGPASSWORD"] = password;
        try
        {
            using var process = Process.Start(start)!;
            var said = await process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            if (process.ExitCode != 0) throw new AdminException($"{program} failed: {said.Trim()}");
        }
        catch (Win32Exception)
        {
            throw new AdminException($"{program} is not on this machine. Install PostgreSQL's client programs (Debian: postgresql-client), or back up the files of a private database without --dump.");
        }
    }

    /// <summary>Where the server's programs lie, its tools lie too; else the newest that is installed.</summary>
    private static string Find(string program)
    {
        var folders = new List<string?> { Environment.GetEnvironmentVariable("TRACKER_POSTGRES_BIN") };
        if (Directory.Exists("/usr/lib/postgresql")) folders.AddRange(Directory.EnumerateDirectories("/usr/lib/postgresql").OrderByDescending(folder => folder, StringComparer.Ordinal).Select(folder => Path.Combine(folder, "bin")));
        return folders.OfType<string>().Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists) ?? program;
    }
}
