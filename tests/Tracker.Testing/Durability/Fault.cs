namespace Tracker.Testing.Durability;

/// <summary>What the loop does to a system that is being written to.</summary>
public enum Fault
{
    /// <summary><c>kill -9</c> of the server; its PostgreSQL stays behind as an orphan, the next start takes it over.</summary>
    KillServer,

    /// <summary><c>kill -9</c> of the postmaster; the server starts it again.</summary>
    KillPostgres,

    /// <summary><c>kill -9</c> of one session: PostgreSQL then throws all sessions out and recovers.</summary>
    KillSession,

    /// <summary><c>kill -9</c> of both at the same moment, as when the machine goes down.</summary>
    KillBoth,

    /// <summary>SIGTERM in the middle of the load, and a start after it.</summary>
    StopServer,

    /// <summary>SIGSTOP for some seconds, then SIGCONT: a machine that swaps, a suspended laptop.</summary>
    PauseServer,

    /// <summary>Every connection is reset in the middle of what it carries; new ones are refused for a while.</summary>
    CutNetwork,

    /// <summary>Connections stand but carry nothing for a while.</summary>
    SilentNetwork,

    /// <summary>The disk of the database is full for some seconds.</summary>
    FillDisk,
}
