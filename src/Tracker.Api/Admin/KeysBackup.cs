namespace Tracker.Api.Admin;

/// <summary>
/// The keys that encrypt the secrets of channels lie beside a private database, not in it (docs/decisions/0052): a backup of its files takes them along, in the folder <c>keys</c>, so that what comes back can be
/// read. Whoever has the backup has both: keep it as closed as the server.
/// </summary>
internal static class KeysBackup
{
    /// <summary>Name of the folder in a backup; no folder of PostgreSQL's bears it.</summary>
    public const string Folder = "keys";

    /// <summary>Where the keys of a private database lie.</summary>
    public static string Of(string dataFolder) => Environment.GetEnvironmentVariable("TRACKER_KEYS") is { Length: > 0 } named ? named : Path.Combine(dataFolder, Folder);

    /// <summary>Copies keys to a folder that only its owner can enter; those that are there already stay, a key never changes.</summary>
    /// <returns>How many there were.</returns>
    public static int Copy(string from, string to)
    {
        if (!Directory.Exists(from) || Directory.GetFiles(from, "*.xml") is not { Length: > 0 } keys) return 0;
        Directory.CreateDirectory(to);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var key in keys)
        {
            var target = Path.Combine(to, Path.GetFileName(key));
            if (File.Exists(target)) continue;
            File.Copy(key, target);
            if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return keys.Length;
    }
}
