namespace Tracker.Api.Live;

/// <summary>What bounds the memory and the rate of the live feed.</summary>
internal static class LiveLimits
{
    /// <summary>Runs and projects that one connection may watch.</summary>
    public const int WatchesPerConnection = 500;

    /// <summary>Points that wait for one slow browser and one run (24 bytes each); beyond it they are dropped and the browser is told to read again.</summary>
    public const int WaitingPoints = 50_000;

    /// <summary>Alerts that wait for one slow browser; beyond it the oldest are dropped.</summary>
    public const int WaitingAlerts = 500;

    /// <summary>Newest runs that a project's snapshot holds.</summary>
    public const int RunsInSnapshot = 200;

    /// <summary>Open diagnoses that a project's snapshot holds.</summary>
    public const int DiagnosesInSnapshot = 1_000;

    /// <summary>Bytes of journal read at once: some ten thousand points.</summary>
    public const int PageBytes = 1 << 20;

    /// <summary>
    /// Batches that are read from chunks for a browser that comes back: a minute and a half at ten batches a second, or a restart of the server. For a larger gap
    /// the browser reads its charts again, which is less work for both.
    /// </summary>
    public const int SequencesFromChunks = 1_000;

    /// <summary>Least time between two reads of a run for its watchers: what comes in between travels together. The first read is made at once.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Hints may be lost; this finds what they did not tell, and is the rhythm in which metrics of runs are pushed.</summary>
    public static readonly TimeSpan Sweep = TimeSpan.FromSeconds(1);

    /// <summary>Sweeps for which a run is read again after it grew: its summaries are written up to 2 s after its points.</summary>
    public const int SweepsAfterGrowth = 4;

    /// <summary>Runs whose metrics are read in one sweep; others have their turn in the next.</summary>
    public const int RunsPerSweep = 200;
}
