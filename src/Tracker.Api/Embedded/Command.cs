using System.ComponentModel;
using System.Diagnostics;

namespace Tracker.Api.Embedded;

/// <summary>What a program said and how it ended.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error)
{
    public bool Succeeded => ExitCode == 0;

    /// <summary>The last line of what went wrong, for a message.</summary>
    public string LastLine =>
        $"{Output}\n{Error}".Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? $"exit code {ExitCode}";
}

/// <summary>Runs other programs, as another user where one is named.</summary>
internal static class Command
{
    /// <summary>The exit code of a program that could not be started at all.</summary>
    public const int NotStarted = 127;

    /// <param name="program">A path, or a name that is looked up in the <c>PATH</c>.</param>
    /// <param name="arguments">Handed over one by one: no shell, no quoting.</param>
    /// <param name="user">The user to become; null stays who we are.</param>
    /// <param name="input">What the program reads from standard input.</param>
    /// <param name="cancellationToken">Ends the program.</param>
    public static async Task<CommandResult> RunAsync(
        string program, IEnumerable<string> arguments, string? user = null, string input = "", CancellationToken cancellationToken = default)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // The folder that we stand in may be closed to the other user.
            WorkingDirectory = OperatingSystem.IsWindows() ? "" : "/",
        };
        // PGDATA, PGPORT and the like are meant for other servers; messages are matched, so they are English.
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C";
        if (user is not null) start.UserName = user;

        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            return new CommandResult(NotStarted, "", exception.Message);
        }
        using (process)
        {
            try
            {
                var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
                var error = process.StandardError.ReadToEndAsync(cancellationToken);
                await FeedAsync(process, input);
                await process.WaitForExitAsync(cancellationToken);
                // On Windows a server that pg_ctl started keeps the pipes open: what was said by then has to do.
                if (OperatingSystem.IsWindows()) await Task.WhenAny(Task.WhenAll(output, error), Task.Delay(500, CancellationToken.None));
                else await Task.WhenAll(output, error);
                return new CommandResult(process.ExitCode, Said(output), Said(error));
            }
            catch (OperationCanceledException)
            {
                process.Kill();
                throw;
            }
        }
    }

    private static string Said(Task<string> text) => text.IsCompletedSuccessfully ? text.Result : "";

    private static async Task FeedAsync(Process process, string input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading; its exit code says the rest.
        }
    }
}
