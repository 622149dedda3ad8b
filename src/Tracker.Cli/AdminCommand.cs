using System.CommandLine;
using System.Diagnostics;

namespace Tracker.Cli;

/// <summary>
/// <c>tracker admin …</c>: passed on to the server's program, which knows the database (keys, users, backup, restore, verify, vacuum, doctor). It is looked for at <c>TRACKER_SERVER</c>, beside
/// the command line, and in the checkout that the command line was built in.
/// </summary>
internal static class AdminCommand
{
    private const string Program = "Tracker.Api.dll";

    public static Command Create()
    {
        var command = new Command("admin", "Keys, people, backups and checks of a server, on its own machine.") { TreatUnmatchedTokensAsErrors = false };
        // What follows is the server's to read, its help too.
        command.Options.Clear();
        command.SetAction((parsed, cancel) => RunAsync(parsed.UnmatchedTokens, cancel));
        return command;
    }

    private static async Task<int> RunAsync(IEnumerable<string> arguments, CancellationToken cancel)
    {
        if (Find() is not { } server)
        {
            await Console.Error.WriteLineAsync($"tracker: the server's program ({Program}) is not here: set TRACKER_SERVER to its path, or run on the server's machine: dotnet {Program} admin").ConfigureAwait(false);
            return 2;
        }

        using var process = Process.Start(new ProcessStartInfo("dotnet", [server, "admin", .. arguments]) { UseShellExecute = false })!;
        await process.WaitForExitAsync(cancel).ConfigureAwait(false);
        return process.ExitCode;
    }

    private static string? Find()
    {
        var here = AppContext.BaseDirectory;
        // src/Tracker.Cli/bin/Debug/net10.0 beside src/Tracker.Api/bin/Debug/net10.0.
        var built = here.Replace(Path.Combine("Tracker.Cli", "bin"), Path.Combine("Tracker.Api", "bin"), StringComparison.Ordinal);
        return new[] { Environment.GetEnvironmentVariable("TRACKER_SERVER"), Path.Combine(here, Program), Path.Combine(built, Program) }.FirstOrDefault(path => path is { Length: > 0 } && File.Exists(path));
    }
}
