using Tracker.Client.Spooling;

namespace Tracker.Client;

/// <summary>
/// What runs left on disk because the server was away, because their process died, or because they were offline. The next run on the machine
/// sends by itself what was meant for its server; this is for sending it at another time, from another machine, or to another server.
/// </summary>
public static class TrackerSpool
{
    internal const string OfflineFolder = "tracker-offline";

    /// <summary><c>TRACKER_SPOOL</c> (empty: nothing goes to disk), else <c>tracker/spool</c> in the user's folder for state.</summary>
    public static string DefaultFolder
    {
        get
        {
            if (Environment.GetEnvironmentVariable("TRACKER_SPOOL") is { } chosen) return chosen;
            var state = Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } given ? given
                : OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
            return Path.Combine(state, "tracker", "spool");
        }
    }

    /// <summary>The spools in a folder, the oldest first, or the folder itself where it is one. Those of processes that live are among them.</summary>
    /// <param name="folder">Default: <see cref="DefaultFolder"/>.</param>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static IReadOnlyList<TrackerSpooledRun> List(string? folder = null) =>
    [
        .. from path in Spool.Find(folder ?? DefaultFolder)
           let head = Spool.HeadOf(path)
           where head is not null
           select new TrackerSpooledRun(path, head.Run, head.Url, head.IsOffline),
    ];

    /// <summary>
    /// Sends one spool and removes it. Batches keep their writer and number: sent twice, they count once.
    /// </summary>
    /// <param name="spool">One of <see cref="List"/>.</param>
    /// <param name="url">Another server than the one that it was meant for; null: that one.</param>
    /// <param name="apiKey">Default: <c>TRACKER_API_KEY</c>, else none.</param>
    /// <param name="patience">How long to try on while the server takes nothing. Default: 30 s.</param>
    /// <param name="progress">Is told about ten times a second; may be null.</param>
    /// <param name="report">Is told, in one line, what went wrong. Default: a line on the error stream.</param>
    /// <param name="cancellationToken">Ends it; what is not acknowledged stays in the spool.</param>
    /// <returns>Null when the process that writes it lives, or another one is sending it.</returns>
    /// <exception cref="TimeoutException">The patience is over; the rest stays in the spool.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="ArgumentException">It names no server, and none was given.</exception>
    public static async Task<TrackerSpoolResult?> SendAsync(
        TrackerSpooledRun spool, Uri? url = null, string? apiKey = null, TimeSpan? patience = null, IProgress<TrackerSpoolProgress>? progress = null,
        Action<string>? report = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spool);
        var address = RunSettings.ParseUrl(url?.OriginalString ?? spool.Url);
        using var taken = Spool.TryTake(spool.Folder);
        if (taken is null) return null;
        using var transport = new RestTransport(address, apiKey ?? Environment.GetEnvironmentVariable("TRACKER_API_KEY"), TimeProvider.System);
        var (sent, dropped) = await SpoolSending.SendAsync(
            taken, address, transport, TimeProvider.System, report ?? Console.Error.WriteLine, patience ?? TimeSpan.FromSeconds(30), progress, cancellationToken).ConfigureAwait(false);
        return new TrackerSpoolResult(spool.Run, sent, dropped);
    }
}

/// <summary>A spool on disk.</summary>
/// <param name="Folder">Where it lies.</param>
/// <param name="Run">Id of its run.</param>
/// <param name="Url">The server that it was meant for.</param>
/// <param name="IsOffline">Its run was offline on purpose.</param>
public sealed record TrackerSpooledRun(string Folder, string Run, string Url, bool IsOffline);

/// <summary>How far the sending of a spool is.</summary>
/// <param name="Run">Id of its run.</param>
/// <param name="Sent">Points, histograms and events acknowledged.</param>
/// <param name="Total">All that it held at the start.</param>
public readonly record struct TrackerSpoolProgress(string Run, long Sent, long Total);

/// <summary>What became of a spool.</summary>
/// <param name="Run">Id of its run.</param>
/// <param name="Sent">Points, histograms and events acknowledged.</param>
/// <param name="Dropped">Refused by the server, or no longer readable.</param>
public sealed record TrackerSpoolResult(string Run, long Sent, long Dropped);
