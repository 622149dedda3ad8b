namespace Tracker.Client;

/// <summary>Anything that a run logs beside points: the result of a probe, a line of the console, what was in a batch.</summary>
public sealed class TrackerEvent
{
    /// <summary>What sort of thing it is.</summary>
    public required TrackerEventKind Kind { get; init; }

    /// <summary>What it is about, at most 512 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The step that it belongs to, if any.</summary>
    public long? Step { get; init; }

    /// <summary>Default: none.</summary>
    public TrackerLevel? Level { get; init; }

    /// <summary>Details, at most 1 MiB as JSON; values as in <see cref="TrackerRunOptions.Config"/>. Copied by the call.</summary>
    public IReadOnlyDictionary<string, object?>? Data { get; init; }

    /// <summary>Default: the time of the call.</summary>
    public DateTimeOffset? Time { get; init; }
}

/// <summary>The sorts of events.</summary>
public enum TrackerEventKind
{
    /// <summary>The result of a diagnostic that the training process ran.</summary>
    Probe,

    /// <summary>A message for people: see <see cref="TrackerRun.Alert"/>.</summary>
    Alert,

    /// <summary>A line of the console.</summary>
    Console,

    /// <summary>Which samples a step saw.</summary>
    Batch,

    /// <summary>Where the run runs: machine, versions, command line.</summary>
    Env,

    /// <summary>A remark.</summary>
    Note,

    /// <summary>The training went back to an earlier step, from a checkpoint.</summary>
    Resume,
}

/// <summary>How urgent something is, in the words of the diagnoses.</summary>
public enum TrackerLevel
{
    /// <summary>Good to know.</summary>
    Info,

    /// <summary>Look at it today.</summary>
    Warn,

    /// <summary>Look at it now.</summary>
    High,

    /// <summary>The run is lost.</summary>
    Crit,
}
