namespace Tracker.Cli;

/// <summary>Ends a command with one line for people and an exit code for scripts.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    /// <summary>Something was not stored.</summary>
    public const int Incomplete = 1;

    /// <summary>A file, or an answer, cannot be read.</summary>
    public const int Unreadable = 2;

    /// <summary>The server does not answer.</summary>
    public const int Unreachable = 3;

    public int ExitCode { get; } = exitCode;

    /// <summary>What the server said; null where it said nothing.</summary>
    public System.Net.HttpStatusCode? Status { get; init; }

    /// <summary>Runs a command; what ends it becomes a line on the error stream.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> command)
    {
        try
        {
            return await command();
        }
        catch (CommandException error)
        {
            await Console.Error.WriteLineAsync($"tracker: {error.Message}");
            return error.ExitCode;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"tracker: {error.Message}");
            return Unreadable;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }
}
