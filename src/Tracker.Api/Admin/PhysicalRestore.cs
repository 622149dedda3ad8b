using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Tracker.Api.Embedded;

namespace Tracker.Api.Admin;

/// <summary>Brings a copy of a database's files back as a data folder, up to its end or to a moment of an archive of the log.</summary>
public static class PhysicalRestore
{
    /// <param name="backup">What <see cref="PhysicalBackup"/> made.</param>
    /// <param name="data">The new data folder.</param>
    /// <param name="archive">The folder that <c>TRACKER_WAL_ARCHIVE</c> named; null for the backup alone.</param>
    /// <param name="until">The moment to stop at; null for the end of what is there.</param>
    /// <param name="options">How PostgreSQL is found; null for the usual ways.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task RestoreAsync(string backup, string data, string? archive, DateTimeOffset? until, EmbeddedPostgresOptions? options, CancellationToken cancel)
    {
        if (!File.Exists(Path.Combine(backup, "backup_label"))) throw new AdminException($"{backup} holds no backup of this kind: the file backup_label is missing.");
        if (until is not null && archive is null) throw new AdminException("A moment can be reached with --archive only: the folder of TRACKER_WAL_ARCHIVE.");
        data = Path.GetFullPath(data);
        var account = await DatabaseAccount.FindAsync(cancel);
        string database;
        using (var home = await DatabaseHome.OpenAsync(data, account, cancel))
        {
            database = home.Database;
            if (Cluster.MajorOf(database) is not null) throw new AdminException($"{data} holds a database already: a backup is restored into a folder of its own.");
            Copy(new DirectoryInfo(backup), database, cancel);
            await File.WriteAllTextAsync(Path.Combine(database, "recovery.signal"), "", cancel);
            await account.OwnAsync(database, cancel);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(database, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        // restore_command must be there, and may find nothing: then the log of the backup itself is what there is.
        var settings = new Dictionary<string, string>(options?.Settings ?? new Dictionary<string, string>())
        {
            ["restore_command"] = archive is null ? "false" : $"cp '{Path.GetFullPath(archive)}/%f' '%p'",
            ["recovery_target_action"] = "promote",
            ["archive_mode"] = "off",
        };
        if (until is { } moment) settings["recovery_target_time"] = moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture);
        await using var postgres = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions { DataFolder = data, BinaryFolder = options?.BinaryFolder, SearchFolders = options?.SearchFolders, Settings = settings }, NullLogger.Instance, cancel);
        await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
        while (true)
        {
            await using var command = source.CreateCommand("select pg_is_in_recovery()");
            if (await command.ExecuteScalarAsync(cancel) is false) return;
            await Task.Delay(100, cancel);
        }
    }

    private static void Copy(DirectoryInfo from, string to, CancellationToken cancel)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            cancel.ThrowIfCancellationRequested();
            var target = Path.Combine(to, entry.Name);
            if (entry is DirectoryInfo { Name: KeysBackup.Folder }) continue;
            if (entry is DirectoryInfo folder) Copy(folder, target, cancel);
            else File.Copy(entry.FullName, target);
        }
    }
}
