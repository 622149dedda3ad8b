namespace Tracker.Api.Embedded;

/// <summary>The archive of the private database's log: with a backup of the files it brings back any moment since.</summary>
public static class WalArchive
{
    /// <summary>The key that names its folder, which the database's user must be able to write to.</summary>
    public const string Key = "TRACKER_WAL_ARCHIVE";

    /// <summary>The settings that archive each segment of the log when it is full, at the latest after a minute.</summary>
    public static IReadOnlyDictionary<string, string> Settings(string folder) => folder.Contains('\'', StringComparison.Ordinal)
        ? throw new EmbeddedPostgresException($"{Key} names {folder}: a quote cannot stand in this path.")
        : new Dictionary<string, string>
        {
            ["archive_mode"] = "on",
            ["archive_command"] = $"test ! -f '{Path.GetFullPath(folder)}/%f' && cp '%p' '{Path.GetFullPath(folder)}/%f'",
            ["archive_timeout"] = "60",
        };
}
