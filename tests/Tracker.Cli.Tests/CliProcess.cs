using System.Diagnostics;
using Xunit;

namespace Tracker.Cli.Tests;

/// <summary>The command as its users run it: a process, its exit code and its two streams.</summary>
internal static class CliProcess
{
    public static async Task<(int Exit, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await error);
    }

    public static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(RecordedRunFile).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // The user's own spool is none of the tests' business.
        start.Environment["TRACKER_SPOOL"] = "";
        return Process.Start(start)!;
    }
}
