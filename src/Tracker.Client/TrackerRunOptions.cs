namespace Tracker.Client;

/// <summary>
/// How a run is started. Only what differs from the environment has to be given:
/// <c>TRACKER_URL</c>, <c>TRACKER_API_KEY</c>, <c>TRACKER_PROJECT</c> and <c>TRACKER_MODE</c> fill what is left null.
/// </summary>
public sealed class TrackerRunOptions
{
    /// <summary>The project that the run belongs to. Default: <c>TRACKER_PROJECT</c>, else <c>default</c>.</summary>
    public string? Project { get; init; }

    /// <summary>The name that people see. Default: the server makes one.</summary>
    public string? Name { get; init; }

    /// <summary>1 to 64 of <c>A-Z a-z 0-9 _ . -</c>. Default: a random id.</summary>
    public string? Id { get; init; }

    /// <summary>
    /// What to do when the server knows <see cref="Id"/>. Default: never go on with a run that is there. Where <see cref="Rank"/> is known, the
    /// ranks start in any order, and never means allow.
    /// </summary>
    public TrackerResume Resume { get; init; } = TrackerResume.Never;

    /// <summary>
    /// Which of several processes of one run this is (give all of them the same <see cref="Id"/>). Rank 0 starts and ends the run; above 0
    /// the names of series begin with <c>rank&lt;r&gt;/</c> and finishing only sends what is left. Default: <c>RANK</c> where <see cref="Id"/> is given, else 0.
    /// </summary>
    public int? Rank { get; init; }

    /// <summary>
    /// What the run was started with: learning rate, batch size, schedule… Values: null, bool, numbers, strings, enums, dates,
    /// <c>JsonElement</c>, <c>JsonNode</c>, and dictionaries and lists of these; anything else is written as its text.
    /// <c>max_grad_norm</c>, <c>num_classes</c>, <c>total_steps</c>, <c>steps_per_epoch</c>, <c>schedule</c>, <c>optimizer</c> and
    /// <c>batch_size</c> are understood by the diagnosis. Of a settings class: see <see cref="TrackerConfig"/>.
    /// </summary>
    public IReadOnlyDictionary<string, object?>? Config { get; init; }

    /// <summary>Words to find the run by. Default: none.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Joins runs that belong together, such as the folds of one experiment. Default: none.</summary>
    public string? Group { get; init; }

    /// <summary>What the process does in its group: <c>train</c>, <c>eval</c>… Default: none.</summary>
    public string? JobType { get; init; }

    /// <summary>Free text about the run. Default: none.</summary>
    public string? Notes { get; init; }

    /// <summary>Id of the run that this one is compared with. Default: none.</summary>
    public string? Reference { get; init; }

    /// <summary>Address of the server. Default: <c>TRACKER_URL</c>, else <c>http://127.0.0.1:5080</c>.</summary>
    public Uri? Url { get; init; }

    /// <summary>Sent as a bearer token. Default: <c>TRACKER_API_KEY</c>, else none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Default: <c>TRACKER_MODE</c> (<c>online</c>, <c>offline</c>, <c>disabled</c>), else online.</summary>
    public TrackerMode? Mode { get; init; }

