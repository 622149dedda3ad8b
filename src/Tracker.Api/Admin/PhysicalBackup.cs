using Npgsql;

namespace Tracker.Api.Admin;

/// <summary>
/// A copy of a database's files, taken while it runs, by PostgreSQL's own protocol for it (https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP):
/// start, copy, stop, and the log between the two beside the copy. Needs no program but the server, which npm's binaries lack. A temporary replication slot keeps the log from being recycled meanwhile.
/// </summary>
public static class PhysicalBackup
{
    private const string Slot = "tracker_backup";

    /// <summary>Of these only the folder belongs to a backup.</summary>
    private static readonly string[] EmptyFolders = ["pg_wal", "pg_replslot", "pg_dynshmem", "pg_notify", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans"];

    private static readonly string[] LeftOut = ["postmaster.pid", "postmaster.opts", "backup_label", "tablespace_map", "server.log", "server.log.old"];

    /// <param name="source">The server, as its superuser.</param>
    /// <param name="folder">Its data directory on this machine.</param>
    /// <param name="target">The folder that gets the copy: new or empty.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Bytes copied.</returns>
    public static async Task<long> TakeAsync(NpgsqlDataSource source, string folder, string target, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any()) throw new AdminException($"{target} is not empty: a backup goes into a folder of its own.");
        Directory.CreateDirectory(target);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // The backup, and the slot, last as long as this connection.
        await using var connection = await source.OpenConnectionAsync(cancel);
        var isOld = connection.PostgreSqlVersion.Major < 15;
        await TextAsync(connection, $"select pg_create_physical_replication_slot('{Slot}_{Guid.NewGuid():n}', true, true)::text", cancel);
        await TextAsync(connection, isOld ? "select pg_start_backup('tracker', true, false)::text" : "select pg_backup_start('tracker', true)::text", cancel);
        var bytes = Copy(folder, target, "", cancel);
        await using (var stop = new NpgsqlCommand(isOld ? "select lsn::text, labelfile, spcmapfile from pg_stop_backup(false, false)" : "select lsn::text, labelfile, spcmapfile from pg_backup_stop(false)", connection))
        await using (var reader = await stop.ExecuteReaderAsync(cancel))
        {
            await reader.ReadAsync(cancel);
            await File.WriteAllTextAsync(Path.Combine(target, "backup_label"), reader.GetString(1), cancel);
            if (reader.GetString(2).Length > 0) throw new AdminException("This database has tablespaces: back it up with pg_basebackup.");
        }

        // The segment that holds the end of the backup is whole once the next one has begun.
        await TextAsync(connection, "select pg_switch_wal()::text", cancel);
        var first = (await File.ReadAllTextAsync(Path.Combine(target, "backup_label"), cancel)).Split("(file ", 2)[1][..24];
        foreach (var segment in new DirectoryInfo(Path.Combine(folder, "pg_wal")).EnumerateFiles().Where(file => file.Name.Length == 24 && string.CompareOrdinal(file.Name[8..], first[8..]) >= 0).OrderBy(file => file.Name, StringComparer.Ordinal))
        {
            bytes += CopyFile(segment.FullName, Path.Combine(target, "pg_wal", segment.Name));
        }

        return bytes;
    }

    private static long Copy(string from, string to, string inside, CancellationToken cancel)
    {
        var bytes = 0L;
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos())
        {
            cancel.ThrowIfCancellationRequested();
            if (entry.Name.StartsWith("pgsql_tmp", StringComparison.Ordinal) || (inside.Length == 0 && LeftOut.Contains(entry.Name))) continue;
            var target = Path.Combine(to, entry.Name);
            if (entry is not DirectoryInfo)
            {
                bytes += CopyFile(entry.FullName, target);
                continue;
            }

            Directory.CreateDirectory(target);
            if (inside.Length == 0 && EmptyFolders.Contains(entry.Name)) continue;
            bytes += Copy(entry.FullName, target, Path.Combine(inside, entry.Name), cancel);
        }

        return bytes;
    }

    /// <summary>A file that goes away meanwhile belongs to a table that was dropped: the log says so, too.</summary>
    private static long CopyFile(string from, string to)
    {
        try
        {
            using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 20);
            using var target = new FileStream(to, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
            source.CopyTo(target, 1 << 20);
            target.Flush(flushToDisk: true);
            return target.Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }

    private static async Task<string> TextAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.CommandTimeout = 600;
        return await command.ExecuteScalarAsync(cancel) as string ?? "";
    }
}
