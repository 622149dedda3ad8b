using Npgsql;

namespace Tracker.Api.Runs;

/// <summary>A run went from one state to another.</summary>
/// <param name="RunKey">Key of the run.</param>
/// <param name="ProjectKey">Key of its project.</param>
/// <param name="Run">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="Before">The state it left.</param>
/// <param name="State">The state it is in.</param>
/// <param name="Sequence">Sequence of the event in the run's journal that says so.</param>
public sealed record RunStateChange(long RunKey, long ProjectKey, string Run, string Name, string Before, string State, long Sequence)
{
    /// <summary>Exit code of the process, where one was told.</summary>
    public int? ExitCode { get; init; }

    /// <summary>How long nothing was heard of the run, where that is why.</summary>
    public TimeSpan? Silence { get; init; }
}

/// <summary>Is told of changes of state in the transaction that makes them. Who tells is below who listens: alerts are one of them.</summary>
public interface IRunStateWatcher
{
    Task ChangedAsync(NpgsqlTransaction transaction, RunStateChange change, CancellationToken cancel);

    /// <summary>The transaction was committed.</summary>
    void Committed();
}
