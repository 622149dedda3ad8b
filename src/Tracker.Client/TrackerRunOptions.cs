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

    /// <summary>1 to 64 of <c>A-Z a-z 0-9 _ . -</c>. Default: a random id. Give the same id again to go on with a run.</summary>
    public string? Id { get; init; }

    /// <summary>What to do when <see cref="Id"/> is there already. Default: go on with it.</summary>
    public TrackerResume Resume { get; init; } = TrackerResume.Allow;

    /// <summary>
    /// What the run was started with: learning rate, batch size, schedule… Values: null, bool, numbers, strings, enums, dates,
    /// <c>JsonElement</c>, <c>JsonNode</c>, and dictionaries and lists of these; anything else is written as its text.
    /// <c>max_grad_norm</c>, <c>num_classes</c>, <c>total_steps</c>, <c>steps_per_epoch</c>, <c>schedule</c>, <c>optimizer</c> and
    /// <c>batch_size</c> are understood by the diagnosis.
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
    /// Default: 5 s; from 10 ms to 1 hour.
    /// </summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long disposing the run waits for what is not yet sent. Default: 30 s.</summary>
    public TimeSpan FinishTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The state that the run ends in when it is disposed without <see cref="TrackerRun.FinishAsync"/>. Default: finished.
    /// Say failed here and call <c>FinishAsync</c> as the last line of the training: then an exception ends the run as failed.
    /// </summary>
    public TrackerFinishState StateOnDispose { get; init; } = TrackerFinishState.Finished;

    /// <summary>
    /// Most memory, in bytes, for what the server has not acknowledged. Beyond it the newest points are dropped and counted.
    /// Default: 64 MiB; at least 1 MiB.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 64L * 1024 * 1024;

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

    /// <summary>Kept for later. This version has no place to keep them: it says so and acts as <see cref="Disabled"/>.</summary>
    Offline,

    /// <summary>Nowhere: every call returns at once.</summary>
    Disabled,
}

/// <summary>What starting a run does when its id is known to the server.</summary>
public enum TrackerResume
{
    /// <summary>Goes on with the run, or creates it.</summary>
    Allow,

    /// <summary>Creates the run; a known id is refused.</summary>
    Never,

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
