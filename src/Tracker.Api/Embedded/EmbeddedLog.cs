namespace Tracker.Api.Embedded;

internal static partial class EmbeddedLog
{
    [LoggerMessage(2901, LogLevel.Information, "No PostgreSQL on this machine: fetching {Version} by npm, once, 24 MB, into {Folder}")]
    public static partial void Fetching(ILogger logger, string version, string folder);

    [LoggerMessage(2902, LogLevel.Information, "Creating a PostgreSQL {Major} database in {Folder}")]
    public static partial void Creating(ILogger logger, int major, string folder);

    [LoggerMessage(2903, LogLevel.Information, "Stopping the database that an earlier server left behind (process {Process})")]
    public static partial void StoppingOrphan(ILogger logger, int process);

    [LoggerMessage(2904, LogLevel.Debug, "PostgreSQL {Major} of {Binaries} runs in {Folder}")]
    public static partial void Started(ILogger logger, int major, string binaries, string folder);

    [LoggerMessage(2905, LogLevel.Error, "The database did not stop: {Reason}")]
    public static partial void NotStopped(ILogger logger, string reason);

    [LoggerMessage(2906, LogLevel.Error, "The database ended by itself; starting it again")]
    public static partial void Died(ILogger logger);

    [LoggerMessage(2907, LogLevel.Error, "The database could not be started again: {Reason}")]
    public static partial void NotRestarted(ILogger logger, string reason);
}