    /// <summary>Longest time that a point waits for others before it is sent. Default: 200 ms; from 1 ms to 1 minute.</summary>
    public TimeSpan FlushInterval { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The server hears of the run at least this often, and <see cref="TrackerRun.ShouldStop"/> is at most this old.
    /// Default: 1 s; from 10 ms to 1 hour.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long disposing the run waits for what is not yet sent. Default: 30 s.</summary>
    public TimeSpan FinishTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The state that the run ends in when it is disposed without <see cref="TrackerRun.FinishAsync"/>. Default: finished.
    /// Say failed here and call <c>FinishAsync</c> as the last line of the training: then an exception ends the run as failed.
    /// </summary>
    public TrackerFinishState StateOnDispose { get; init; } = TrackerFinishState.Finished;

    /// <summary>
    /// Most memory, in bytes, for what is not yet on disk or acknowledged: only a burst that is logged faster than it can be written
    /// fills it, or a disk that takes no more. Beyond it the newest points are dropped and counted. Default: 256 MiB; at least 1 MiB.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>
    /// Where what is not acknowledged is kept until it is, also beyond the end of the process. Empty: in memory alone.
    /// Default: <c>TRACKER_SPOOL</c>, else <c>tracker/spool</c> in the user's state folder; in mode offline <c>tracker-offline</c> in the working directory.
    /// </summary>
    public string? SpoolFolder { get; init; }

    /// <summary>Most bytes on disk for this run; beyond it points stay in memory. Default: 8 GiB; 0: memory alone.</summary>
    public long MaxSpoolBytes { get; init; } = 8L * 1024 * 1024 * 1024;

    /// <summary>What is logged about the process and its machine without being asked for. Default: all of it.</summary>
    public TrackerCollect Collect { get; init; } = TrackerCollect.All;

    /// <summary>Time between two looks at processor, memory, disk, network and GPU. Default: 10 s; from 100 ms to 1 hour, or zero for none.</summary>
    public TimeSpan SystemInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether SIGINT, SIGTERM, SIGHUP and SIGQUIT end the run as killed before they end the process. Say false where the program handles them
    /// itself. Default: true. An exception that nobody catches always ends the run as failed.
    /// </summary>
    public bool EndsOnSignals { get; init; } = true;

    /// <summary>
    /// Is told, in one line, what went wrong (server away, points dropped); the same trouble is told once.
    /// Called on a background thread. Default: a line on the error stream.
    /// </summary>
    public Action<string>? Report { get; init; }

    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Where logged points go.</summary>
public enum TrackerMode
{
    /// <summary>To the server, in the background.</summary>
    Online,

    /// <summary>To disk, until somebody says <c>tracker sync</c> or <see cref="TrackerSpool.SendAsync"/>.</summary>
    Offline,

    /// <summary>Nowhere: every call returns at once.</summary>
    Disabled,
}

/// <summary>What starting a run does when its id is known to the server.</summary>
public enum TrackerResume
{
    /// <summary>Creates the run; a known id is refused: <see cref="TrackerRefusedException"/>.</summary>
    Never,

    /// <summary>Goes on with the run, or creates it.</summary>
    Allow,

    /// <summary>Goes on with the run; an unknown id is refused.</summary>
    Must,
}

/// <summary>How a run ended.</summary>
public enum TrackerFinishState
{
    /// <summary>It did what it was meant to do.</summary>
    Finished,

    /// <summary>It broke.</summary>
    Failed,

    /// <summary>It was stopped from outside: by a signal, or by <see cref="TrackerRun.ShouldStop"/>.</summary>
    Killed,
}

/// <summary>What a run finds out by itself.</summary>
[Flags]
public enum TrackerCollect
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Machine, system, .NET, command line (values that look like secrets left out) and packages, as an event at the start.</summary>
    Environment = 1,

    /// <summary>Commit, branch and changes of the git checkout that the process runs in.</summary>
    Git = 2,

    /// <summary>Lines written to <see cref="Console"/>, at most 100 a second.</summary>
    Console = 4,

    /// <summary>Processor, memory, disk, network and GPU (by <c>nvidia-smi</c>, where there is one), as series <c>system/…</c>.</summary>
    System = 8,

    /// <summary>All of them.</summary>
    All = Environment | Git | Console | System,
}

/// <summary>What can change of a run after its start; what is null stays as it is.</summary>
public sealed class TrackerRunUpdate
{
    /// <summary>The name that people see.</summary>
    public string? Name { get; init; }

    /// <summary>Replaces all tags.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Free text; replaces what was there.</summary>
    public string? Notes { get; init; }

    /// <summary>As <see cref="TrackerRunOptions.Group"/>.</summary>
    public string? Group { get; init; }

    /// <summary>As <see cref="TrackerRunOptions.Reference"/>.</summary>
    public string? Reference { get; init; }

    /// <summary>Keys that are added or replaced.</summary>
    public IReadOnlyDictionary<string, object?>? Config { get; init; }
}
