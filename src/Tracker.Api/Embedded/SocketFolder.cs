namespace Tracker.Api.Embedded;

/// <summary>
/// The folder of the server's socket: new for each start, 0700, and short, because a socket's path ends at 107 bytes (103 on macOS).
/// Who can open it is trusted: that is the database's user, and root.
/// </summary>
internal static class SocketFolder
{
    private const string Prefix = "tracker-";
    private const int LongestPath = 103;

    public static async Task<string> CreateAsync(DatabaseAccount account, CancellationToken cancellationToken)
    {
        foreach (var parent in new[] { "/tmp", Path.GetTempPath() })
        {
            var folder = Path.Combine(parent, Prefix + Path.GetRandomFileName()[..8]);
            // ".s.PGSQL.5432.lock" is the longest name inside.
            if (folder.Length + 20 > LongestPath || Directory.Exists(folder)) continue;
            try
            {
                await account.CreateOwnFolderAsync(folder, cancellationToken);
                if (await account.CanEnterAsync(folder, cancellationToken)) return folder;
                Delete(folder);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // The next place is tried.
            }
        }
        throw new EmbeddedPostgresException("No folder for the database's socket can be created in /tmp: make /tmp writable.");
    }

    /// <summary>Removes a folder that this class made, and nothing else.</summary>
    public static void Delete(string folder)
    {
        try
        {
            if (Clear(folder)) Directory.Delete(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It stays behind empty; the next start takes another one.
        }
    }

    /// <summary>Removes the socket and its pid file; false when the folder is not one of ours.</summary>
    public static bool Clear(string folder)
    {
        if (!Path.GetFileName(folder).StartsWith(Prefix, StringComparison.Ordinal) || !Directory.Exists(folder)) return false;
        foreach (var file in Directory.EnumerateFiles(folder, ".s.PGSQL.*")) File.Delete(file);
        return true;
    }
}
